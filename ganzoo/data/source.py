"""`Source`: images that can be opened one by one, before they are brought to one shape."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ganzoo.data.images import Fit, Header, Pixels, header

Labels = NDArray[np.int64]


@dataclass(frozen=True, eq=False, kw_only=True)
class Source(ABC):
    """Images with names and perhaps labels.

    Args:
        name: Short, for the `DataSpec`.
        labels: `(N,)`, each in `0..len(class_names) - 1`; None when there are none.
        class_names: In label order; empty when there are no labels.
        licence: Licence or origin note, None if not known.
        notes: Sentences for the user.
    """

    name: str
    labels: Labels | None = None
    class_names: tuple[str, ...] = ()
    licence: str | None = None
    notes: tuple[str, ...] = ()

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def title(self, index: int) -> str:
        """How messages name an image: its path, where it has one."""

    @abstractmethod
    def open(self, index: int) -> Image.Image:
        """Open an image, decoded or not yet. Called from several threads at once."""

    def header(self, index: int) -> Header:
        """Size and channels of an image, without decoding it where that can be helped."""
        return header(self.open(index))


@dataclass(frozen=True, eq=False, kw_only=True)
class ArraySource(Source):
    """Images of one shape that lie in one array, which is loaded when it is first needed.

    Args:
        shape: `(N, H, W, C)`, C one of 1, 3, 4.
        load: Reads the uint8 array of that shape.
        place: What messages call the array.
    """

    shape: tuple[int, int, int, int]
    load: Callable[[], Pixels]
    place: str

    @cached_property
    def images(self) -> Pixels:
        """`(N, H, W, C)`."""
        return self.load()

    def __len__(self) -> int:
        return self.shape[0]

    def title(self, index: int) -> str:
        return f"image {index} of {self.place}"

    def header(self, index: int) -> Header:
        return Header(self.shape[2], self.shape[1], 1 if self.shape[3] == 1 else 3)

    def open(self, index: int) -> Image.Image:
        pixels = self.images[index]
        return Image.fromarray(pixels[..., 0] if self.shape[3] == 1 else pixels)

    def block(self, indices: NDArray[np.int64], fit: Fit) -> Pixels | None:
        """Many images at once, `(n, C, H, W)`, where no more is to be done than padding or repeating grey."""
        _, height, width, channels = self.shape
        pads = fit.pads(width, height)
        if channels not in (1, fit.channels) or not (pads or (width, height) == (fit.resolution, fit.resolution)):
            return None
        images = self.images[indices].transpose(0, 3, 1, 2)
        if pads:
            images = np.pad(images, ((0, 0), (0, 0), (2, 2), (2, 2)))
        return np.ascontiguousarray(np.broadcast_to(images, (len(indices), *fit.shape)))
