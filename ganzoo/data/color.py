"""Pixels of any mode to 8 bits in mode L or RGB, with what was done to them."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from ganzoo.data.guard import BadImageError

Range = tuple[float, float]
"""The values that become black and white."""

_SPACES = {"CMYK": "cmyk", "LAB": "lab", "YCbCr": "ycbcr", "HSV": "hsv"}
_GRAY_MODES = ("1", "L", "LA", "La")
SIXTEEN = 65535


@dataclass(frozen=True, slots=True)
class Extent:
    """The lowest and the highest value of an image, before it was scaled, of `0..top` that there could be."""

    top: int
    low: float
    high: float


def is_gray(image: Image.Image) -> bool:
    """Whether an image has one channel, besides alpha."""
    return image.mode in _GRAY_MODES or image.mode.startswith(("I", "F"))


def to_eight_bits(
    image: Image.Image, title: str, values: Range | None, done: set[str], *, alpha: bool = False
) -> tuple[Image.Image, Extent]:
    """Convert to mode L or RGB, or to RGBA where alpha is kept.

    Args:
        image: Of any mode.
        title: How messages name it.
        values: Of `--range`; None: 0 to 255, or 0 to 65535.
        done: Gets what was done.
        alpha: Keep it, instead of flattening on white.

    Returns:
        The image, and its extent.

    Raises:
        BadImageError: If the range of its values is not known.
    """
    if is_gray(image) and image.mode[0] in "IF":
        return _gray(image, title, values, done)
    deep = sixteen_bits(image)
    if deep is not None:
        done.add("sixteen")
        color = deep if deep.shape[2] in (1, 3) else deep[..., :-1]
        scaled = scale(color, values, done)
        if color.shape != deep.shape:
            scaled = np.concatenate([scaled, scale(deep[..., -1:], None, done)], axis=2)
        flat = _flat(Image.fromarray(scaled[..., 0] if scaled.shape[2] == 1 else scaled), done, alpha=alpha)
        return flat, Extent(SIXTEEN, int(color.min()), int(color.max()))
    if _has_sixteen(image):
        done.add("sixteen")
    if _has_other_profile(image):
        done.add("profile")
    image = _flat(image, done, alpha=alpha)
    extrema: Any = image.getextrema()
    # Not of alpha, the fourth.
    lows, highs = zip(*([extrema] if image.mode == "L" else extrema[:3]), strict=True)
    extent = Extent(255, min(lows), max(highs))
    if values is not None:
        table = scale(np.arange(256), values, set()).tolist()
        bands = min(len(image.getbands()), 3)
        image = image.point(table * bands + (list(range(256)) if image.mode == "RGBA" else []))
        done.update({"ranged"} if values != (0, 255) else ())
        done.update({"clipped"} if extent.low < values[0] or extent.high > values[1] else ())
    return image, extent


def _gray(image: Image.Image, title: str, values: Range | None, done: set[str]) -> tuple[Image.Image, Extent]:
    """One channel of 16 bits, 32 bits or floating point."""
    pixels = np.asarray(image)
    low, high = float(pixels.min()), float(pixels.max())
    if not np.isfinite([low, high]).all():
        raise BadImageError(f"{title} has pixels that are infinite or not a number")
    known = image.mode != "F" and low >= 0 and high <= SIXTEEN
    if values is None and not known:
        kind = "floating-point pixels" if image.mode == "F" else "pixels"
        raise BadImageError(
            f"{title} has {kind} from {low:g} to {high:g}, whose range is not known: give --range "
            f"{suggest(low, high)}, or save it with 8 or 16 bits"
        )
    if known:
        done.add("sixteen")
    return Image.fromarray(scale(pixels, values, done)), Extent(SIXTEEN, low, high)


def suggest(low: float, high: float) -> str:
    """What to type behind `--range` for values from `low` to `high`."""
    for bound in ((0.0, 1.0), (-1.0, 1.0)):
        if bound[0] <= low and high <= bound[1]:
            return f"{bound[0]:g},{bound[1]:g}"
    if low != int(low) or high != int(high):
        return f"{low:g},{high:g}"
    if low < 0 or high < 255:
        return f"{int(low) if low < 0 else 0},{int(high)}"
    return f"0,{(1 << int(high).bit_length()) - 1}"


def scale(pixels: NDArray[Any], values: Range | None, done: set[str]) -> NDArray[np.uint8]:
    """Values to 0..255, in any shape; what lies outside of `values` (None: 0 to 65535) becomes 0 or 255."""
    if values is None or values == (0, SIXTEEN):
        # 65535 = 255 * 257, so this is the nearest of the 256 levels.
        return np.minimum((pixels.astype(np.uint32) + 128) // 257, 255).astype(np.uint8)
    done.add("ranged")
    low, high = values
    if pixels.min() < low or pixels.max() > high:
        done.add("clipped")
    return np.clip(np.floor((pixels.astype(np.float64) - low) * (255 / (high - low)) + 0.5), 0, 255).astype(np.uint8)


def _has_sixteen(image: Image.Image) -> bool:
    """Whether a file has 16 bits a channel, of which Pillow gives 8: as its `tile` says, the plan of its decoding."""
    for tile in getattr(image, "tile", ()):
        words = tile[3] if isinstance(tile[3], tuple) else (tile[3],)
        if isinstance(words[0], str) and ";16" in words[0]:
            return True
        if image.format == "PPM" and len(words) > 1 and isinstance(words[1], int) and words[1] > 255:
            return True
    return int(image.info.get("bit_depth", 8)) > 8


def sixteen_bits(image: Image.Image) -> NDArray[np.uint16] | None:
    """All 16 bits of a color PNG, `(H, W, C)`: Pillow gives the upper byte, or the lower one if asked to."""
    file = getattr(image, "fp", None)
    if image.format != "PNG" or not isinstance(file, BytesIO) or not _has_sixteen(image):
        return None
    lower = Image.open(BytesIO(file.getvalue()))
    plans: Any = lower
    plans.tile = [tile._replace(args=tile.args.replace(";16B", ";16L")) for tile in plans.tile]
    high, low = np.asarray(image).astype(np.uint16), np.asarray(lower)
    deep: NDArray[np.uint16] = (high << 8 | low).reshape(*high.shape[:2], -1)
    return deep


def _has_other_profile(image: Image.Image) -> bool:
    profile = image.info.get("icc_profile")
    return isinstance(profile, bytes) and not any("sRGB".encode(code) in profile for code in ("ascii", "utf-16-be"))


def _flat(image: Image.Image, done: set[str], *, alpha: bool) -> Image.Image:
    """Without palette and transparency: mode L or RGB; or RGBA where alpha is kept."""
    base = "L" if image.mode in _GRAY_MODES else "RGB"
    if image.mode in _SPACES:
        done.add(_SPACES[image.mode])
    if image.mode == "LAB":
        return _from_lab(image)
    if image.mode in ("P", "PA"):
        done.add("palette")
    if alpha:
        return image.convert("RGBA")
    if not image.has_transparency_data:
        return image.convert(base)
    image = image.convert("RGBA")
    if image.getchannel("A").getextrema() == (255, 255):
        done.add("opaque")
    else:
        done.add("flattened")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB").convert(base)


def _from_lab(image: Image.Image) -> Image.Image:
    """Pillow's own `convert` does not know Lab."""
    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    converted = ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB")
    assert converted is not None
    return converted
