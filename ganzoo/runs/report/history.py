"""`History`: what `metrics.jsonl` tells, sorted, as a page needs it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from ganzoo.core.entries import (
    Alarm,
    CallbackFailure,
    Diverged,
    Entry,
    Evaluated,
    Tick,
    evaluations_of,
    ticks_of,
    warnings_of,
)
from ganzoo.viz.panels import Point, series


@dataclass(frozen=True)
class History:
    """A run's journal, each in order.

    Args:
        ticks: Values at log ticks.
        warnings: What went wrong with the training.
        evaluations: Figures.
        failures: Callbacks that raised.
    """

    ticks: list[Tick]
    warnings: list[Alarm | Diverged]
    evaluations: list[Evaluated]
    failures: list[CallbackFailure]

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Self:
        """Sort the entries of a journal."""
        entries = list(entries)
        failures = [entry for entry in entries if isinstance(entry, CallbackFailure)]
        return cls(ticks_of(entries), warnings_of(entries), evaluations_of(entries), failures)

    @property
    def images(self) -> int:
        """Up to where the journal tells."""
        return max((tick.images for tick in self.ticks), default=0)

    @property
    def final(self) -> Evaluated | None:
        """The last evaluation."""
        return self.evaluations[-1] if self.evaluations else None

    @property
    def best(self) -> Evaluated | None:
        """The last evaluation that was the best when it was made; if none says so, that of the lowest FID."""
        marked = [evaluated for evaluated in self.evaluations if evaluated.best]
        if marked:
            return marked[-1]
        scored = [evaluated for evaluated in self.evaluations if _fid(evaluated) < math.inf]
        return min(scored, key=_fid, default=None)

    def series(self) -> dict[str, list[Point]]:
        """Finite points by name, sorted by name."""
        lines = {
            name: [point for point in line if math.isfinite(point[1])] for name, line in series(self.ticks).items()
        }
        return {name: line for name, line in lines.items() if line}

    def metric_series(self) -> dict[str, list[Point]]:
        """Finite points of each metric, in the order of the evaluations."""
        found: dict[str, list[Point]] = {}
        for evaluated in self.evaluations:
            for name, value in evaluated.metrics.items():
                if not isinstance(value, list) and math.isfinite(value):
                    found.setdefault(name, []).append((evaluated.images, float(value)))
        return found

    def stages(self) -> list[tuple[int, str]]:
        """Where a growing network entered a resolution: images and `16 px`; empty if it never grew."""
        entered: list[tuple[int, str]] = []
        for tick in self.ticks:
            level = f"{tick.resolution} px"
            if tick.resolution is not None and (not entered or entered[-1][1] != level):
                entered.append((tick.images if entered else 0, level))
        return entered if len(entered) > 1 else []


def extractor_of(evaluated: Evaluated | None) -> str:
    """Through what the figures of an evaluation were taken; empty where that is not known."""
    return evaluated.provenance.extractor if evaluated is not None and evaluated.provenance is not None else ""


def _fid(evaluated: Evaluated) -> float:
    value = evaluated.metrics.get("fid")
    return math.inf if value is None or isinstance(value, list) else value


def told(warning: Alarm | Diverged) -> str:
    """What stands behind the kind of a warning."""
    return warning.message.removeprefix(f"{warning.kind}: ")
