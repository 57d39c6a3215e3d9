"""Sheets of pictures with captions, of which all that is no plot is made: grids first; and pictures as files."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy
from PIL import Image, ImageDraw, ImageFont

from ganzoo.utils.files import replacing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GROUND, INK = "#202020", "#dcdcdc"
TEXT_PIXELS, LINE_PIXELS, GAP = 12, 15, 4


def sheet(
    cells: Sequence[Image.Image],
    columns: int,
    *,
    gap: int = 0,
    names: Sequence[str] = (),
    row_names: Sequence[str] = (),
    least_width: int = 0,
    ground: str = GROUND,
) -> Image.Image:
    """Lay pictures out row by row, with words.

    Args:
        cells: At least one, of one size and mode, `L` or `RGB`.
        columns: Cells in a row; a last row that is not full stays empty.
        gap: Pixels between cells and around them.
        names: One below each cell; those beyond the last have none. A row without any takes no room for them.
        row_names: One to the left of each row.
        least_width: Pixels that a cell takes, if it and its name are narrower.
        ground: The color behind all.
    """
    width, height = cells[0].size
    left = max(map(_width, row_names)) + 2 * GAP if row_names else gap
    # A name may be wider than its cell.
    pitch = max(width, least_width, *map(_width, names)) + gap
    tops = [gap]
    for start in range(0, len(cells), columns):
        tops.append(tops[-1] + height + (LINE_PIXELS if any(names[start : start + columns]) else 0) + gap)
    image = Image.new(cells[0].mode, (left + columns * pitch, tops[-1]), ground)
    for index, cell in enumerate(cells):
        x, y = left + index % columns * pitch + (pitch - gap - width) // 2, tops[index // columns]
        image.paste(cell, (x, y))
        if index < len(names):
            write(image, names[index], x + width / 2, y + height + LINE_PIXELS / 2)
    for row, name in enumerate(row_names):
        write(image, name, left / 2, tops[row] + height / 2)
    return image


def write(image: Image.Image, text: str, x: float, y: float, *, size: int = TEXT_PIXELS, anchor: str = "mm") -> None:
    """Write a line into a picture, with its middle at (x, y) if `anchor`, which is Pillow's, says nothing else."""
    ImageDraw.Draw(image).text((x, y), text, fill=INK, font=ImageFont.load_default(size), anchor=anchor)


def _width(text: str) -> int:
    length: float = ImageFont.load_default(TEXT_PIXELS).getlength(text)
    return math.ceil(length)


def caption(picture: Image.Image, text: str) -> Image.Image:
    """The picture with one line of text below it."""
    return sheet([picture], 1, names=[text])


def grid(images: numpy.ndarray, columns: int, *, scale: int | None = None) -> Image.Image:
    """Lay images out row by row, with a thin gap.

    Args:
        images: uint8 `(N, H, W, C)`, C = 1 or 3.
        columns: Images in a row; a last row that is not full stays dark.
        scale: Each pixel becomes so many (nearest); None: what makes a small grid about 500 pixels wide.
    """
    width = images.shape[2]
    scale = scale or max(1, 500 // (columns * width))
    return sheet(pictures(images, scale), columns, gap=scale * max(1, width // 16))


def pictures(images: numpy.ndarray, scale: int = 1) -> list[Image.Image]:
    """Images uint8 `(N, H, W, C)`, C = 1 or 3, each by itself, each pixel `scale` times as wide and as high."""
    enlarged = images.repeat(scale, axis=1).repeat(scale, axis=2)
    return [Image.fromarray(image[:, :, 0] if image.shape[2] == 1 else image) for image in enlarged]


def rasterize(figure: Figure) -> Image.Image:
    """A figure of matplotlib as a picture."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    return Image.fromarray(numpy.asarray(canvas.buffer_rgba())).convert("RGB")


def save_image(image: Image.Image, path: Path) -> None:
    """Write a PNG in one move, so that a reader never sees half of it."""
    with replacing(path, synced=False) as aside:
        image.save(aside, format="PNG")


def label_rows(columns: int, classes: int, rows: int | None = None) -> numpy.ndarray:
    """Labels `(rows * columns,)` for a grid: one class a row, from class 0 on, again from 0 after the last."""
    return numpy.repeat(numpy.arange(rows or columns) % classes, columns).astype(numpy.int64)
