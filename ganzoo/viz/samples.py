"""Samples of any modality as pictures and as files: a grid of small pictures, or one plot of all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy
from PIL import Image

from ganzoo.data.tables import write_table
from ganzoo.errors import ConfigError
from ganzoo.plugins.modalities import modality_of
from ganzoo.utils.files import write_atomically
from ganzoo.viz import scatter
from ganzoo.viz.grid import grid, pictures, save_image

if TYPE_CHECKING:
    from torch import Tensor

    from ganzoo.core.data_spec import DataSpec
    from ganzoo.sampling.generate import GenerativeModel


def pixels(samples: Tensor | numpy.ndarray, spec: DataSpec) -> numpy.ndarray:
    """A small picture of each sample `(N, *shape)`, uint8 `(N, height, width, C)`; see `Modality.pixels`."""
    return modality_of(spec.kind).pixels(numpy.asarray(samples), spec)


def picture(
    samples: Tensor | numpy.ndarray, model: GenerativeModel, columns: int, *, scale: int | None = None
) -> Image.Image:
    """What a model made, in one picture: row by row, or as a plot where all are plotted together.

    Args:
        samples: `(N, *shape)` float32 on the CPU.
        model: Which made them.
        columns: Of the grid; a plot has none.
        scale: Each pixel becomes so many; None: what makes a small grid about 500 pixels wide.
    """
    if modality_of(model.spec.kind).plotted:
        return scatter.of_model(model, numpy.asarray(samples))
    return grid(pixels(samples, model.spec), columns, scale=scale)


def individual_names(count: int, spec: DataSpec) -> list[str]:
    """Names of the files that `save_individual` writes: `000000.png` on."""
    return [f"{index:06d}{modality_of(spec.kind).suffix}" for index in range(count)]


def save_individual(samples: Tensor | numpy.ndarray, spec: DataSpec, folder: Path) -> None:
    """One file a sample: its picture as PNG, pixel for pixel, or what its modality says better."""
    modality, array = modality_of(spec.kind), numpy.asarray(samples)
    for name, sample in zip(individual_names(len(array), spec), array, strict=True):
        data = modality.file(sample, spec)
        if data is None:
            save_image(pictures(modality.pixels(sample[None], spec))[0], folder / name)
        else:
            write_atomically(folder / name, data, synced=False)


def save_npz(
    samples: Tensor | numpy.ndarray,
    spec: DataSpec,
    path: Path,
    labels: Sequence[int] | numpy.ndarray | None = None,
) -> None:
    """All samples as they are stored, and their labels: what `--data FILE.npz` reads of images and vectors."""
    arrays = modality_of(spec.kind).arrays(numpy.asarray(samples), spec)
    if labels is not None:
        arrays |= {"labels": numpy.asarray(labels), "classes": numpy.array(spec.class_names)}
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        numpy.savez_compressed(file, **arrays)  # type: ignore[arg-type]


def save_csv(samples: Tensor | numpy.ndarray, model: GenerativeModel, path: Path) -> None:
    """Vectors as the table that a model learned: `Samples.save_csv`.

    Raises:
        ConfigError: If it learned none.
    """
    check_table(model)
    write_atomically(path, write_table(model.spec.columns, numpy.asarray(samples)), synced=False)


def check_table(model: GenerativeModel) -> None:
    """Refuse a model that did not learn a table.

    Raises:
        ConfigError: Saying so.
    """
    if not model.spec.columns:
        raise ConfigError(
            f"a CSV is of tables, and {model.name} learned {model.spec.name}, which is none: write an .npz"
        )
