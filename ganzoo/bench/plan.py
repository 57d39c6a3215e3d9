"""What `ganzoo bench modes` runs, and what the paper got: rows, data, options. Imports no torch."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from ganzoo.core.config import Count, Options

PACKINGS: Mapping[str, int] = {"gan": 1, "pacgan2": 2, "pacgan3": 3, "pacgan4": 4}
"""Rows of the table, and how many samples the discriminator judges together."""

DATA = ("ring", "grid")

PAPER_STEPS = 400_000
PAPER_RUNS = 10

Figure = tuple[float, float]
"""A mean and its standard error."""


@dataclass(frozen=True, slots=True)
class PaperCell:
    """One row on one mixture in PacGAN's table 1 (arXiv:1712.04086), over 10 runs.

    Args:
        covered: Modes found.
        high_quality: Percent of the samples.
        reverse_kl: In nats.
    """

    covered: Figure
    high_quality: Figure
    reverse_kl: Figure


PAPER: Mapping[tuple[str, str], PaperCell] = {
    ("gan", "ring"): PaperCell((6.3, 0.5), (98.2, 0.2), (0.45, 0.09)),
    ("gan", "grid"): PaperCell((17.3, 0.8), (94.8, 0.7), (0.70, 0.07)),
    ("pacgan2", "ring"): PaperCell((7.9, 0.1), (95.6, 2.0), (0.07, 0.03)),
    ("pacgan2", "grid"): PaperCell((23.8, 0.7), (91.3, 0.8), (0.13, 0.04)),
    ("pacgan3", "ring"): PaperCell((7.8, 0.1), (97.7, 0.3), (0.10, 0.02)),
    ("pacgan3", "grid"): PaperCell((24.6, 0.4), (94.2, 0.6), (0.06, 0.02)),
    ("pacgan4", "ring"): PaperCell((7.8, 0.1), (95.9, 1.4), (0.07, 0.02)),
    ("pacgan4", "grid"): PaperCell((24.8, 0.2), (93.6, 0.6), (0.04, 0.01)),
}
"""By row and data."""


@dataclass(frozen=True, slots=True)
class Run:
    """One training: what decides its result.

    Args:
        row: One of `PACKINGS`.
        data: One of `DATA`.
        seed: Of the first weights, the points, their order and the latents.
        steps: Of both players.
    """

    row: str
    data: str
    seed: int
    steps: int


def _names(kind: str, allowed: tuple[str, ...]) -> BeforeValidator:
    """Turns `"ring,grid"` into names in the order of the table, each once."""

    def parse(value: Any) -> Any:
        given = [part.strip() for part in value.split(",")] if isinstance(value, str) else list(value)
        unknown = [name for name in given if name not in allowed]
        if unknown or not given:
            raise ValueError(
                f"must be some of {', '.join(allowed)}" + (f": no {kind} is {unknown[0]!r}" * bool(unknown))
            )
        return tuple(name for name in allowed if name in given)

    return BeforeValidator(parse)


class ModesOptions(Options):
    """Options of `ganzoo bench modes`; the defaults are the paper's table in full."""

    rows: Annotated[tuple[str, ...], _names("row", tuple(PACKINGS))] = Field(
        tuple(PACKINGS), description="rows of the table"
    )
    data: Annotated[tuple[str, ...], _names("mixture", DATA)] = Field(DATA, description="mixtures")
    seeds: Count = Field(PAPER_RUNS, gt=0, description="runs of each row on each mixture, with the seeds 0, 1, ...")
    steps: Count = Field(PAPER_STEPS, gt=0, description="steps of each run, as 20k")
    processes: int | None = Field(
        None, gt=0, le=1024, description="processes, each with one thread; without it, one a core"
    )

    def runs(self) -> list[Run]:
        """All runs, seed by seed, so that an interrupted table has about as many of each row."""
        return [
            Run(row, data, seed, self.steps) for seed in range(self.seeds) for data in self.data for row in self.rows
        ]


QUICK: Mapping[str, Any] = {"rows": ("gan", "pacgan2"), "seeds": 2, "steps": 5_000}
"""What `--quick` changes; what is given beside it wins."""


class Result(Options):
    """A run that ended, as it stands in the file of results.

    `high_quality` is a share, 0 to 1; `reverse_kl` is in nats, None where it is infinite because no sample was of
    high quality. See `ganzoo.metrics.modes.ModeScore`.
    """

    row: Literal["gan", "pacgan2", "pacgan3", "pacgan4"]
    data: Literal["ring", "grid"]
    seed: int = Field(ge=0)
    steps: int = Field(gt=0)
    covered: int = Field(ge=0)
    modes: int = Field(gt=0)
    high_quality: float = Field(ge=0, le=1)
    reverse_kl: float | None = Field(ge=0)
    seconds: float = Field(ge=0)
    torch: str
    ganzoo: str

    @property
    def run(self) -> Run:
        """The run that this is the result of."""
        return Run(self.row, self.data, self.seed, self.steps)

    def __str__(self) -> str:
        divergence = "infinite" if self.reverse_kl is None else f"{self.reverse_kl:.3f}"
        return (
            f"{self.row} on {self.data}, seed {self.seed}: modes {self.covered} of {self.modes}, "
            f"high quality {100 * self.high_quality:.1f} %, reverse KL {divergence} ({self.seconds:.0f} s)"
        )


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
