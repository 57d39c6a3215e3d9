"""Data sets that are one array: vectors, and what modalities of plugins have. Always resident, and never cached."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ganzoo.core.config import option_name
from ganzoo.core.data_spec import DataSpec, labels_named
from ganzoo.data.arrays import Floats, check_finite, content_digest
from ganzoo.data.options import DataOptions
from ganzoo.data.select import Selection, select
from ganzoo.data.sources.base import SampleSource, VectorSource, seen
from ganzoo.data.tables import decode, encode
from ganzoo.errors import ConfigError, DataError
from ganzoo.plugins.modalities import modality_of

if TYPE_CHECKING:
    import torch

    from ganzoo.data.dataset import Dataset


def describe(source: SampleSource, options: DataOptions) -> DataSpec:
    """The `DataSpec` without the digest.

    Raises:
        ConfigError: If an option is for images only.
    """
    for field in ("res", "channels", "range"):
        if getattr(options, field) is not None:
            samples = modality_of(source.kind).samples
            raise ConfigError(f"{option_name(field)} is for images, and {source.name} is {samples}: leave it out")
    selection = select(source, options)
    # Some of the classes were drawn from some of the modes.
    density = source.density if isinstance(source, VectorSource) and options.classes is None else None
    return DataSpec(
        name=source.name,
        shape=source.shape[1:],
        count=len(selection.indices),
        condition=labels_named(selection.class_names),
        kind=source.kind,
        license=source.license,
        notes=selection.notes,
        density=density.to_density() if density else None,
        columns=source.columns if isinstance(source, VectorSource) else (),
    )


def load_samples(source: SampleSource, options: DataOptions, device: torch.device) -> Dataset:
    """Load the set onto the device.

    Raises:
        ConfigError: If an option is for images only.
        DataError: If the array is not as the source says, or a value is infinite or not a number.
    """
    import torch

    from ganzoo.data.dataset import Dataset

    spec, selection, samples = read_samples(source, options)
    digest = content_digest(hashlib.sha256(samples.data), samples.shape, selection.labels)
    return Dataset(replace(spec, digest=digest), torch.from_numpy(samples), selection.labels, device)


def aligned(dataset: Dataset, spec: DataSpec) -> Dataset:
    """A table with its numbers standardized as another was, so that the two compare; any other set as it is.

    Args:
        dataset: Of a table, or not.
        spec: Of the other.

    Raises:
        ConfigError: If a table's columns are not those of the other table.
    """
    if dataset.spec.columns == spec.columns or not (dataset.spec.columns and spec.columns):
        return dataset
    import torch

    from ganzoo.data.dataset import Dataset

    rows = decode(dataset.spec.columns, dataset.gather(torch.arange(len(dataset), device=dataset.device)).cpu().numpy())
    names = [column.name for column in dataset.spec.columns]
    vectors = encode(spec.columns, names, [np.array(cells) for cells in zip(*rows, strict=True)], dataset.spec.name)
    labels = None if dataset.labels is None else dataset.labels.cpu().numpy()
    digest = content_digest(hashlib.sha256(vectors.data), vectors.shape, labels)
    same = replace(dataset.spec, columns=spec.columns, shape=vectors.shape[1:], digest=digest)
    return Dataset(same, torch.from_numpy(vectors), labels, dataset.device)


def read_samples(source: SampleSource, options: DataOptions) -> tuple[DataSpec, Selection, Floats]:
    """The spec without its digest, which samples are used, and these, `(n, *shape)`.

    Raises:
        ConfigError: If an option is for images only.
        DataError: If the array is not as the source says, or a value is infinite or not a number.
    """
    spec, selection = describe(source, options), select(source, options)
    samples = source.read()
    if not isinstance(samples, np.ndarray) or samples.dtype != np.float32 or samples.shape != source.shape:
        what = modality_of(source.kind).samples
        raise DataError(f"the {what} of {source.place} are {seen(samples)}, and must be float32 {source.shape}")
    return spec, selection, check_finite(samples[selection.indices], f"the samples of {source.place}")
