"""Pictures in the terminal."""

import io

import numpy
import pytest
from PIL import Image
from rich.console import Console

from ganzoo.viz.terminal import UPPER_HALF, ascii_art, half_blocks, show


def printed(image, width=None, **options):
    console = Console(file=io.StringIO(), width=40, **options)
    show(image, width, console)
    return console.file.getvalue()


@pytest.fixture
def four():
    """Red and green over blue and white."""
    pixels = [[(255, 0, 0), (0, 255, 0)], [(0, 0, 255), (255, 255, 255)]]
    return Image.fromarray(numpy.array(pixels, dtype=numpy.uint8))


def test_colors_are_exact(four):
    assert printed(four, force_terminal=True, color_system="truecolor") == (
        f"\x1b[38;2;255;0;0;48;2;0;0;255m{UPPER_HALF}\x1b[0m\x1b[38;2;0;255;0;48;2;255;255;255m{UPPER_HALF}\x1b[0m\n"
    )


def test_without_color_it_is_ascii(four):
    assert printed(four.resize((2, 4), Image.Resampling.NEAREST)) == ":+\n.@\n"
    assert printed(four, force_terminal=True, no_color=True) == ":#\n"


@pytest.mark.parametrize(("size", "width", "columns", "rows"), [
    ((100, 100), 40, 40, 20), ((100, 50), 10, 10, 3), ((3, 3), 40, 3, 2), ((1, 1), 1, 1, 1), ((500, 2), 40, 40, 1),
])  # fmt: skip
def test_dimensions(size, width, columns, rows):
    image = Image.new("L", size, 255)
    lines = "".join(segment.text for segment in half_blocks(image, min(width, size[0]))).splitlines()
    assert [len(line) for line in lines] == [columns] * rows
    assert printed(image, width, force_terminal=True, color_system="truecolor").count("\n") == rows


def test_width_of_the_terminal_is_the_default_and_no_picture_grows():
    assert [len(line) for line in printed(Image.new("L", (100, 100), 255)).splitlines()] == [40] * 20
    assert printed(Image.new("L", (3, 4), 255), 30) == "@@@\n@@@\n"
    # Asked for, more columns than the terminal has are not cut.
    assert len(printed(Image.new("L", (100, 2), 255), 90).splitlines()[0]) == 90


def test_shrinking_averages():
    checks = numpy.indices((64, 64)).sum(axis=0) % 2 * 255
    first = half_blocks(Image.fromarray(checks.astype(numpy.uint8)), 8)[0]
    assert first.style.color.get_truecolor() == (128, 128, 128)


def test_odd_last_row_has_no_ground():
    assert half_blocks(Image.new("L", (1, 3), 9), 1)[2].style.bgcolor is None


def test_every_mode_and_clear_pixels():
    for mode in ("1", "L", "P", "RGB", "RGBA", "LA", "CMYK"):
        assert ascii_art(Image.new(mode, (2, 2)), 2) in ("", "@@")
    assert ascii_art(Image.new("RGBA", (2, 2), (255, 255, 255, 0)), 2) == ""
