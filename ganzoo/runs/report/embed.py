"""Pictures inside the page: made small and written as `data:` addresses."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from pathlib import Path

import numpy
from PIL import Image

from ganzoo.errors import RunError
from ganzoo.viz.progress import read_picture

LOSSLESS_BYTES = 250_000
"""A picture that takes more without loss is stored with a loss that is hard to see."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What an `<img>` and the words below it need.

    Args:
        caption: What it shows, or that it cannot.
        address: `data:image/webp;base64,...`; empty if the file is no readable picture.
        width: In pixels.
        height: In pixels.
        pixelated: Whether its pixels were enlarged, and should again be when it is shown.
    """

    caption: str
    address: str = ""
    width: int = 0
    height: int = 0
    pixelated: bool = False


def embed(path: Path, caption: str, longest: int, *, lossless: bool) -> Picture:
    """A picture as WebP.

    Args:
        path: A PNG of a run.
        caption: What it shows.
        longest: Pixels of its longer side, at most.
        lossless: Keep every pixel, unless that takes many bytes.
    """
    try:
        original = read_picture(path)
    except RunError:
        return Picture(f"{caption}: {path.name} is no readable picture")
    image = without_enlargement(original)
    pixelated = lossless and image.width < original.width and max(image.size) <= longest
    image.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    data = _webp(image, lossless=True) if lossless else b""
    if not lossless or len(data) > LOSSLESS_BYTES:
        data = _webp(image, lossless=False)
    address = f"data:image/webp;base64,{base64.b64encode(data).decode('ascii')}"
    return Picture(caption, address, image.width, image.height, pixelated)


def without_enlargement(image: Image.Image) -> Image.Image:
    """Undo a whole-number enlargement: grids of small images are written with every pixel repeated."""
    pixels = numpy.asarray(image)
    for factor in range(16, 1, -1):
        if pixels.shape[0] % factor or pixels.shape[1] % factor:
            continue
        small = pixels[::factor, ::factor]
        if numpy.array_equal(small.repeat(factor, axis=0).repeat(factor, axis=1), pixels):
            return Image.fromarray(numpy.ascontiguousarray(small))
    return image


def _webp(image: Image.Image, *, lossless: bool) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", lossless=lossless, quality=80, method=4)
    return buffer.getvalue()
