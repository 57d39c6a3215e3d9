"""The table: ours beside the paper's, and in words where they differ. Imports no torch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ganzoo.bench.plan import PAPER, PAPER_RUNS, PAPER_STEPS, Figure, Result

_FAR = 2.0
"""Standard errors of the difference from which two means are called different."""

_FIGURES = {"covered": ("modes", 1), "high_quality": ("high quality %", 1), "reverse_kl": ("reverse KL", 2)}


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean of runs.

    Args:
        mean: Infinite if a run's value is.
        error: Standard error of the mean; None for one run, or an infinite mean.
    """

    mean: float
    error: float | None

    @classmethod
    def of(cls, values: Sequence[float]) -> Estimate:
        """Mean, and the sample's standard deviation (n - 1) over the root of n."""
        mean = math.fsum(values) / len(values)
        if len(values) < 2 or not math.isfinite(mean):
            return cls(mean, None)
        variance = math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1)
        return cls(mean, math.sqrt(variance / len(values)))

    def differs(self, paper: Figure) -> bool:
        """Whether the means lie further apart than two standard errors of their difference."""
        if not math.isfinite(self.mean):
            return True
        return self.error is not None and abs(self.mean - paper[0]) > _FAR * math.hypot(self.error, paper[1])

    def show(self, digits: int) -> str:
        """As `6.3 +- 0.5`; a lone run has no error."""
        return f"{self.mean:.{digits}f}" + ("" if self.error is None else f" +- {self.error:.{digits}f}")


@dataclass(frozen=True, slots=True)
class Line:
    """One row on one mixture.

    Args:
        row: One of `PACKINGS`.
        data: One of `DATA`.
        modes: That there are.
        runs: That were averaged.
        ours: By figure: `covered`, `high_quality` in percent, `reverse_kl`.
    """

    row: str
    data: str
    modes: int
    runs: int
    ours: dict[str, Estimate]

    def paper(self, figure: str) -> Figure:
        """The paper's mean and standard error."""
        published: Figure = getattr(PAPER[self.row, self.data], figure)
        return published

    def to_dict(self) -> dict[str, Any]:
        """For `--json`. An infinite mean is null."""
        figures = {
            name: {
                "mean": estimate.mean if math.isfinite(estimate.mean) else None,
                "standard_error": estimate.error,
                "paper": dict(zip(("mean", "standard_error"), self.paper(name), strict=True)),
                "differs": estimate.differs(self.paper(name)),
            }
            for name, estimate in self.ours.items()
        }
        return {"row": self.row, "data": self.data, "modes": self.modes, "runs": self.runs, **figures}


def lines(results: Sequence[Result]) -> list[Line]:
    """Averages by data and row, in the paper's order; a pair without a result has no line."""
    found = []
    for row, data in sorted(PAPER, key=lambda pair: (pair[1] != "ring", pair[0])):
        mine = [result for result in results if (result.row, result.data) == (row, data)]
        if mine:
            ours = {
                "covered": Estimate.of([result.covered for result in mine]),
                "high_quality": Estimate.of([100 * result.high_quality for result in mine]),
                "reverse_kl": Estimate.of([math.inf if r.reverse_kl is None else r.reverse_kl for r in mine]),
            }
            found.append(Line(row, data, mine[0].modes, len(mine), ours))
    return found


def markdown(table: Sequence[Line]) -> str:
    """The table, aligned, as Markdown: each figure's column and beside it the paper's."""
    titles = [title for title, _ in _FIGURES.values()]
    rows = [["data", "row", "runs", *(text for title in titles for text in (title, "paper"))]]
    for line in table:
        cells = [f"{line.data} ({line.modes})", line.row, str(line.runs)]
        for name, (_, digits) in _FIGURES.items():
            cells += [line.ours[name].show(digits), Estimate(*line.paper(name)).show(digits)]
        rows.append(cells)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    rows.insert(1, ["-" * width for width in widths])
    return "\n".join("| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in rows)


def protocol(results: Sequence[Result]) -> list[str]:
    """What was run, and plainly what is not as in the paper."""
    steps, seeds = results[0].steps, len({result.seed for result in results})
    said = [
        f"ours: {steps:,} steps, {seeds} {'seed' if seeds == 1 else 'seeds'}; the paper: arXiv:1712.04086, table 1, "
        f"{PAPER_STEPS:,} steps, {PAPER_RUNS} runs. Mean +- standard error, on 2,500 samples of each run.",
        "as the paper: networks, first weights, optimizer, batch of 100 packs, 100,000 points, both players at once; "
        "no average of weights.",
        "not as its authors' code: each player's phase has fresh latents; batch norm sees a whole batch, not one place "
        "of its packs; points are packed again each epoch.",
    ]
    if steps != PAPER_STEPS:
        said.append(
            f"not as the paper: {steps / PAPER_STEPS:.2%} of its steps, so these networks are younger than its own."
        )
    return said


def differences(table: Sequence[Line]) -> list[str]:
    """A sentence for every figure that is off the paper's by more than two standard errors of the difference."""
    found = []
    for line in table:
        if line.runs == 1:
            found.append(f"{line.row} on {line.data} is one run without a standard error: nothing is said of it.")
            continue
        for name, (title, digits) in _FIGURES.items():
            ours, paper = line.ours[name], line.paper(name)
            if ours.differs(paper):
                shown = Estimate(*paper).show(digits)
                found.append(f"differs: {line.row} on {line.data}, {title} {ours.show(digits)}, paper {shown}.")
    if not found:
        found.append("no figure is off the paper's by more than two standard errors of the difference.")
    return found
