"""Charts as SVG: lines over images shown. No script and no fixed width: text keeps its size on a phone.

Lines are drawn in a stretched inner `<svg>` of 1000 x 1000 units whose strokes do not stretch with it; ticks and
labels are placed outside it in percent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ganzoo.runs.report import words
from ganzoo.runs.report.markup import Markup, join, tag
from ganzoo.runs.report.scale import Scale
from ganzoo.utils.figures import number
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

    def draw(self, images: int, marks: Sequence[Mark]) -> Markup:
        """A `<figure>` with a legend of the last values.

        Args:
            images: At the right end of the axis.
            marks: Vertical lines.
        """
        values = [value for line in self.lines.values() for _, value in line]
        vertical, horizontal = Scale.fit(values, may_log=self.may_log), Scale(0, max(images, 1))
        colors = colors_of(list(self.lines))
        outside = sum(not 0 <= vertical.place(value) <= 1 for value in values)
        notes = [note for note in ("logarithmic" if vertical.log else "", _outside(outside)) if note]
        lines = (_line(points, horizontal, vertical, colors[name], name) for name, points in self.lines.items())
        plot = tag("svg", *lines, viewBox=f"0 0 {UNITS} {UNITS}", preserveAspectRatio="none", class_="plot")
        picture = tag(
            "svg",
            *_axes(horizontal, vertical),
            plot,
            *_hovers(self.lines, horizontal),
            *_marks(marks, horizontal),
            class_="chart",
            role="img",
            aria_label=f"{self.title}: {', '.join(self.lines)} over real images shown",
        )
        heading = tag("h3", self.title, tag("small", f" ({'; '.join(notes)})") if notes else None)
        return tag("figure", heading, picture, tag("figcaption", self._legend(colors)), class_="curve")

    def _legend(self, colors: dict[str, int]) -> Markup:
        entries = (
            tag("li", tag("i", class_=f"c{colors[name]}"), plain(name), " ", tag("b", number(points[-1][1])))
            for name, points in self.lines.items()
        )
        return tag("ul", *entries, class_="legend")


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


def _line(points: list[Point], horizontal: Scale, vertical: Scale, color: int, name: str) -> Markup:
    def place(scale: Scale, value: float) -> float:
        # Far outside is outside: huge coordinates make renderers stumble.
        return round(UNITS * min(max(scale.place(value), -1.0), 2.0), 1)

    corners = [(place(horizontal, images), UNITS - place(vertical, value)) for images, value in thin(points)]
    if len(corners) == 1:
        # A line of no length with round caps is a dot.
        corners *= 2
    path = " ".join(f"{x:g},{y:.1f}" for x, y in corners)
    return tag("polyline", tag("title", plain(name)), points=path, class_=f"line c{color}")


def _axes(horizontal: Scale, vertical: Scale) -> list[Markup]:
    parts = []
    for value in vertical.ticks(4):
        y = _percent(1 - vertical.place(value))
        parts.append(tag("line", x1="0", x2="100%", y1=y, y2=y, class_="grid"))
        parts.append(tag("text", words.brief(value), x="-6", y=y, dy="0.32em", class_="y"))
    for value in horizontal.ticks(4):
        x = _percent(horizontal.place(value))
        parts.append(tag("line", x1=x, x2=x, y1="100%", y2="100%", class_="tick"))
        parts.append(tag("text", words.brief(value), x=x, y="100%", dy="1.4em", class_="x"))
    return parts


def _hovers(lines: dict[str, list[Point]], horizontal: Scale) -> list[Markup]:
    """Invisible columns over the plot, each with the values of the tick nearest to its middle."""
    longest = max(lines.values(), key=len)
    count = min(HOVERS, len(longest))
    by_images = {name: dict(points) for name, points in lines.items()}
    chosen = [longest[round((index + 0.5) * len(longest) / count - 0.5)][0] for index in range(count)]
    edges = [0.0, *((one + other) / 2 for one, other in pairwise(chosen)), horizontal.high]
    columns = []
    for images, (start, end) in zip(chosen, pairwise(edges), strict=True):
        told = [f"{plain(name)} {number(at[images])}" for name, at in by_images.items() if images in at]
        title = tag("title", "\n".join([f"{images:,} images", *told]))
        left, right = horizontal.place(start), horizontal.place(end)
        columns.append(
            tag("rect", title, x=_percent(left), width=_percent(right - left), height="100%", class_="hover")
        )
    return columns


def _marks(marks: Sequence[Mark], horizontal: Scale) -> list[Markup]:
    drawn = []
    labeled: dict[str, float] = {}
    for mark in marks:
        place = horizontal.place(mark.images)
        x = _percent(place)
        parts = [tag("title", mark.title), tag("line", x1=x, x2=x, y1="0", y2="100%")]
        # Labels of marks that stand close would cover each other: the first one keeps its own.
        if place - labeled.get(mark.kind, -1.0) > 0.04:
            labeled[mark.kind] = place
            parts.append(tag("text", mark.label, x=x, y=_LABELS[mark.kind]))
        drawn.append(tag("g", *parts, class_=f"mark {mark.kind}"))
    return drawn


_LABELS = {"warning": "-5", "stage": "12"}


def _outside(count: int) -> str:
    return f"{count} point{'' if count == 1 else 's'} outside" if count else ""


def _percent(share: float) -> str:
    return f"{100 * share:.6g}%"


def draw_all(charts: Sequence[Chart], images: int, marks: Sequence[Mark]) -> Markup:
    """All that have a line, side by side where there is room."""
    return tag("div", join(chart.draw(images, marks) for chart in charts if chart.lines), class_="curves")
