"""One image from however it was stored to uint8 pixels of the set's shape.

What has one right answer is done and counted: EXIF orientation, palettes, 16 bits, transparency (flattened on
white). What has none (which size? which range? gray or color?) is refused with the image's name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image

from ganzoo.data.color import Extent, Range, is_gray, to_eight_bits
from ganzoo.data.guard import MAX_PIXELS, BadImageError, check_size, naming

__all__ = ["CONVERSIONS", "BadImageError", "Fit", "Header", "Pixels", "Prepared", "header", "naming", "prepare"]

Pixels = NDArray[Any]

CONVERSIONS = {
    "frames": "have several frames, of which the first is used",
    "upright": "were turned upright, as their EXIF orientation says",
    "palette": "had a palette and were turned into RGB",
    "cmyk": "were CMYK and were turned into RGB",
    "lab": "were Lab and were turned into RGB",
    "ycbcr": "were YCbCr and were turned into RGB",
    "hsv": "were HSV and were turned into RGB",
    "profile": "carry a color profile other than sRGB, which is not applied",
    "sixteen": "had 16 bits a channel and were scaled to 8",
    "ranged": "were scaled as --range says",
    "clipped": "had values outside of --range, which became black or white",
    "opaque": "had an alpha channel that was opaque and was dropped",
    "flattened": "had transparency and were flattened on white",
    "gray": "were gray and were turned into RGB",
    "colorless": "had color and were turned gray, as --channels 1 says",
    "widened": "had 8 bits a channel and were scaled to 16",
    "edge": "were padded with the color of their border, as it is not dark",
}
"""What was done to an image, as the end of the sentence `3 of 500 images ...`."""

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# MNIST's border is 0 but for a few strokes that reach it.
_DARK = 64
_PAD = 2
_EIGHT_BITS = np.dtype(np.uint8)


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
        channels: 1 (gray), 3 (color), 4 (with alpha), or what an array has.
        width: In pixels.
        height: In pixels.
        resize: Other sizes are cropped and resized (`--res` was given), not refused.
        convert: Color may be turned into gray (`--channels` was given).
        first: Name of the image that decided what was not given.
        values: Of `--range`, which become black and white; None: all that 8 or 16 bits can hold.
        max_pixels: An image of more is refused.
        dtype: That images are stored with: uint8, uint16 or float32.
    """

    channels: int
    width: int
    height: int
    resize: bool
    convert: bool
    first: str
    values: Range | None = None
    max_pixels: int = MAX_PIXELS
    dtype: np.dtype[Any] = _EIGHT_BITS

    @property
    def kept(self) -> bool:
        """Channels are kept as they are, see `ganzoo.data.planes`: they are no colors of 8 bits."""
        return self.dtype != np.uint8 or self.channels not in (1, 3, 4)

    @property
    def shape(self) -> tuple[int, int, int]:
        """`(channels, height, width)`."""
        return self.channels, self.height, self.width

    @property
    def size(self) -> tuple[int, int]:
        """`(width, height)`."""
        return self.width, self.height

    def pads(self, width: int, height: int) -> bool:
        """True for MNIST's 28 pixels to 32, which are padded: resizing would blur thin strokes for no gain."""
        return self.resize and (width, height) == (28, 28) and self.size == (32, 32)


@dataclass(frozen=True, slots=True)
class Prepared:
    """Pixels `(C, H, W)` of one image, its size before cropping, its values before, and the `CONVERSIONS` applied."""

    pixels: Pixels
    size: tuple[int, int]
    done: frozenset[str]
    extent: Extent


def header(image: Image.Image) -> Header:
    """Read what the file's header says, without decoding the pixels."""
    _check_kind(image)
    width, height = image.size
    if orientation(image) >= 5:  # 5 to 8 lie on their side
        width, height = height, width
    return Header(width, height, 1 if is_gray(image) else 3)


def prepare(image: Image.Image, title: str, fit: Fit) -> Prepared:
    """Convert an image to the shape of its set.

    Raises:
        BadImageError: If there is no single right way to do so.
    """
    done: set[str] = set()
    _check_kind(image)
    check_size(*image.size, title, fit.max_pixels)
    if getattr(image, "is_animated", False):
        done.add("frames")
    stored = image
    image, extent = to_eight_bits(stored, title, fit.values, done, alpha=fit.channels == 4)
    # Not before: a PNG is decoded to find its EXIF, and then nothing tells its bits any more.
    turn = orientation(stored)
    if turn != 1:
        image = image.transpose(_TURNS[turn])
        done.add("upright")
    size = image.size
    if image.mode == "RGB" and fit.channels == 1:
        if not fit.convert:
            raise BadImageError(f"{title} has color, but {fit.first} is gray: give --channels 3 or --channels 1")
        done.add("colorless")
    if image.mode == "L" and fit.channels > 1:
        done.add("gray")
    image = sized(image.convert({1: "L", 3: "RGB", 4: "RGBA"}[fit.channels]), title, fit)
    pixels = np.asarray(image).reshape(image.height, image.width, fit.channels).transpose(2, 0, 1)
    if image.size != fit.size:
        pixels, edged = pad(pixels[None])
        pixels = pixels[0]
        done.update({"edge"} if edged else ())
    return Prepared(np.ascontiguousarray(pixels), size, frozenset(done), extent)


def pad(images: Pixels) -> tuple[Pixels, int]:
    """Pad images `(N, C, H, W)` by 2 pixels: with black where their border is dark, else with their border.

    Returns:
        The padded images, and how many of them were padded with their border.
    """
    around = ((0, 0), (0, 0), (_PAD, _PAD), (_PAD, _PAD))
    padded = np.pad(images, around)
    border = np.concatenate([images[..., [0, -1], :], images[..., 1:-1, [0, -1]].swapaxes(2, 3)], axis=3)
    bright = np.flatnonzero(np.median(border.reshape(len(images), -1), axis=1) >= _DARK)
    padded[bright] = np.pad(images[bright], around, mode="edge")
    return padded, len(bright)


def _check_kind(image: object) -> None:
    if not isinstance(image, Image.Image):
        raise TypeError(f"it is {type(image).__name__}, and must be a PIL.Image.Image")


def orientation(image: Image.Image) -> int:
    """How its EXIF says that an image lies, 1 (upright) to 8."""
    value = image.getexif().get(ExifTags.Base.Orientation, 1)
    return value if value in range(1, 9) else 1


def sized(image: Image.Image, title: str, fit: Fit) -> Image.Image:
    """The image in the size of its set, or still to be padded."""
    if image.size == fit.size:
        return image
    width, height = image.size
    if not fit.resize:
        first = f"{fit.first} is {fit.width}x{fit.height}"
        raise BadImageError(f"{title} is {width}x{height}, but {first}: give --res {res_text(*fit.size)} to resize all")
    if fit.pads(width, height):
        return image
    # The largest box of the wanted ratio; of a square that is the shorter side.
    share = min(width / fit.width, height / fit.height)
    across, down = min(round(share * fit.width), width), min(round(share * fit.height), height)
    left, top = (width - across) // 2, (height - down) // 2
    # Cropped first: resize(box=...) would let the pixels beside the box bleed in.
    return image.crop((left, top, left + across, top + down)).resize(fit.size, Image.Resampling.LANCZOS)


def res_text(width: int, height: int) -> str:
    """What is typed behind `--res`: `64`, `96x64`."""
    return str(width) if width == height else f"{width}x{height}"
