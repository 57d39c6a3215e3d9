"""What a run writes down: the lines of `metrics.jsonl`, as objects. Imports no torch.

All have `images`: real images shown since the run began, across resumes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Literal

from ganzoo.core.evaluation import Figure, Provenance

AlarmKind = Literal[
    "collapse",
    "saturation",
    "divergence",
    "vanishing generator",
    "vanishing discriminator",
    "exploding generator",
    "exploding discriminator",
]
"""What the monitor warns of; vanishing and exploding are a player's gradients."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Values since the last tick, at most about 200 times a run.

    Args:
        images: When.
        seconds: Of training since the run began.
        images_per_second: Since the last tick.
        memory_bytes: The most that the device, or on a CPU the process, has held.
        values: Every loss and measure by name, as `discriminator/real_score`.
        resolution: Of a network with several stages, in pixels.
        fade: Of such a network: the weight of the coarser level, from 1 down to 0.
    """

    images: int
    seconds: float
    images_per_second: float
    memory_bytes: int
    values: dict[str, float]
    resolution: int | None = None
    fade: float | None = None


@dataclass(frozen=True, slots=True)
class Alarm:
    """The monitor saw something go wrong.

    Args:
        images: When.
        kind: What.
        message: What was seen and what is usually tried, in one line.
    """

    images: int
    kind: AlarmKind
    message: str


@dataclass(frozen=True, slots=True)
class Evaluated:
    """The metrics of `--eval-every`.

    Args:
        images: When.
        metrics: Figures by name: `fid`, `kid`, `kid_se`, `precision`, ...
        provenance: How they came about; None in a journal that an older ganzoo wrote.
        notes: Sentences: warnings, and what was left out and why.
        decided_by: The metric that the first number is of, by which moments are compared; empty where there is none.
        best: The best so far.
    """

    images: int
    metrics: dict[str, Figure]
    provenance: Provenance | None = None
    notes: tuple[str, ...] = ()
    decided_by: str = ""
    best: bool = False


@dataclass(frozen=True, slots=True)
class CallbackFailure:
    """A callback raised, and is not called again. It is no news of the training itself.

    Args:
        images: When.
        message: Which, and what it raised.
    """

    images: int
    message: str


@dataclass(frozen=True, slots=True)
class Diverged:
    """The training ended because a loss or weight was no longer finite.

    Args:
        images: When.
        message: What was not finite.
    """

    images: int
    message: str
    kind: ClassVar = "diverged"


Entry = Tick | Alarm | Evaluated | CallbackFailure | Diverged
"""One line of `metrics.jsonl`."""


def ticks_of(entries: Iterable[Entry]) -> list[Tick]:
    """The ticks, in order."""
    return [entry for entry in entries if isinstance(entry, Tick)]


def evaluations_of(entries: Iterable[Entry]) -> list[Evaluated]:
    """The evaluations, in order."""
    return [entry for entry in entries if isinstance(entry, Evaluated)]


def warnings_of(entries: Iterable[Entry]) -> list[Alarm | Diverged]:
    """What went wrong with the training, in order: what a picture marks, and a page lists."""
    return [entry for entry in entries if isinstance(entry, Alarm | Diverged)]
