"""Images whose channels are kept as they are: any number of them, of 8 or 16 bits or floating point.

Each channel is cropped and resized by itself. Nothing is guessed: no color space, no alpha, no palette.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ganzoo.data.color import SIXTEEN, Extent, is_gray, sixteen_bits
from ganzoo.data.guard import BadImageError, check_size
from ganzoo.data.images import Fit, Prepared, orientation, sized

Planes = NDArray[Any]
"""`(H, W, C)`."""

_TURNS: dict[int, Callable[[Planes], Planes]] = {
    2: lambda planes: planes[:, ::-1],
    3: lambda planes: np.rot90(planes, 2),
    4: lambda planes: planes[::-1],
    5: lambda planes: planes.swapaxes(0, 1),
    6: lambda planes: np.rot90(planes, -1),
    7: lambda planes: np.rot90(planes, 2).swapaxes(0, 1),
    8: lambda planes: np.rot90(planes),
}
"""What makes an image upright, by its EXIF orientation."""


def of_file(image: Image.Image, title: str, fit: Fit, done: set[str]) -> Planes:
    """The channels of a picture with all of its bits; those of 8 bits are scaled to 16 where the set has 16.

    Raises:
        BadImageError: If it has a palette or another color space, which need 8 bits, or other values than the set.
    """
    gray = is_gray(image) and image.mode[0] in "IF"
    deep: Planes | None = np.asarray(image) if gray else sixteen_bits(image)
    if deep is None:
        if not (is_gray(image) or image.mode in ("RGB", "RGBA")):
            raise BadImageError(f"{title} is {image.mode}, which is kept with 8 bits only: leave --dtype out")
        deep = np.asarray(image.convert("L") if image.mode == "1" else image)
    planes = deep.reshape(image.height, image.width, -1)
    if fit.dtype == np.uint16 and planes.dtype == np.uint8:
        done.add("widened")
        return planes.astype(np.uint16) * 257
    if fit.dtype == np.uint16 and (planes.dtype.kind not in "iu" or planes.min() < 0 or planes.max() > 65535):
        raise BadImageError(f"{title} has values that are not of 16 bits: give --dtype float32 and their --range")
    return planes


def fit_planes(planes: Planes, title: str, fit: Fit, done: set[str]) -> NDArray[Any]:
    """Channels in the size and the type of their set, `(C, height, width)`.

    Args:
        planes: As they were stored.
        title: How messages name the image.
        fit: Of the set; floats outside of `fit.values` become its ends.
        done: Gets what was done.

    Raises:
        BadImageError: If the image has other channels or another size than the set, or is not finite.
    """
    height, width, channels = planes.shape
    if channels != fit.channels:
        raise BadImageError(
            f"{title} has {channels} channels, and {fit.first} has {fit.channels}: such images are not converted"
        )
    if not np.isfinite(planes).all():
        raise BadImageError(f"{title} has values that are infinite or not a number")
    if fit.values is not None:
        low, high = fit.values
        if planes.min() < low or planes.max() > high:
            done.add("clipped")
            planes = planes.clip(low, high)
    if (width, height) == fit.size:
        return np.ascontiguousarray(planes.transpose(2, 0, 1)).astype(fit.dtype)
    parts = [sized(Image.fromarray(plane), title, fit) for plane in planes.transpose(2, 0, 1).astype(np.float32)]
    resized = np.stack([np.asarray(part) for part in parts])
    if fit.dtype.kind == "u":
        # Lanczos overshoots at edges.
        resized = np.clip(np.rint(resized), 0, np.iinfo(fit.dtype).max)
    typed: NDArray[Any] = resized.astype(fit.dtype)
    return typed


def prepare_planes(stored: Image.Image | Planes, title: str, fit: Fit) -> Prepared:
    """A picture or an array `(H, W, C)` in the shape and the type of its set.

    Raises:
        BadImageError: If it does not fit into the set.
    """
    done: set[str] = set()
    if isinstance(stored, Image.Image):
        check_size(*stored.size, title, fit.max_pixels)
        planes = of_file(stored, title, fit, done)
        turn = orientation(stored)
        if turn != 1:
            planes = _TURNS[turn](planes)
            done.add("upright")
    else:
        planes = stored
    extent = Extent(SIXTEEN, float(planes.min()), float(planes.max()))
    size = (planes.shape[1], planes.shape[0])
    return Prepared(fit_planes(planes, title, fit, done), size, frozenset(done), extent)
