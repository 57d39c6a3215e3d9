"""Where things are in a chart of lines over images shown; the template of the page draws them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ganzoo.runs.report.scale import Scale
from ganzoo.utils.figures import brief, number
from ganzoo.viz.panels import Point

UNITS = 1000
MOST_POINTS = 600
"""A longer line keeps the lowest and the highest point of each stretch, so that no spike is lost."""

HOVERS = 60
"""Columns that tell their values when pointed at."""

WARM, COOL = (2, 4, 6), (1, 3, 5)
"""Colors of the style sheet: what belongs to the generator and its fakes is warm, in every chart."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A vertical line.

    Args:
        images: Where.
        label: Above the chart.
        title: Told when pointed at.
        kind: `warning` or `stage`.
    """

    images: int
    label: str
    title: str
    kind: str


@dataclass(frozen=True, slots=True)
class Chart:
    """One panel.

    Args:
        title: Above it.
        lines: Points by name, each line with at least one.
        may_log: Whether its axis may be logarithmic.
    """

    title: str
    lines: dict[str, list[Point]]
    may_log: bool = False


def draw(chart: Chart, images: int, marks: Sequence[Mark]) -> dict[str, Any]:
    """What `page.html` needs of a chart: places in percent, corners of lines in units of the plot.

    Args:
        chart: With at least one line.
        images: At the right end of the axis.
        marks: Vertical lines.
    """
    values = [value for line in chart.lines.values() for _, value in line]
    vertical, horizontal = Scale.fit(values, may_log=chart.may_log), Scale(0, max(images, 1))
    colors = colors_of(list(chart.lines))
    outside = sum(not 0 <= vertical.place(value) <= 1 for value in values)
    notes = ["logarithmic"] if vertical.log else []
    notes += [f"{outside} point{'' if outside == 1 else 's'} outside"] if outside else []
    return {
        "title": chart.title,
        "names": list(chart.lines),
        "notes": "; ".join(notes),
        "rows": [(_percent(1 - vertical.place(value)), brief(value)) for value in vertical.ticks(4)],
        "columns": [(_percent(horizontal.place(value)), brief(value)) for value in horizontal.ticks(4)],
        "lines": [
            (plain(name), colors[name], _corners(points, horizontal, vertical), number(points[-1][1]))
            for name, points in chart.lines.items()
        ],
        "hovers": _hovers(chart.lines, horizontal),
        "marks": _placed(marks, horizontal),
    }


def plain(name: str) -> str:
    """`generator/gradient_norm` as words."""
    return name.removeprefix("monitor/").replace("_", " ").replace("/", ": ")


def colors_of(names: Sequence[str]) -> dict[str, int]:
    """Numbers of the style sheet's colors; they repeat where a chart has many lines."""
    warm = [name for name in names if name.startswith("generator") or "fake" in name]
    cool = [name for name in names if name not in warm]
    families = [(warm, WARM), (cool, COOL)] if warm else [(cool, COOL + WARM)]
    return {name: family[i % len(family)] for members, family in families for i, name in enumerate(members)}


def thin(points: list[Point]) -> list[Point]:
    """At most about `MOST_POINTS` of them, extremes kept."""
    if len(points) <= MOST_POINTS:
        return points
    size = -(-2 * len(points) // MOST_POINTS)
    kept = []
    for start in range(0, len(points), size):
        stretch = points[start : start + size]
        extremes = {min(stretch, key=lambda point: point[1]), max(stretch, key=lambda point: point[1])}
        kept += sorted(extremes)
    return kept


def _corners(points: list[Point], horizontal: Scale, vertical: Scale) -> str:
    def place(scale: Scale, value: float) -> float:
        # Far outside is outside: huge coordinates make renderers stumble.
        return round(UNITS * min(max(scale.place(value), -1.0), 2.0), 1)

    corners = [(place(horizontal, images), UNITS - place(vertical, value)) for images, value in thin(points)]
    # A line of no length with round caps is a dot.
    return " ".join(f"{x:g},{y:.1f}" for x, y in (corners * 2 if len(corners) == 1 else corners))


def _hovers(lines: dict[str, list[Point]], horizontal: Scale) -> list[tuple[str, str, str]]:
    """Left end and width of invisible columns over the plot, each with the values of the tick nearest to its middle."""
    by_images = {name: dict(points) for name, points in lines.items()}
    longest = max(lines.values(), key=len)
    count = min(HOVERS, len(longest))
    chosen = [longest[round((index + 0.5) * len(longest) / count - 0.5)][0] for index in range(count)]
    edges = [0.0, *((one + other) / 2 for one, other in pairwise(chosen)), horizontal.high]
    columns = []
    for images, (left, right) in zip(chosen, pairwise(map(horizontal.place, edges)), strict=True):
        told = [f"{plain(name)} {number(at[images])}" for name, at in by_images.items() if images in at]
        columns.append((_percent(left), _percent(right - left), "\n".join([f"{images:,} images", *told])))
    return columns


def _placed(marks: Sequence[Mark], horizontal: Scale) -> list[tuple[Mark, str, bool]]:
    """Each mark with its place and whether its label has room: of marks that stand close, the first keeps its own."""
    placed = []
    labeled: dict[str, float] = {}
    for mark in marks:
        place = horizontal.place(mark.images)
        room = place - labeled.get(mark.kind, -1.0) > 0.04
        if room:
            labeled[mark.kind] = place
        placed.append((mark, _percent(place), room))
    return placed


def _percent(share: float) -> str:
    return f"{100 * share:.6g}%"
