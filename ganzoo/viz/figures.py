"""Images with names beside them: numbered grids, and the figure of latent arithmetic. Imports no torch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Images = NDArray[np.uint8]
"""`(N, H, W, C)`, C = 1 or 3."""

_BACKGROUND, _INK = 32, 220
_TEXT_PIXELS = 12
_LINE_PIXELS = 15
_GAP = 4
_SHEET_PIXELS = 900
_LARGEST_SCALE = 3
_SIGN_PIXELS = 22


@dataclass(frozen=True, slots=True)
class Group:
    """A group of latent arithmetic as it is shown.

    Args:
        sign: `"+"` or `"-"`.
        samples: `(k, H, W, C)`.
        names: One for each sample.
        mean: `(H, W, C)`, the sample of the group's mean latent.
    """

    sign: str
    samples: Images
    names: Sequence[str]
    mean: Images


def named_grid(
    images: Images,
    columns: int,
    *,
    names: Sequence[str] = (),
    row_names: Sequence[str] = (),
    scale: int | None = None,
) -> Image.Image:
    """Lay images out row by row, with words.

    Args:
        images: `(N, H, W, C)`.
        columns: Images in a row.
        names: One below each image; those beyond the last have none.
        row_names: One to the left of each row.
        scale: Each pixel becomes so many; None: what makes a small grid about 900 pixels wide, at most 3.
    """
    cells = _enlarged(images, scale or _scale(images, columns))
    count, height, width, _ = cells.shape
    left = max((_width(name) + _GAP for name in row_names), default=0)
    # A name may be wider than its image.
    pitch = max(width, max((_width(name) for name in names), default=0)) + _GAP
    tops = [_GAP]
    for start in range(0, count, columns):
        line = _LINE_PIXELS if any(names[start : start + columns]) else 0
        tops.append(tops[-1] + height + line + _GAP)
    canvas = _Canvas(left + columns * pitch + _GAP, tops[-1], cells)
    for index, cell in enumerate(cells):
        x, y = left + _GAP + index % columns * pitch + (pitch - _GAP - width) // 2, tops[index // columns]
        canvas.paste(cell, x, y)
        if index < len(names):
            canvas.write(names[index], x + width / 2, y + height + _LINE_PIXELS / 2)
    for row, name in enumerate(row_names):
        canvas.write(name, left / 2 + _GAP / 2, tops[row] + height / 2)
    return canvas.image


def equation(groups: Sequence[Group], results: Images, *, scale: int | None = None) -> Image.Image:
    """Latent arithmetic as figure 7 of DCGAN (arXiv:1511.06434) shows it.

    A column a group, its samples above its mean's; then the result in the middle of eight neighbors.

    Args:
        groups: In order, the first one with a plus that is not written.
        results: `(9, H, W, C)` in reading order, the result at index 4.
        scale: Each pixel becomes so many; None: what makes the figure about 900 pixels wide, at most 3.
    """
    scale = scale or _scale(results, len(groups) + 4)
    height, width = results.shape[1] * scale, results.shape[2] * scale
    column, row = max(width, 50), height + _LINE_PIXELS + _GAP
    most = max(len(group.samples) for group in groups)
    top_of_means = _GAP + most * row + 2 * _GAP
    total_height = max(top_of_means + row, 3 * (height + _GAP) + _LINE_PIXELS + _GAP)
    canvas = _Canvas(len(groups) * (column + _SIGN_PIXELS) + 3 * (width + _GAP) + 2 * _GAP, total_height, results)
    x = _GAP
    for number, group in enumerate(groups):
        if number:
            canvas.write(group.sign, x - _SIGN_PIXELS / 2, top_of_means + height / 2, large=True)
        # Short columns stand on the line of the means.
        y = _GAP + (most - len(group.samples)) * row
        pairs = zip(_enlarged(group.samples, scale), group.names, strict=True)
        for sample, name in (*pairs, (_enlarged(group.mean[None], scale)[0], "mean")):
            y = top_of_means if name == "mean" else y
            canvas.paste(sample, x + (column - width) // 2, y)
            canvas.write(name, x + column / 2, y + height + _LINE_PIXELS / 2)
            y += row
        x += column + _SIGN_PIXELS
    canvas.write("=", x - _SIGN_PIXELS / 2, top_of_means + height / 2, large=True)
    top = max((total_height - 3 * (height + _GAP) - _LINE_PIXELS) // 2, _GAP)
    for number, result in enumerate(_enlarged(results, scale)):
        canvas.paste(result, x + number % 3 * (width + _GAP), top + number // 3 * (height + _GAP))
    canvas.write("middle: result", x + 1.5 * (width + _GAP), top + 3 * (height + _GAP) + _LINE_PIXELS / 2)
    return canvas.image


class _Canvas:
    """A dark picture, gray or in color as the images are."""

    def __init__(self, width: int, height: int, like: Images) -> None:
        color = like.shape[-1] == 3
        self.image = Image.new("RGB" if color else "L", (width, height), (_BACKGROUND,) * 3 if color else _BACKGROUND)
        self._draw = ImageDraw.Draw(self.image)
        self._ink = (_INK,) * 3 if color else _INK

    def paste(self, cell: Images, x: int, y: int) -> None:
        self.image.paste(_picture(cell), (x, y))

    def write(self, text: str, x: float, y: float, *, large: bool = False) -> None:
        """Words with their middle at (x, y)."""
        self._draw.text((x, y), text, fill=self._ink, font=_font(large=large), anchor="mm")


def _font(*, large: bool = False) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(2 * _TEXT_PIXELS if large else _TEXT_PIXELS)


def _width(text: str) -> int:
    length: float = _font().getlength(text)
    return math.ceil(length)


def _picture(cell: Images) -> Image.Image:
    return Image.fromarray(cell[:, :, 0] if cell.shape[2] == 1 else cell)


def _enlarged(images: Images, scale: int) -> Images:
    return images.repeat(scale, axis=1).repeat(scale, axis=2)


def _scale(images: Images, columns: int) -> int:
    width: int = images.shape[2]
    return min(max(1, _SHEET_PIXELS // (columns * width)), _LARGEST_SCALE)
