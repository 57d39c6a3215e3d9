"""`Outcome`: what a run of a sweep came to, read from its directory. Imports no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ganzoo.core.entries import Diverged, Evaluated, evaluations_of
from ganzoo.errors import RunError, redacted
from ganzoo.runs.run import Run
from ganzoo.utils.figures import line_of

Figures = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended.

    Args:
        final: Figures of the last evaluation.
        best: Of the best.
        metric: That decides which is best.
        failure: Why there are none, in a sentence; empty: there are.
    """

    final: Figures
    best: Figures
    metric: str = ""
    failure: str = ""

    def __str__(self) -> str:
        return self.failure or line_of(self.final)


def failed(reason: str) -> Outcome:
    """Of a run that has no figures."""
    return Outcome({}, {}, failure=redacted(reason))


def outcome_of(path: Path) -> Outcome | None:
    """What a run came to; None if it has not ended, or was never begun. Takes no lock."""
    try:
        run = Run.open(path)
    except RunError:
        return None
    try:
        entries = run.journal.read(ticks=0)
    except RunError as error:
        return failed(str(error))
    for entry in entries:
        if isinstance(entry, Diverged):
            return failed(f"diverged at {entry.images:,} images: {entry.message}")
    if not run.is_finished():
        return None
    evaluated = evaluations_of(entries)
    best = [entry for entry in evaluated if entry.best]
    if not best:
        return failed(f"no figure: {'; '.join(evaluated[-1].notes) if evaluated else 'it was not evaluated'}")
    return Outcome(_figures(evaluated[-1]), _figures(best[-1]), evaluated[-1].decided_by)


def _figures(entry: Evaluated) -> dict[str, float]:
    """But for histograms."""
    return {name: value for name, value in entry.metrics.items() if not isinstance(value, list)}
