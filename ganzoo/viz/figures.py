"""Images with names beside them: numbered grids, and the figure of latent arithmetic. Imports no torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ganzoo.viz.grid import GAP, GROUND, LINE_PIXELS, TEXT_PIXELS, pictures, sheet, write

Images = NDArray[np.uint8]
"""`(N, H, W, C)`, C = 1 or 3."""

_SHEET_PIXELS = 900
_LARGEST_SCALE = 3
_DARK = 32
_COLUMN_PIXELS, _SIGN_PIXELS = 50, 22


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
    cells = pictures(images, scale or _scale(images, columns))
    return sheet(cells, columns, gap=GAP, names=names, row_names=row_names)


def pairs(
    above: Images, below: Images, names: Sequence[str] = (), *, columns: int = 8, scale: int | None = None
) -> Image.Image:
    """Images above their partners, a row of the ones over a row of the others, and so on.

    Args:
        above: `(N, H, W, C)`.
        below: Likewise.
        names: One below each of `below`.
        columns: Most images in a row.
        scale: As in `named_grid`.
    """
    columns = min(columns, len(above))
    images, missing = paired(above, below, columns)
    words: list[str] = []
    for start in range(0, len(above), columns):
        words += [""] * columns + list(names[start : start + columns])
    return named_grid(images, columns, names=[*words, *[""] * missing], scale=scale)


def paired(above: Images, below: Images, columns: int) -> tuple[Images, int]:
    """The images of `pairs` in the order of a grid, and how many dark ones fill each of the last two rows."""
    missing = -len(above) % columns
    dark = np.full((missing, *above.shape[1:]), _DARK, above.dtype)
    # (2, rows, columns, ...) to rows of both in turn.
    both = np.stack([np.concatenate([images, dark]) for images in (above, below)])
    rows = both.reshape(2, -1, columns, *above.shape[1:]).swapaxes(0, 1)
    return rows.reshape(-1, *above.shape[1:]), missing


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
    column, row = max(width, _COLUMN_PIXELS), height + LINE_PIXELS + GAP
    most = max(len(group.samples) for group in groups)
    below = most * row + 2 * GAP
    nine = sheet(pictures(results, scale), 3, gap=GAP)
    size = (len(groups) * (column + _SIGN_PIXELS) + nine.width + GAP, max(below + row + GAP, nine.height + LINE_PIXELS))
    image = Image.new(nine.mode, size, GROUND)
    for number, group in enumerate(groups):
        # Short columns stand on the line of the means.
        x, y = number * (column + _SIGN_PIXELS), (most - len(group.samples)) * row
        for images, names, top in ((group.samples, group.names, y), (group.mean[None], ["mean"], below)):
            image.paste(sheet(pictures(images, scale), 1, gap=GAP, names=names, least_width=column), (x, top))
    for number, sign in enumerate([*(group.sign for group in groups[1:]), "="], start=1):
        x = number * (column + _SIGN_PIXELS) + GAP
        write(image, sign, x - _SIGN_PIXELS / 2, below + GAP + height / 2, size=2 * TEXT_PIXELS)
    top = max((size[1] - nine.height + GAP - LINE_PIXELS) // 2, GAP) - GAP
    image.paste(nine, (x - GAP, top))
    write(image, "middle: result", x + 1.5 * (width + GAP), top + nine.height + LINE_PIXELS / 2)
    return image


def _scale(images: Images, columns: int) -> int:
    width: int = images.shape[2]
    return min(max(1, _SHEET_PIXELS // (columns * width)), _LARGEST_SCALE)
