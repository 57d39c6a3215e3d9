"""Images: stored with 8 bits a channel, or more where that was asked for, and seen by networks in [-1, 1]."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy
from PIL import Image

from ganzoo.core.config import VariantConfig
from ganzoo.core.data_spec import DataSpec
from ganzoo.core.modality import Modality
from ganzoo.errors import ConfigError
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
        """Of 8 bits 0 is exactly -1 and 255 exactly 1."""
        if _plain(spec):
            return stored.float().mul_(1 / 127.5).sub_(1)
        low, high = _ends(spec)
        return stored.float().sub_(low).mul_(2 / (high - low)).sub_(1)

    def to_stored(self, samples: numpy.ndarray, spec: DataSpec) -> numpy.ndarray:
        if _plain(spec):
            return to_uint8(samples).transpose(0, 3, 1, 2)
        low, high = _ends(spec)
        # As in `to_uint8`, NaN becomes the lowest value.
        shares = numpy.fmin(numpy.fmax((samples.astype(numpy.float64) + 1) / 2, 0), 1)
        values = low + shares * (high - low)
        return (values if spec.dtype == "float32" else numpy.rint(values)).astype(spec.dtype)

    def to_extractor(self, stored: Tensor, spec: DataSpec) -> Tensor:
        """With 8 bits, as all extractors of images take them."""
        if _plain(spec):
            return stored
        return self.to_network(stored, spec).add_(1).mul_(127.5).round_().clamp_(0, 255).byte()

    def pixels(self, samples: numpy.ndarray, spec: DataSpec) -> numpy.ndarray:
        """Two channels are shown as red and green, of more than three the first three."""
        images = to_uint8(samples)
        if images.shape[3] == 2:
            return numpy.pad(images, ((0, 0), (0, 0), (0, 0), (0, 1)))
        return images[..., :3]

    def conversion(self, spec: DataSpec) -> dict[str, Any]:
        channels, height, width = spec.shape
        found: dict[str, Any] = {"res": width if width == height else f"{width}x{height}", "channels": channels}
        if spec.dtype != "uint8":
            found["dtype"] = spec.dtype
        if spec.values is not None:
            found["range"] = ",".join(map(repr, spec.values))
        return found

    def metrics(self, spec: DataSpec) -> str:
        return "fid,kid,prdc,paired" if spec.pairing == "paired" else "fid,kid,prdc,modes"

    def extractor(self, spec: DataSpec) -> str:
        """What their source says, else `digits` for small gray ones, or `photos`."""
        small = spec.channels == 1 and spec.resolution <= DIGITS_RESOLUTION
        return spec.extractor or ("digits" if small else "photos")

    def arrays(self, samples: numpy.ndarray, spec: DataSpec) -> dict[str, numpy.ndarray]:
        return {"images": numpy.ascontiguousarray(self.to_stored(samples, spec).transpose(0, 2, 3, 1))}

    def file(self, sample: numpy.ndarray, spec: DataSpec) -> bytes | None:
        """Color with alpha as such a PNG.

        Raises:
            ConfigError: If a PNG cannot hold the channels.
        """
        channels = len(sample)
        if channels in (1, 3):
            return None
        if channels != 4:
            raise ConfigError(f"a PNG holds 1, 3 or 4 channels, and these images have {channels}: write an .npz")
        buffer = io.BytesIO()
        Image.fromarray(to_uint8(sample[None])[0]).save(buffer, format="PNG")
        return buffer.getvalue()

    def examples(self, config: type[VariantConfig], *, every: bool) -> Sequence[DataSpec]:
        sizes = sorted(size for size in config.resolutions or (SMALLEST, 28, 32) if every or size >= SMALLEST)
        sizes = [size for size in sizes if size <= max(LARGEST, sizes[0])]
        square = [DataSpec(f"{n}x{n}x{channels}", (channels, n, n), 1) for n in sizes for channels in (1, 3)]
        wide = [DataSpec(f"{2 * n}x{n}x3", (3, n, 2 * n), 1) for n in sizes[:1] if every and config.rectangular]
        deep = [DataSpec(f"{n}x{n}x5", (5, n, n), 1) for n in sizes[:1] if every]
        return [*square, *wide, *deep]


def _plain(spec: DataSpec) -> bool:
    """8 bits, all of them used."""
    return spec.dtype == "uint8" and spec.values is None


def _ends(spec: DataSpec) -> tuple[float, float]:
    """What networks see as -1 and 1."""
    return spec.values or (0.0, 255.0 if spec.dtype == "uint8" else 65535.0)
