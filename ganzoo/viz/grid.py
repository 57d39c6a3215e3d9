"""Grids of images, and images as files."""

from __future__ import annotations

from pathlib import Path

import numpy
from PIL import Image

from ganzoo.utils.files import replacing


def grid(images: numpy.ndarray, columns: int, *, scale: int | None = None) -> Image.Image:
    """Lay images out row by row, with a thin gap.

    Args:
        images: uint8 `(N, H, W, C)`, C = 1 or 3.
        columns: Images in a row; a last row that is not full stays dark.
        scale: Each pixel becomes so many (nearest); None: what makes a small grid about 500 pixels wide.
    """
    count, height, width, channels = images.shape
    rows = -(-count // columns)
    scale = scale or max(1, 500 // (columns * width))
    gap = max(1, width // 16)
    sheet = numpy.zeros((rows * (height + gap) + gap, columns * (width + gap) + gap, channels), dtype=numpy.uint8)
    sheet += 32
    for index, image in enumerate(images):
        top = gap + index // columns * (height + gap)
        left = gap + index % columns * (width + gap)
        sheet[top : top + height, left : left + width] = image
    sheet = sheet.repeat(scale, axis=0).repeat(scale, axis=1)
    return Image.fromarray(sheet[:, :, 0] if channels == 1 else sheet)


def save_image(image: Image.Image, path: Path) -> None:
    """Write a PNG in one move, so that a reader never sees half of it."""
    with replacing(path, synced=False) as aside:
        image.save(aside, format="PNG")


def label_rows(columns: int, classes: int, rows: int | None = None) -> numpy.ndarray:
    """Labels `(rows * columns,)` for a grid: one class a row, from class 0 on, again from 0 after the last."""
    return numpy.repeat(numpy.arange(rows or columns) % classes, columns).astype(numpy.int64)


def save_individual(images: numpy.ndarray, folder: Path) -> None:
    """One PNG an image, `000000.png` on, pixel for pixel."""
    for index, image in enumerate(images):
        save_image(Image.fromarray(image[:, :, 0] if image.shape[2] == 1 else image), folder / f"{index:06d}.png")
