"""Sources above what was made of them, above what should have been made. Imports no torch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ganzoo.core.data_spec import DataSpec
from ganzoo.plugins.modalities import modality_of
from ganzoo.sampling.inputs import Inputs
from ganzoo.viz.grid import grid

Pixels = NDArray[np.uint8]

_DARK = 32


class Sheet(NamedTuple):
    """A picture, and where in it the translations are: row 1 of so many."""

    picture: Image.Image
    rows: int


def translations(inputs: Inputs, made: np.ndarray, spec: DataSpec, columns: int, *, scale: int | None = None) -> Sheet:
    """Rows of sources, of translations and, of pairs, of targets; then the next ones below.

    Args:
        inputs: As many as there are translations.
        made: `(N, C, H, W)` float32.
        spec: Of the model.
        columns: Most images in a row.
        scale: As in `ganzoo.viz.grid.grid`.
    """
    assert spec.source is not None
    modality = modality_of(spec.kind)
    rows = [inputs.sources, made, *([inputs.targets] if spec.source.paired and len(inputs.targets) else [])]
    # Of a generator that makes both ways, what was made may have the shape of the sources.
    parts = [modality.pixels(images, replace(spec, shape=images.shape[1:])) for images in rows]
    columns = min(columns, len(made))
    images = rows_in_turn(_alike(parts), columns)
    return Sheet(grid(images, columns, scale=scale), len(images) // columns)


def rows_in_turn(parts: Sequence[Pixels], columns: int) -> Pixels:
    """A row of the first of `parts`, each `(N, H, W, C)`, a row of the second, ..., and again; dark where one ends."""
    missing = -len(parts[0]) % columns
    dark = np.full((missing, *parts[0].shape[1:]), _DARK, parts[0].dtype)
    full = np.stack([np.concatenate([images, dark]) for images in parts])
    rows = full.reshape(len(parts), -1, columns, *parts[0].shape[1:]).swapaxes(0, 1)
    return rows.reshape(-1, *parts[0].shape[1:])


def _alike(parts: Sequence[Pixels]) -> list[Pixels]:
    """All of the size of the largest, in whole pixels where that can be, and all in color where one is."""
    height, width = (max(images.shape[axis] for images in parts) for axis in (1, 2))
    channels = max(images.shape[3] for images in parts)
    alike = []
    for images in parts:
        # Of a picture, gray is one channel and color three.
        shown = np.repeat(images, channels // images.shape[3], axis=3) if images.shape[3] == 1 else images
        rows = np.arange(height) * images.shape[1] // height
        columns = np.arange(width) * images.shape[2] // width
        alike.append(np.ascontiguousarray(shown[:, rows][:, :, columns]))
    return alike


def columns_of(spec: DataSpec, count: int) -> int:
    """How many stand side by side: 8, fewer where images are large or few."""
    return max(1, min(8, max(1024 // spec.resolution, 2), count if count <= 8 else math.ceil(count / 2)))
