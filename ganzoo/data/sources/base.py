"""`Source`: images that can be opened one by one, before they are converted to one shape."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ganzoo.core.data_spec import Column, Note
from ganzoo.data.arrays import Floats, Labels
from ganzoo.data.images import Fit, Header, Pixels, header
from ganzoo.data.mixtures import Mixture
from ganzoo.errors import ConfigError, DataError


def one_part(what: str, split: str) -> None:
    """Refuse `--split test` of a set that has no such part.

    Raises:
        ConfigError: Saying what to type.
    """
    if split in ("test", "val"):
        raise ConfigError(f"--split {split}: {what} has one part only, so use --split train or --split all")


@dataclass(frozen=True, eq=False, kw_only=True)
class Source(ABC):
    """Images with names and perhaps labels, of any sizes and modes: decoding converts them to one shape.

    A subclass is a frozen dataclass too, and has `__len__`, `title` and `open`. Where its images stream through worker
    processes it is pickled, so it holds paths and not open files. Images that lie in one array are an `ArraySource`.

    Args:
        name: Short, for the `DataSpec` and the names of runs; a plugin's is the name of its `DataSource`.
        labels: `(N,)` int64, each in `0..len(class_names) - 1`; None when there are none.
        class_names: In label order; empty when there are no labels.
        license: License or origin note, None if not known.
        notes: Sentences for the user.
        scaled: `--range` was applied to its images already.
        extractor: The feature extractor that knows such images best, by its name; None: the metrics choose. What the
            monitor counts classes with, if its classes are these.
    """

    name: str
    labels: Labels | None = None
    class_names: tuple[str, ...] = ()
    license: str | None = None
    notes: tuple[Note | str, ...] = ()
    extractor: str | None = None
    scaled: bool = False

    @abstractmethod
    def __len__(self) -> int:
        """N, at least 1."""

    @abstractmethod
    def title(self, index: int) -> str:
        """How messages name image `index` of `0..N - 1`: its path, where it has one."""

    @abstractmethod
    def open(self, index: int) -> Image.Image:
        """Open an image, decoded or not yet, with 8 or 16 bits a channel. Called from several threads at once.

        Raises:
            Exception: Whatever it is, the image counts as one that cannot be used: `--skip-bad` leaves it out.
        """

    def header(self, index: int) -> Header:
        """Size and channels of an image, without decoding it where that can be helped."""
        return header(self.open(index))


@dataclass(frozen=True, eq=False, kw_only=True)
class ArraySource(Source):
    """Images of one shape that lie in one array, which is loaded when it is first needed.

    Args:
        shape: `(N, H, W, C)`; 4 channels of 8 bits are colors with alpha, which is flattened unless `--channels 4`.
        load: Reads the array of that shape.
        place: What messages call the array.
        dtype: Of the array: `uint8`, or `uint16` or `float32`, which `--dtype` has to name.
    """

    shape: tuple[int, int, int, int]
    load: Callable[[], Pixels]
    place: str
    dtype: str = "uint8"

    @property
    def kept(self) -> bool:
        """Its channels are no colors of 8 bits, and are kept as they are."""
        return self.dtype != "uint8" or self.shape[3] not in (1, 3, 4)

    @cached_property
    def images(self) -> Pixels:
        """`(N, H, W, C)`.

        Raises:
            DataError: If `load` gives something else.
        """
        loaded = self.load()
        if not isinstance(loaded, np.ndarray) or loaded.dtype != self.dtype or loaded.shape != self.shape:
            raise DataError(f"the images of {self.place} are {seen(loaded)}, and must be {self.dtype} {self.shape}")
        return loaded

    def __len__(self) -> int:
        return self.shape[0]

    def title(self, index: int) -> str:
        return f"image {index} of {self.place}"

    def header(self, index: int) -> Header:
        _, height, width, channels = self.shape
        return Header(width, height, 3 if channels == 4 and self.dtype == "uint8" else channels)

    def open(self, index: int) -> Image.Image:
        pixels = self.images[index]
        return Image.fromarray(pixels[..., 0] if self.shape[3] == 1 else pixels)

    def block(self, indices: NDArray[np.int64], fit: Fit) -> Pixels | None:
        """Many images at once, `(n, C, height, width)`, where no more is to be done than padding or repeating gray."""
        _, height, width, channels = self.shape
        pads = fit.pads(width, height)
        unlike = channels not in (1, fit.channels) or fit.values is not None or fit.kept
        if unlike or not (pads or (width, height) == fit.size):
            return None
        images = self.images[indices].transpose(0, 3, 1, 2)
        return np.ascontiguousarray(np.broadcast_to(images, (len(indices), fit.channels, height, width)))


def seen(array: Any) -> str:
    """Type and shape of what should be an array, for messages."""
    return f"{array.dtype} {array.shape}" if isinstance(array, np.ndarray) else type(array).__name__


@dataclass(frozen=True, eq=False, kw_only=True)
class SampleSource:
    """Samples of one shape that lie in one array and are stored as it is: of whatever kind, but for images.

    Args:
        name: Short, for the `DataSpec` and the names of runs; a plugin's is the name of its `DataSource`.
        kind: The name of a `DataModality`.
        shape: `(N, *shape of a sample)`.
        read: Gives the float32 array of that shape, all values finite.
        place: What messages call the array.
        labels: `(N,)` int64, each in `0..len(class_names) - 1`; None when there are none.
        class_names: In label order; empty when there are no labels.
        license: License or origin note, None if not known.
        notes: Sentences for the user.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    read: Callable[[], Floats]
    place: str
    labels: Labels | None = None
    class_names: tuple[str, ...] = ()
    license: str | None = None
    notes: tuple[Note | str, ...] = ()

    def __len__(self) -> int:
        return self.shape[0]


@dataclass(frozen=True, eq=False, kw_only=True)
class VectorSource(SampleSource):
    """Vectors of one length, `(N, D)`; they reach the networks as they are, so values of a few units are best.

    Args:
        density: What they were drawn from, None if not known: its modes are counted, and it is drawn behind samples.
        columns: Of the table that they come from; empty if they come from none.
    """

    kind: str = "vector"
    density: Mixture | None = None
    columns: tuple[Column, ...] = ()
