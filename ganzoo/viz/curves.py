"""Pictures of a whole run: its curves, and the same latents from start to end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy
from PIL import Image, ImageDraw

from ganzoo.core.entries import Entry, ticks_of, warnings_of
from ganzoo.viz.grid import save_image
from ganzoo.viz.panels import Point, in_panels, series

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHEET_ROWS = 10


def plot_curves(entries: Sequence[Entry], path: Path) -> None:
    """Losses and measures against images shown, as PNG: a panel for each kind, red lines where something went wrong."""
    # Imported here: a plot is drawn once a run, and matplotlib would cost every start a second.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    panels, warnings = in_panels(series(ticks_of(entries))), warnings_of(entries)
    if not panels:
        return
    figure = Figure(figsize=(8, 2.6 * len(panels)), layout="constrained")
    canvas: Any = FigureCanvasAgg(figure)
    axes: Any = figure.subplots(len(panels), squeeze=False, sharex=True)
    for axis, (panel, lines) in zip(axes[:, 0], panels.items(), strict=True):
        _draw(axis, lines, panel.unit)
        for warning in warnings:
            axis.axvline(warning.images, color="tab:red", linewidth=1, linestyle=":")
    seen = ", ".join(dict.fromkeys(warning.kind for warning in warnings))
    axes[-1, 0].set_xlabel(f"real images shown{f'; red: {seen}' if seen else ''}")
    canvas.draw()
    save_image(Image.fromarray(numpy.asarray(canvas.buffer_rgba())).convert("RGB"), path)


def _draw(axis: Axes, lines: dict[str, list[Point]], unit: str) -> None:
    for name, points in lines.items():
        axis.plot([x for x, _ in points], [y for _, y in points], label=name.replace("_", " "), linewidth=1)
    axis.set_ylabel(unit)
    axis.grid(alpha=0.3)
    axis.legend(fontsize="small")


def contact_sheet(samples: list[Path], columns: int, path: Path) -> None:
    """The first row of up to ten sample grids, one under the other, each with its number of images.

    Args:
        samples: Grids named by images shown, oldest first.
        columns: Images in a row of these grids.
        path: Where the PNG goes.
    """
    if not samples:
        return
    last = len(samples) - 1
    picked = [samples[round(i * last / (SHEET_ROWS - 1))] for i in range(SHEET_ROWS)] if last else samples
    rows = []
    for sample in dict.fromkeys(picked):
        with Image.open(sample) as picture:
            rows.append(
                (int(sample.stem), picture.convert("RGB").crop((0, 0, picture.width, picture.width // columns)))
            )
    width = max(row.width for _, row in rows)
    height = max(row.height for _, row in rows)
    margin = 80
    sheet = Image.new("RGB", (width + margin, height * len(rows)), (32, 32, 32))
    draw = ImageDraw.Draw(sheet)
    for index, (images, row) in enumerate(rows):
        # Rows of a growing network have different sizes; nearest keeps their pixels visible.
        sheet.paste(row.resize((width, height), Image.Resampling.NEAREST), (margin, index * height))
        draw.text((6, index * height + height // 2 - 6), f"{images:,}", fill=(255, 255, 255))
    save_image(sheet, path)
