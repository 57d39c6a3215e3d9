"""The curves of a whole run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganzoo.core.entries import Entry, ticks_of, warnings_of
from ganzoo.viz.grid import rasterize, save_image
from ganzoo.viz.panels import Point, in_panels, series

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_curves(entries: Sequence[Entry], path: Path) -> None:
    """Losses and measures against images shown, as PNG: a panel for each kind, red lines where something went wrong."""
    # Imported here: a plot is drawn once a run, and matplotlib would cost every start a second.
    from matplotlib.figure import Figure

    panels, warnings = in_panels(series(ticks_of(entries))), warnings_of(entries)
    if not panels:
        return
    figure = Figure(figsize=(8, 2.6 * len(panels)), layout="constrained")
    axes: Any = figure.subplots(len(panels), squeeze=False, sharex=True)
    for axis, (panel, lines) in zip(axes[:, 0], panels.items(), strict=True):
        _draw(axis, lines, panel.unit)
        for warning in warnings:
            axis.axvline(warning.images, color="tab:red", linewidth=1, linestyle=":")
    seen = ", ".join(dict.fromkeys(warning.kind for warning in warnings))
    axes[-1, 0].set_xlabel(f"real images shown{f'; red: {seen}' if seen else ''}")
    save_image(rasterize(figure), path)


def _draw(axis: Axes, lines: dict[str, list[Point]], unit: str) -> None:
    for name, points in lines.items():
        axis.plot([x for x, _ in points], [y for _, y in points], label=name.replace("_", " "), linewidth=1)
    axis.set_ylabel(unit)
    axis.grid(alpha=0.3)
    axis.legend(fontsize="small")
