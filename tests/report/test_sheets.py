"""Sheets of cells with words, and the contact sheet of a run."""

import numpy
import pytest
from PIL import Image

from ganzoo.errors import RunError
from ganzoo.viz.grid import LINE_PIXELS, caption, grid, sheet
from ganzoo.viz.progress import contact_sheet, spread


def flat(value, width=10, height=8, mode="L"):
    return Image.new(mode, (width, height), value)


def test_cells_lie_where_they_should():
    made = numpy.asarray(sheet([flat(value) for value in (100, 110, 120)], 2, gap=3))
    assert made.shape == (3 + 2 * (8 + 3), 3 + 2 * (10 + 3))
    for index, value in enumerate((100, 110, 120)):
        top, left = 3 + index // 2 * 11, 3 + index % 2 * 13
        assert (made[top : top + 8, left : left + 10] == value).all()
        made = made.copy()
        made[top : top + 8, left : left + 10] = 32
    assert (made == 32).all()


def test_words_take_room_only_where_they_are():
    cells = [flat(0, 40, 20, "RGB")] * 4
    bare = sheet(cells, 2)
    named = sheet(cells, 2, names=["", "", "c"])
    assert named.size == (bare.width, bare.height + LINE_PIXELS)
    pixels = numpy.asarray(named)[..., 0]
    assert (pixels[:40] == 0).all()
    # The word is below the first cell of the second row, not below the second one.
    assert pixels[40:, :40].max() > 200
    assert (pixels[40:, 40:] == 32).all()


def test_names_of_rows_are_left_of_them():
    made = sheet([flat(0, 40, 20)] * 2, 1, row_names=["", "12,345"])
    left = made.width - 40
    pixels = numpy.asarray(made)
    assert left > 30
    assert (pixels[:20, :left] == 32).all()
    assert pixels[20:, :left].max() > 200
    assert (pixels[:, left:] == 0).all()


def test_a_caption_is_below_and_leaves_the_picture_as_it_is():
    images = numpy.random.RandomState(0).randint(0, 256, (4, 16, 16, 3), dtype=numpy.uint8)
    picture = grid(images, 2)
    made = caption(picture, "4 images")
    assert made.size == (picture.width, picture.height + LINE_PIXELS)
    assert made.crop((0, 0, *picture.size)).tobytes() == picture.tobytes()


def test_a_contact_sheet_has_the_first_row_of_each_grid_in_one_size(tmp_path):
    samples = []
    # The network grew: later grids are of twice the size.
    for index, size in enumerate((20, 40)):
        picture = flat(0, 2 * size, 2 * size)
        picture.paste(50 + index, (0, 0, 2 * size, size))
        samples.append(tmp_path / f"{index * 1000:010d}.png")
        picture.save(samples[-1])
    contact_sheet(samples, 2, tmp_path / "sheet.png")
    with Image.open(tmp_path / "sheet.png") as opened:
        pixels = numpy.asarray(opened)
    assert pixels.shape[0] == 2 * 40
    assert (pixels[:40, -80:] == 50).all()
    assert (pixels[40:, -80:] == 51).all()
    assert pixels[:40, :-80].max() > 200
    contact_sheet([], 2, tmp_path / "none.png")
    assert not (tmp_path / "none.png").exists()
    samples[0].write_bytes(b"no picture")
    with pytest.raises(RunError, match=r"0000000000\.png is no readable picture"):
        contact_sheet(samples, 2, tmp_path / "sheet.png")


def test_ten_of_many_are_spread_from_the_first_to_the_last():
    assert spread(range(28), 10) == [0, 3, 6, 9, 12, 15, 18, 21, 24, 27]
    assert list(spread(range(10), 10)) == list(range(10))
    assert list(spread(range(1), 10)) == [0]
