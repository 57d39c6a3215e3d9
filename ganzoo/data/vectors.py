"""Data sets of vectors: toy mixtures, and `.npz` files with `samples`. They are always resident, and never cached."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ganzoo.core.config import option_name
from ganzoo.core.data_spec import DataSpec
from ganzoo.data.choose import select
from ganzoo.data.decode import content_digest
from ganzoo.data.mixtures import MIXTURES, Mixture
from ganzoo.data.options import DataOptions
from ganzoo.data.source import Labels, one_part, seen
from ganzoo.errors import ConfigError, DataError

if TYPE_CHECKING:
    import torch

    from ganzoo.data.dataset import Dataset

Vectors = NDArray[np.float32]

MIXTURE_COUNT = 100_000
"""Points of a toy set, as in PacGAN's experiments (arXiv:1712.04086)."""

# Any number would do; it must never change, or `--data ring` would mean other points.
_SEED = 0


@dataclass(frozen=True, eq=False, kw_only=True)
class VectorSource:
    """Vectors of one length; they reach the networks as they are, so values of a few units are best.

    Args:
        name: Short, for the `DataSpec` and the names of runs; a plugin's is the name of its `DataSource`.
        shape: `(N, D)`.
        read: Gives the float32 array of that shape, all values finite.
        place: What messages call the array.
        labels: `(N,)` int64, each in `0..len(class_names) - 1`; None when there are none.
        class_names: In label order; empty when there are no labels.
        notes: Sentences for the user.
    """

    name: str
    shape: tuple[int, int]
    read: Callable[[], Vectors]
    place: str
    labels: Labels | None = None
    class_names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return self.shape[0]


def _mixture_source(mixture: Mixture, argument: str, split: str) -> VectorSource:
    """The toy set of a mixture: always the same points."""
    one_part(mixture.name, split)
    return VectorSource(
        name=mixture.name,
        shape=(MIXTURE_COUNT, mixture.dimensions),
        read=partial(mixture.draw, MIXTURE_COUNT, _SEED),
        place=mixture.name,
    )


ring, grid, cities, normal1d = (
    partial(_mixture_source, MIXTURES[name]) for name in ("ring", "grid", "cities", "normal1d")
)
"""What their `DataSource` names."""


def file_name(stem: str) -> str:
    """The name of a set from a file: not a mixture's, or it would be scored against that mixture's modes."""
    return f"{stem}.npz" if stem in MIXTURES else stem


def vector_shape(shape: tuple[int, ...], dtype: np.dtype[Any], place: str) -> tuple[int, int]:
    """Check an array's shape `(N, D)` and type.

    Raises:
        DataError: Saying how it must be.
    """
    if dtype != np.float32 or len(shape) != 2 or 0 in shape:
        raise DataError(
            f"{place} are {dtype} {shape}, but vectors must be float32 (N, D): save samples.astype('float32')"
        )
    return shape[0], shape[1]


def check_finite(samples: Vectors, place: str) -> Vectors:
    """The samples as one block of memory.

    Raises:
        DataError: If a value is infinite or not a number.
    """
    if not np.isfinite(samples).all():
        raise DataError(f"{place} have values that are infinite or not a number")
    return np.ascontiguousarray(samples)


def describe(source: VectorSource, options: DataOptions) -> DataSpec:
    """The `DataSpec` without the digest.

    Raises:
        ConfigError: If an option is for images only.
    """
    for field in ("res", "channels"):
        if getattr(options, field) is not None:
            raise ConfigError(f"{option_name(field)} is for images, and {source.name} is vectors: leave it out")
    selection = select(source, options)
    return DataSpec(
        name=source.name,
        shape=(source.shape[1],),
        count=len(selection.indices),
        class_names=selection.class_names,
        kind="vector",
    )


def load_vectors(source: VectorSource, options: DataOptions, device: torch.device) -> Dataset:
    """Load the set onto the device.

    Raises:
        ConfigError: If an option is for images only.
        DataError: If the array is not as the source says, or a value is infinite or not a number.
    """
    import torch

    from ganzoo.data.dataset import Dataset

    spec, selection = describe(source, options), select(source, options)
    vectors = source.read()
    if not isinstance(vectors, np.ndarray) or vectors.dtype != np.float32 or vectors.shape != source.shape:
        raise DataError(f"the vectors of {source.place} are {seen(vectors)}, and must be float32 {source.shape}")
    samples = check_finite(vectors[selection.indices], f"the samples of {source.place}")
    digest = content_digest(hashlib.sha256(samples.data), samples.shape, selection.labels)
    return Dataset(replace(spec, digest=digest), torch.from_numpy(samples), selection.labels, device, selection.notes)
