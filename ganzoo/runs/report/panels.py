"""Which values of a run share a chart."""

from __future__ import annotations

from ganzoo.runs.report.chart import Chart, Mark
from ganzoo.runs.report.history import History, extractor_of, told
from ganzoo.utils.figures import figure_title
from ganzoo.viz.panels import in_panels

SHARES = ("precision", "recall", "density", "coverage")
"""Metrics between 0 and about 1, drawn together."""

NOT_DRAWN = ("_se", "_std", "_total")

MOST_MARKS = 40


def training_charts(history: History) -> list[Chart]:
    """Losses, scores, accuracies, gradient norms, and what the monitor saw: a panel for each kind of measure."""
    return [Chart(panel.title, lines, panel.may_log) for panel, lines in in_panels(history.series()).items()]


def metric_charts(history: History) -> list[Chart]:
    """Metrics over images, where there is more than one evaluation."""
    series = {
        name: points
        for name, points in history.metric_series().items()
        if len(points) > 1 and not name.endswith(NOT_DRAWN)
    }
    together = {name: series.pop(name) for name in SHARES if name in series}
    extractor = extractor_of(history.evaluations[-1]) if history.evaluations else ""
    titles = {name: figure_title(name, extractor) for name in series}
    charts = [Chart(titles[name], {titles[name]: points}) for name, points in series.items()]
    return [*charts, Chart(", ".join(together), together)] if together else charts


def marks(history: History) -> list[Mark]:
    """Warnings by their number in the list, and the stages of a growing network."""
    found = [Mark(images, label, f"{label} from {images:,} images on", "stage") for images, label in history.stages()]
    for index, warned in enumerate(history.warnings[:MOST_MARKS], start=1):
        title = f"{warned.images:,} images: {warned.kind}: {told(warned)}"
        found.append(Mark(warned.images, str(index), title, "warning"))
    return found
