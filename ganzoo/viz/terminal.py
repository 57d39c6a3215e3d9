"""Pictures in the terminal: two pixels a character. Imports no torch."""

from __future__ import annotations

import math

from PIL import Image
from rich.color import Color
from rich.console import Console
from rich.segment import Segment, Segments
from rich.style import Style

UPPER_HALF = "\u2580"
"""Its ink is the upper pixel, its ground the lower one."""

RAMP = " .:-=+*#%@"
"""From dark to light, for terminals without colors."""


def show(image: Image.Image, width: int | None = None, console: Console | None = None) -> None:
    """Print a picture: half blocks in color, or ASCII where there is no color, no terminal, or no Unicode.

    Args:
        image: Of any mode; what is transparent becomes black.
        width: Columns to use; None: those of the terminal. A picture is made smaller, never larger.
        console: Where to print; None: stdout.
    """
    console = console or Console()
    columns = max(min(width or console.width, image.width), 1)
    colored = console.is_terminal and console.color_system is not None and not console.no_color
    if colored and console.encoding.startswith("utf"):
        console.print(Segments(half_blocks(image, columns)), end="", no_wrap=True, crop=False, overflow="ignore")
    else:
        console.out(ascii_art(image, columns), highlight=False)


def half_blocks(image: Image.Image, columns: int) -> list[Segment]:
    """A picture as colored characters, each line with its line break.

    Args:
        image: Of any mode.
        columns: Its width; a character is one pixel wide and two high.
    """
    small = _scaled(image, columns, math.ceil(image.height * columns / image.width))
    pixels = [[_color(small, x, y) for x in range(small.width)] for y in range(small.height)]
    segments = []
    for top in range(0, small.height, 2):
        # An odd last row has nothing below it: the terminal's own ground shows.
        below = pixels[top + 1] if top + 1 < small.height else [None] * small.width
        segments += [
            Segment(UPPER_HALF, Style(color=upper, bgcolor=lower))
            for upper, lower in zip(pixels[top], below, strict=True)
        ]
        segments.append(Segment.line())
    return segments


def ascii_art(image: Image.Image, columns: int) -> str:
    """A picture as characters from dark to light, lines with line breaks between them.

    Args:
        image: Of any mode.
        columns: Its width; a character is taken to be twice as high as wide.
    """
    small = _scaled(image, columns, max(round(image.height * columns / image.width / 2), 1)).convert("L")
    levels = small.tobytes()
    letters = [RAMP[level * len(RAMP) // 256] for level in levels]
    rows = ("".join(letters[start : start + columns]) for start in range(0, len(letters), columns))
    return "\n".join(row.rstrip() for row in rows)


def _scaled(image: Image.Image, width: int, height: int) -> Image.Image:
    # By way of RGBA, which all modes know, so that transparency becomes black and not whatever lies beneath it.
    flat = Image.new("RGBA", image.size, "black")
    flat.alpha_composite(image.convert("RGBA"))
    rgb = flat.convert("RGB")
    return rgb if rgb.size == (width, height) else rgb.resize((width, height), Image.Resampling.BOX)


def _color(image: Image.Image, x: int, y: int) -> Color:
    pixel = image.getpixel((x, y))
    assert isinstance(pixel, tuple)
    return Color.from_rgb(*pixel)
