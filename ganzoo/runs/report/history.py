"""`History`: what `metrics.jsonl` tells, sorted. Forgives what a killed or a strange run left in it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import Any, Self

Point = tuple[int, float]
"""Images shown, and a value."""


@dataclass(frozen=True, slots=True)
class Warned:
    """An event that is no evaluation: `collapse`, `saturation`, `diverged`, ..."""

    images: int
    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Figures of one evaluation, and how they were taken."""

    images: int
    metrics: dict[str, Any]
    protocol: str
    notes: tuple[str, ...]
    best: bool


@dataclass(frozen=True)
class History:
    """A run's journal.

    Args:
        ticks: Values at log ticks.
        warnings: In order.
        evaluations: In order.
    """

    ticks: list[dict[str, Any]]
    warnings: list[Warned]
    evaluations: list[Evaluation]

    @classmethod
    def of(cls, records: Iterable[Any]) -> Self:
        """Sort the records of a journal; one without a number of images is left out, for it has no place."""
        history = cls([], [], [])
        for record in records:
            if not isinstance(record, dict) or not isinstance(record.get("images"), int):
                continue
            if "event" not in record:
                history.ticks.append(record)
            elif record["event"] == "eval":
                history.evaluations.append(_evaluation(record))
            else:
                kind, message = str(record["event"]), str(record.get("message", record.get("reason", "")))
                history.warnings.append(Warned(record["images"], kind, message.removeprefix(f"{kind}: ")))
        return history

    @property
    def images(self) -> int:
        """Up to where the journal tells."""
        return max((record["images"] for record in self.ticks), default=0)

    @property
    def final(self) -> Evaluation | None:
        """The last evaluation."""
        return self.evaluations[-1] if self.evaluations else None

    @property
    def best(self) -> Evaluation | None:
        """The last evaluation that was the best when it was made; if none says so, that of the lowest FID."""
        marked = [evaluation for evaluation in self.evaluations if evaluation.best]
        if marked:
            return marked[-1]
        scored = [evaluation for evaluation in self.evaluations if is_number(evaluation.metrics.get("fid"))]
        return min(scored, key=lambda evaluation: float(evaluation.metrics["fid"]), default=None)

    def series(self) -> dict[str, list[Point]]:
        """Points by name (`generator/adversarial`, `monitor/diversity`, ...), sorted by name."""
        found: dict[str, list[Point]] = {}
        for record in self.ticks:
            for name, value in record.items():
                if "/" in name and is_number(value):
                    found.setdefault(name, []).append((record["images"], float(value)))
        return dict(sorted(found.items()))

    def metric_series(self) -> dict[str, list[Point]]:
        """Points of each metric, in the order of the evaluations."""
        found: dict[str, list[Point]] = {}
        for evaluation in self.evaluations:
            for name, value in evaluation.metrics.items():
                if is_number(value):
                    found.setdefault(name, []).append((evaluation.images, float(value)))
        return found

    def stages(self) -> list[tuple[int, str]]:
        """Where a growing network entered a resolution: images and `16 px`; empty if it never grew."""
        entered: list[tuple[int, str]] = []
        for record in self.ticks:
            level = f"{record['resolution']} px" if "resolution" in record else ""
            if level and (not entered or entered[-1][1] != level):
                entered.append((record["images"] if entered else 0, level))
        return entered if len(entered) > 1 else []

    def median(self, name: str) -> float | None:
        """Middle value of a tick's field, None where no tick has it."""
        values = [float(record[name]) for record in self.ticks if is_number(record.get(name))]
        return median(values) if values else None

    def last(self, name: str) -> float | None:
        """The newest value of a tick's field."""
        values = [float(record[name]) for record in self.ticks if is_number(record.get(name))]
        return values[-1] if values else None


def is_number(value: Any) -> bool:
    """Whether a value of JSON can be drawn."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _evaluation(record: dict[str, Any]) -> Evaluation:
    metrics, notes = record.get("metrics"), record.get("notes")
    # It names the moment, which is told beside it: without, the protocols of a run are equal if nothing else differs.
    protocol = str(record.get("protocol", "")).replace(f" at {record['images']} images", "")
    return Evaluation(
        record["images"],
        metrics if isinstance(metrics, dict) else {},
        protocol,
        tuple(map(str, notes)) if isinstance(notes, list) else (),
        record.get("best") is True,
    )
