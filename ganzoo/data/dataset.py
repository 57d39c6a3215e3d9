"""`Dataset`: samples of one shape on a device, or streaming to it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ganzoo.core.data_spec import ClassLabels, DataSpec, Note
from ganzoo.data.arrays import Labels, check_finite, check_labels, content_digest, image_shape, number, sample_shape
from ganzoo.data.pairs import joined
from ganzoo.data.stream import Reader, read
from ganzoo.plugins.modalities import modality_of


class Dataset:
    """What a run learns from; made by `ganzoo.data.load` or `Dataset.from_arrays`.

    Attributes:
        spec: Shape, classes and origin, with the digest.
        labels: `(N,)` int64 on the device, in `0..classes - 1`; None when there are none.
        device: Where batches are wanted.
        reader: Reads the images of a streaming set; None when they are resident.
        sources: The images that the samples are made of, as a set of their own, which has no sources; None where the
            samples are made of no images. Of paired data, source i is that of sample i.
        workers: Processes that stream.
        modality: What is done with its kind of samples.
    """

    def __init__(
        self,
        spec: DataSpec,
        samples: Tensor | Reader,
        labels: Labels | None,
        device: torch.device,
        workers: int = 0,
        sources: Dataset | None = None,
    ) -> None:
        self.spec, self.device, self.workers = spec, device, workers
        self.modality = modality_of(spec.kind)
        self.sources = sources
        self.labels = None if labels is None else torch.from_numpy(labels).to(device)
        self.reader: Reader | None = None
        self._samples = torch.empty(0)
        if isinstance(samples, Tensor):
            self._samples = samples.to(device)
        else:
            self.reader = samples

    def __len__(self) -> int:
        return self.spec.count

    def of_sources(self, sources: Dataset, *, paired: bool) -> Dataset:
        """The same samples, made of the images of another set.

        Args:
            sources: On the same device; of as many images where they are pairs.
            paired: Source i is that of sample i.
        """
        spec = joined(self.spec, sources.spec, paired=paired)
        samples = self._samples if self.reader is None else self.reader
        return Dataset(spec, samples, None, self.device, self.workers, sources)

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences for the user about what was done to the data: those of the spec."""
        return tuple(map(str, self.spec.notes))

    @property
    def mode(self) -> Literal["resident", "stream"]:
        """Whether the samples stay on the device or are read again each time they are drawn."""
        return "resident" if self.reader is None else "stream"

    def gather(self, indices: Tensor) -> Tensor:
        """Samples by number as they are stored, on the device: images uint8 `(n, C, H, W)`, vectors float32 `(n, D)`.

        Args:
            indices: `(n,)` int64 on the device, in `0..N - 1`. A streaming set decodes them here and now.
        """
        if self.reader is None:
            return self._samples.index_select(0, indices)
        return read(self.reader, indices.tolist()).to(self.device)

    def to_network(self, stored: Tensor) -> Tensor:
        """Samples as networks see them, `(n, *spec.shape)` float32: images in [-1, 1]."""
        return self.modality.to_network(stored, self.spec)

    @classmethod
    def from_arrays(
        cls,
        samples: NDArray[Any],
        labels: NDArray[Any] | None = None,
        name: str = "arrays",
        device: torch.device | str = "cpu",
        class_names: Sequence[str] | None = None,
        kind: str | None = None,
    ) -> Dataset:
        """Make a resident data set from arrays.

        Args:
            samples: Images uint8 `(N, H, W)` or `(N, H, W, C)`; or vectors float32 `(N, D)`; or what a
                modality stores as float32, `(N, *shape)`.
            labels: `(N,)` whole numbers from 0 up.
            name: For the `DataSpec`.
            device: Where the samples are to lie.
            class_names: In label order; the numbers themselves if not given.
            kind: Name of the modality; None: vectors where there are two axes, else images.

        Raises:
            DataError: If an array is not as described.
        """
        place = f"the samples of {name}"
        kind = kind or ("vector" if samples.ndim == 2 else "image")
        stored = _check_images(samples, place) if kind == "image" else _check_floats(samples, kind, place)
        names = None if class_names is None else tuple(class_names)
        checked = None if labels is None else check_labels(labels, len(stored), names, f"{name}: labels")
        notes: tuple[Note, ...] = ()
        if checked is not None and names is None:
            checked, names, notes = number(checked, f"the labels of {name}")
        spec = DataSpec(
            name=name,
            shape=stored.shape[1:],
            count=len(stored),
            condition=None if checked is None or names is None else ClassLabels(names),
            kind=kind,
            digest=content_digest(hashlib.sha256(stored.data), stored.shape, checked),
            notes=notes,
        )
        # A copy, so that the caller's array stays the caller's.
        return cls(spec, torch.tensor(stored), checked, torch.device(device))


def _check_images(samples: NDArray[Any], place: str) -> NDArray[Any]:
    count, height, width, channels = image_shape(samples.shape, samples.dtype, place)
    return np.ascontiguousarray(samples.reshape(count, height, width, channels).transpose(0, 3, 1, 2))


def _check_floats(samples: NDArray[Any], kind: str, place: str) -> NDArray[Any]:
    sample_shape(samples.shape, samples.dtype, kind, place)
    return check_finite(samples, place)
