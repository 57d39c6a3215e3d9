"""The pictures of a run from start to end, on one sheet. Imports no torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from ganzoo.errors import RunError
from ganzoo.viz.grid import save_image, sheet

SHOWN = 10
STRIP_COLUMNS = 5


def contact_sheet(samples: Sequence[Path], columns: int, path: Path, row: int = 0, rows: int | None = None) -> None:
    """Write one row of up to ten sample grids, one under the other, each with its number of images.

    Args:
        samples: Grids named by images shown, oldest first.
        columns: Images in a row of these grids.
        path: Where the PNG goes; nothing is written without samples.
        row: Which, from 0.
        rows: Of each grid; None: as high as its images are wide.
    """
    if not samples:
        return
    chosen = spread(samples, SHOWN)
    grids = [read_picture(sample) for sample in chosen]
    heights = [grid.width // columns if rows is None else grid.height // rows for grid in grids]
    strips = [
        grid.crop((0, row * high, grid.width, (row + 1) * high)) for grid, high in zip(grids, heights, strict=True)
    ]
    # Rows of a growing network have different sizes; nearest keeps their pixels visible.
    size = max(strip.width for strip in strips), max(strip.height for strip in strips)
    strips = [strip.resize(size, Image.Resampling.NEAREST) for strip in strips]
    save_image(sheet(strips, 1, row_names=[f"{int(sample.stem):,}" for sample in chosen]), path)


def strip(frames: Sequence[Path], path: Path) -> None:
    """Write up to ten frames of a run, the first and the last among them, at half their size; nothing without any."""
    if not frames:
        return
    read = [read_picture(frame) for frame in spread(frames, SHOWN)]
    tiles = [frame.resize((frame.width // 2, frame.height // 2), Image.Resampling.LANCZOS) for frame in read]
    save_image(sheet(tiles, min(len(tiles), STRIP_COLUMNS), ground="white"), path)


def spread(samples: Sequence[Path], count: int) -> Sequence[Path]:
    """At most `count` of them at even distances, the first and the last among them."""
    last = len(samples) - 1
    return samples if last < count else [samples[round(index * last / (count - 1))] for index in range(count)]


def read_picture(path: Path) -> Image.Image:
    """A picture of a run, gray as `L` or in color as `RGB`.

    Raises:
        RunError: If it cannot be read.
    """
    try:
        with Image.open(path) as picture:
            return picture.convert("L" if picture.mode in ("1", "L") else "RGB")
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise RunError(f"{path} is no readable picture: remove it, and the others are enough") from error
