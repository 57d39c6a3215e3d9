"""Images: stored with 8 bits a channel, and seen by networks in [-1, 1]."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy

from ganzoo.core.config import VariantConfig
from ganzoo.core.data_spec import DataSpec
from ganzoo.core.modality import Modality
from ganzoo.sampling.generate import to_uint8

if TYPE_CHECKING:
    from torch import Tensor

DIGITS_RESOLUTION = 32
"""Gray images of up to so many pixels are looked at by `digits` unless another extractor is named."""

SMALLEST, LARGEST = 8, 128
"""Pixels: the kit takes the smallest size that fits; below 8 a growing network has nothing to grow."""


class ImageModality(Modality):
    """Pictures `(channels, height, width)`."""

    samples: ClassVar[str] = "images"
    precision: ClassVar[str] = "8-bit images, float32 features, float64 moments"

    def check_shape(self, shape: tuple[int, ...]) -> None:
        if len(shape) != 3:
            raise ValueError(f"must have a shape (channels, height, width), and has {shape}")

    def to_network(self, stored: Tensor, spec: DataSpec) -> Tensor:
        """0 is exactly -1 and 255 exactly 1."""
        return stored.float().mul_(1 / 127.5).sub_(1)

    def to_stored(self, samples: numpy.ndarray, spec: DataSpec) -> numpy.ndarray:
        return to_uint8(samples).transpose(0, 3, 1, 2)

    def pixels(self, samples: numpy.ndarray, spec: DataSpec) -> numpy.ndarray:
        return to_uint8(samples)

    def conversion(self, spec: DataSpec) -> dict[str, Any]:
        channels, height, width = spec.shape
        return {"res": width if width == height else f"{width}x{height}", "channels": channels}

    def metrics(self, spec: DataSpec) -> str:
        return "fid,kid,prdc,modes"

    def extractor(self, spec: DataSpec) -> str:
        """What their source says, else `digits` for small gray ones, or `photos`."""
        small = spec.channels == 1 and spec.resolution <= DIGITS_RESOLUTION
        return spec.extractor or ("digits" if small else "photos")

    def arrays(self, samples: numpy.ndarray, spec: DataSpec) -> dict[str, numpy.ndarray]:
        return {"images": to_uint8(samples)}

    def examples(self, config: type[VariantConfig], *, every: bool) -> Sequence[DataSpec]:
        sizes = sorted(size for size in config.resolutions or (SMALLEST, 28, 32) if every or size >= SMALLEST)
        sizes = [size for size in sizes if size <= max(LARGEST, sizes[0])]
        square = [DataSpec(f"{n}x{n}x{channels}", (channels, n, n), 1) for n in sizes for channels in (1, 3)]
        wide = [DataSpec(f"{2 * n}x{n}x3", (3, n, 2 * n), 1) for n in sizes[:1] if every and config.rectangular]
        return [*square, *wide]
