"""The page of several runs: what its template, `compare.html`, is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from ganzoo.runs.report.chart import Chart, draw, plain
from ganzoo.runs.report.compare import Comparison, order_of
from ganzoo.runs.report.embed import Picture, embed
from ganzoo.runs.report.history import extractor_of
from ganzoo.runs.report.page import templates
from ganzoo.runs.report.panels import NOT_DRAWN
from ganzoo.runs.run import Run
from ganzoo.utils.figures import figure, figure_title, leading, number
from ganzoo.utils.files import write_atomically
from ganzoo.viz.panels import Point, in_panels
from ganzoo.viz.progress import spread

MOST_PICTURES, MOST_MOMENTS, PIXELS = 24, 8, 256
"""On a page, so that it stays small whatever is compared."""


def write_comparison(found: Comparison, path: Path) -> None:
    """Write the page in one move.

    Raises:
        OSError: If the file cannot be written.
    """
    judged = [
        (name, which, at)
        for name, history in zip(found.names, found.histories, strict=True)
        for which, at in (("final", history.final), ("best", history.best))
        if at is not None
    ]
    names = leading(name for _, _, at in judged for name in at.metrics)
    extractors = {extractor_of(at) for _, _, at in judged}
    extractor = extractors.pop() if len(extractors) == 1 else ""
    protocols: dict[str, int] = {}
    rows = []
    for name, which, at in judged:
        line = at.provenance and replace(at.provenance, images=None, fakes="the run").line()
        place = protocols.setdefault(line or "not recorded", len(protocols) + 1)
        cells = [figure(at.metrics, metric) for metric in names]
        rows.append((name, f"{which}, {at.images:,} images", cells, place))
    page = (
        templates()
        .get_template("compare.html")
        .render(
            title=f"{len(found.runs)} runs compared",
            name=", ".join(found.names),
            names=found.names,
            about=[
                (name, run.title, f"{run.status()}, {number(max(history.images, run.images()))} images")
                for name, run, history in zip(found.names, found.runs, found.histories, strict=True)
            ],
            differences=found.differences,
            metric_rows=rows,
            metric_titles=[figure_title(metric, extractor) for metric in names],
            protocols=list(protocols),
            ranked=[
                f"By {which} figures, the best first: {order_of(order)}." for which, order in found.rankings.items()
            ]
            + [f"{note[0].upper()}{note[1:]}." for note in found.notes],
            metric_curves=_metric_curves(found),
            moments=[] if found.latents else _moments(found),
            apart=found.latents,
            curves=_curves(found),
        )
    )
    # JSON may hold half a surrogate pair, which no encoding has.
    write_atomically(path, page.lstrip().encode("utf-8", "xmlcharrefreplace"), synced=False)


def _curves(found: Comparison) -> list[dict[str, Any]]:
    """A chart for each measure with a line for each run, in the order of a run's own page."""
    lines = _by_measure([history.series() for history in found.histories], found.names)
    panels = in_panels({name: [] for name in sorted(lines)})
    charts = [Chart(plain(name), lines[name], panel.may_log) for panel, names in panels.items() for name in names]
    return _drawn(charts, found)


def _metric_curves(found: Comparison) -> list[dict[str, Any]]:
    """None where the runs were not judged alike: lines in one chart would be read as a ranking."""
    if "final" not in found.rankings:
        return []
    lines = _by_measure([history.metric_series() for history in found.histories], found.names)
    extractor = next(extractor_of(history.final) for history in found.histories if history.final)
    charts = [
        Chart(figure_title(name, extractor), of)
        for name, of in lines.items()
        if not name.endswith(NOT_DRAWN) and any(len(points) > 1 for points in of.values())
    ]
    return _drawn(charts, found)


def _by_measure(series: list[dict[str, list[Point]]], names: tuple[str, ...]) -> dict[str, dict[str, list[Point]]]:
    lines: dict[str, dict[str, list[Point]]] = {}
    for name, of_run in zip(names, series, strict=True):
        for measure, points in of_run.items():
            lines.setdefault(measure, {})[name] = points
    return lines


def _drawn(charts: list[Chart], found: Comparison) -> list[dict[str, Any]]:
    ends = [points[-1][0] for chart in charts for points in chart.lines.values()]
    return [draw(chart, max(ends, default=0), ()) for chart in charts]


def _moments(found: Comparison) -> list[list[Picture]]:
    """Samples of all runs near each of some moments of the longest."""
    samples = [run.samples() for run in found.runs]
    longest = max(samples, key=lambda drawn: int(drawn[-1].stem))
    chosen = spread(longest, min(max(MOST_PICTURES // len(found.runs), 2), MOST_MOMENTS))
    gap = int(chosen[-1].stem) / max(len(chosen) - 1, 1)
    return [
        [
            _nearest(name, run, drawn, int(moment.stem), gap / 2)
            for name, run, drawn in zip(found.names, found.runs, samples, strict=True)
        ]
        for moment in chosen
    ]


def _nearest(name: str, run: Run, samples: list[Path], images: int, reach: float) -> Picture:
    nearest = min(samples, key=lambda sample: abs(int(sample.stem) - images))
    there = int(nearest.stem)
    if abs(there - images) > reach:
        return Picture(f"{name}: none near {images:,} images")
    return embed(nearest, f"{name}: {there:,} images", PIXELS, lossless=False)
