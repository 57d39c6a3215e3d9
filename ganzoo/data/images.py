"""One image from however it was stored to uint8 pixels of the set's shape.

What has one right answer is done and counted: EXIF orientation, palettes, 16 bits, transparency (flattened on
white). What has none (which size? which range? gray or color?) is refused with the image's name.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from ganzoo.errors import DataError

Pixels = NDArray[np.uint8]

CONVERSIONS = {
    "upright": "were turned upright, as their EXIF orientation says",
    "palette": "had a palette and were turned into RGB",
    "sixteen": "had 16 bits a channel and were scaled to 8",
    "opaque": "had an alpha channel that was opaque and was dropped",
    "flattened": "had transparency and were flattened on white",
    "gray": "were gray and were turned into RGB",
}
"""What was done to an image, as the end of the sentence `3 of 500 images ...`."""

_GRAY_MODES = ("1", "L", "LA", "La")


class BadImageError(DataError):
    """One image that cannot be used; `--skip-bad` leaves it out. The message names it."""


@dataclass(frozen=True, slots=True)
class Header:
    """What is known of an image before it is decoded: its size when upright, and 1 (gray) or 3 channels."""

    width: int
    height: int
    channels: int


@dataclass(frozen=True, slots=True)
class Fit:
    """The shape that every image of a set is converted to.

    Args:
        channels: 1 or 3.
        resolution: Height and width in pixels.
        resize: Other sizes are cropped and resized (`--res` was given), not refused.
        convert: Color may be turned into gray (`--channels` was given).
        first: Name of the image that decided what was not given.
    """

    channels: int
    resolution: int
    resize: bool
    convert: bool
    first: str

    @property
    def shape(self) -> tuple[int, int, int]:
        """`(channels, height, width)`."""
        return self.channels, self.resolution, self.resolution

    def pads(self, width: int, height: int) -> bool:
        """True for MNIST's 28 pixels to 32, which are padded: resizing would blur thin strokes for no gain."""
        return self.resize and (width, height) == (28, 28) and self.resolution == 32


@dataclass(frozen=True, slots=True)
class Prepared:
    """Pixels `(C, H, W)` of one image, its size before cropping, and which `CONVERSIONS` were applied."""

    pixels: Pixels
    size: tuple[int, int]
    done: frozenset[str]


@contextmanager
def naming(title: str) -> Iterator[None]:
    """Turn whatever goes wrong with one image into a `BadImageError` that names it."""
    try:
        yield
    except (DataError, MemoryError):
        raise
    except UnidentifiedImageError as error:
        raise BadImageError(f"{title} is not an image, or its beginning is damaged") from error
    # Pillow's decoders raise whatever the damaged bytes lead them to: OSError, SyntaxError, struct.error, ...
    except Exception as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise BadImageError(f"{title} cannot be decoded ({reason})") from error


def header(image: Image.Image) -> Header:
    """Read what the file's header says, without decoding the pixels."""
    _check_kind(image)
    width, height = image.size
    if _orientation(image) >= 5:  # 5 to 8 lie on their side
        width, height = height, width
    gray = image.mode in _GRAY_MODES or image.mode.startswith(("I", "F"))
    return Header(width, height, 1 if gray else 3)


def prepare(image: Image.Image, title: str, fit: Fit) -> Prepared:
    """Convert an image to the shape of its set.

    Raises:
        BadImageError: If there is no single right way to do so.
    """
    done: set[str] = set()
    _check_kind(image)
    if _orientation(image) != 1:
        image = ImageOps.exif_transpose(image)
        done.add("upright")
    size = image.size
    image = _flat(_eight_bit(image, title, done), done)
    if image.mode == "RGB" and fit.channels == 1 and not fit.convert:
        raise BadImageError(f"{title} has color, but {fit.first} is gray: give --channels 3 or --channels 1")
    if image.mode == "L" and fit.channels == 3 and not fit.convert:
        done.add("gray")
    image = _square(image.convert("L" if fit.channels == 1 else "RGB"), title, fit)
    pixels = np.asarray(image).reshape(fit.resolution, fit.resolution, fit.channels).transpose(2, 0, 1)
    return Prepared(np.ascontiguousarray(pixels), size, frozenset(done))


def _check_kind(image: object) -> None:
    if not isinstance(image, Image.Image):
        raise TypeError(f"it is {type(image).__name__}, and must be a PIL.Image.Image")


def _orientation(image: Image.Image) -> int:
    value = image.getexif().get(ExifTags.Base.Orientation, 1)
    return value if value in range(1, 9) else 1


def _eight_bit(image: Image.Image, title: str, done: set[str]) -> Image.Image:
    if image.mode == "F":
        raise BadImageError(f"{title} has floating-point pixels, whose range is not known: save it with 8 or 16 bits")
    if not image.mode.startswith("I"):
        return image
    values = np.asarray(image)
    if values.min() < 0 or values.max() > 65535:
        raise BadImageError(f"{title} has pixels from {values.min()} to {values.max()}: save it with 8 or 16 bits")
    done.add("sixteen")
    # 65535 = 255 * 257, so this is the nearest of the 256 levels.
    return Image.fromarray(((values.astype(np.uint32) + 128) // 257).astype(np.uint8))


def _flat(image: Image.Image, done: set[str]) -> Image.Image:
    """Without palette and transparency: mode L or RGB."""
    base = "L" if image.mode in _GRAY_MODES else "RGB"
    if image.mode in ("P", "PA"):
        done.add("palette")
    if not image.has_transparency_data:
        return image.convert(base)
    image = image.convert("RGBA")
    if image.getchannel("A").getextrema() == (255, 255):
        done.add("opaque")
    else:
        done.add("flattened")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB").convert(base)


def _square(image: Image.Image, title: str, fit: Fit) -> Image.Image:
    side = fit.resolution
    if image.size == (side, side):
        return image
    width, height = image.size
    if not fit.resize:
        raise BadImageError(
            f"{title} is {width}x{height}, but {fit.first} is {side}x{side}: give --res {side} to resize all"
        )
    if fit.pads(width, height):
        return ImageOps.expand(image, 2, 0)
    short = min(width, height)
    left, top = (width - short) // 2, (height - short) // 2
    # Cropped first: resize(box=...) would let the pixels beside the box bleed in.
    return image.crop((left, top, left + short, top + short)).resize((side, side), Image.Resampling.LANCZOS)
