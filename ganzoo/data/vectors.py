"""Data sets of vectors: toy mixtures, and `.npz` files with `samples`. They are always resident, and never cached."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ganzoo.core.config import option_name
from ganzoo.core.data_spec import DataSpec
from ganzoo.data.arrays import Vectors, check_finite, content_digest
from ganzoo.data.options import DataOptions
from ganzoo.data.select import Selection, select
from ganzoo.data.sources.base import VectorSource, seen
from ganzoo.errors import ConfigError, DataError

if TYPE_CHECKING:
    import torch

    from ganzoo.data.dataset import Dataset


def describe(source: VectorSource, options: DataOptions) -> DataSpec:
    """The `DataSpec` without the digest.

    Raises:
        ConfigError: If an option is for images only.
    """
    for field in ("res", "channels", "range"):
        if getattr(options, field) is not None:
            raise ConfigError(f"{option_name(field)} is for images, and {source.name} is vectors: leave it out")
    selection = select(source, options)
    return DataSpec(
        name=source.name,
        shape=(source.shape[1],),
        count=len(selection.indices),
        class_names=selection.class_names,
        kind="vector",
        notes=selection.notes,
        # Some of the classes were drawn from some of the modes.
        density=source.density.to_density() if source.density and options.classes is None else None,
    )


def load_vectors(source: VectorSource, options: DataOptions, device: torch.device) -> Dataset:
    """Load the set onto the device.

    Raises:
        ConfigError: If an option is for images only.
        DataError: If the array is not as the source says, or a value is infinite or not a number.
    """
    import torch

    from ganzoo.data.dataset import Dataset

    spec, selection, samples = read_vectors(source, options)
    digest = content_digest(hashlib.sha256(samples.data), samples.shape, selection.labels)
    return Dataset(replace(spec, digest=digest), torch.from_numpy(samples), selection.labels, device)


def read_vectors(source: VectorSource, options: DataOptions) -> tuple[DataSpec, Selection, Vectors]:
    """The spec without its digest, which vectors are used, and these, `(n, D)`.

    Raises:
        ConfigError: If an option is for images only.
        DataError: If the array is not as the source says, or a value is infinite or not a number.
    """
    spec, selection = describe(source, options), select(source, options)
    vectors = source.read()
    if not isinstance(vectors, np.ndarray) or vectors.dtype != np.float32 or vectors.shape != source.shape:
        raise DataError(f"the vectors of {source.place} are {seen(vectors)}, and must be float32 {source.shape}")
    return spec, selection, check_finite(vectors[selection.indices], f"the samples of {source.place}")
