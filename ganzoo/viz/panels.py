"""Which values of a run share a picture: one table, for `curves.png` and for the page. Imports nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ganzoo.core.entries import Tick

MOST_TICKS = 5_000
"""That a picture is drawn from; of a longer journal, so many evenly spread."""

Point = tuple[int, float]
"""Images shown, and a value."""


@dataclass(frozen=True, slots=True)
class Panel:
    """Values that are drawn together.

    Args:
        title: Above it.
        unit: At its axis.
        endings: Of the names of its values; empty for those that no other panel takes.
        may_log: Whether its axis may be logarithmic where there is room for one range only.
    """

    title: str
    unit: str
    endings: tuple[str, ...] = ()
    may_log: bool = False


PANELS = (
    Panel("Losses", "loss"),
    Panel("Raw scores", "raw score", ("score",)),
    Panel("Accuracy", "accuracy", ("accuracy",)),
    Panel("Estimated distance", "estimated distance", ("distance",)),
    Panel("Gradient norms", "gradient norm", ("gradient_norm",), may_log=True),
    Panel("Diversity of fakes beside reals", "share of the reals'", ("monitor/diversity", "monitor/classes")),
)
"""In the order in which they are drawn."""


def series(ticks: Iterable[Tick]) -> dict[str, list[Point]]:
    """Points by name (`generator/adversarial`, `monitor/diversity`, ...), sorted by name."""
    found: dict[str, list[Point]] = {}
    for tick in ticks:
        for name, value in tick.values.items():
            found.setdefault(name, []).append((tick.images, value))
    return dict(sorted(found.items()))


def in_panels(lines: dict[str, list[Point]]) -> dict[Panel, dict[str, list[Point]]]:
    """Lines by the panel that they belong to; panels without any are left out."""
    found = {panel: {name: line for name, line in lines.items() if _panel(name) is panel} for panel in PANELS}
    return {panel: members for panel, members in found.items() if members}


def _panel(name: str) -> Panel:
    return next((panel for panel in PANELS if panel.endings and name.endswith(panel.endings)), PANELS[0])
