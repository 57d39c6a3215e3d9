"""Edges of shapes whose edges are known, and the files that are made of an archive."""

import importlib.util
import io
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy
import pytest
from PIL import Image

SCRIPT = Path(__file__).parents[2] / "scripts" / "clothing.py"


@pytest.fixture(scope="module")
def clothing():
    found = importlib.util.spec_from_file_location("clothing", SCRIPT)
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def shape(inside):
    """An image of 32 pixels, dark where a function of row and column says so."""
    rows, columns = numpy.mgrid[:32, :32]
    return numpy.where(inside(rows, columns)[..., None], 40, 220).astype(numpy.uint8).repeat(3, 2)


def test_the_edges_of_a_square_are_its_outline(clothing):
    drawn = clothing.drawing(shape(lambda r, c: (r >= 8) & (r < 24) & (c >= 8) & (c < 24)))
    assert set(numpy.unique(drawn)) == {0, 255}
    black = numpy.argwhere(drawn[..., 0] == 0)
    # No farther than a pixel from the border, and on all four sides of it.
    distance = numpy.abs(black - 15.5).max(1)
    assert ((distance > 6) & (distance < 9)).all()
    for axis, side in ((0, 8), (0, 24), (1, 8), (1, 24)):
        along = black[numpy.abs(black[:, axis] - side) <= 1][:, 1 - axis]
        assert set(range(10, 22)) <= set(along.tolist())


@pytest.mark.parametrize("angle", [0, 30, 45, 60, 90, 135, 170])
def test_a_straight_edge_is_one_thin_line_whichever_way_it_runs(clothing, angle):
    turn = numpy.deg2rad(angle)
    drawn = clothing.drawing(shape(lambda r, c: (c - 15.5) * numpy.cos(turn) + (r - 15.5) * numpy.sin(turn) > 0.2))
    black = numpy.argwhere(drawn[4:28, 4:28, 0] == 0) + 4 - 15.5
    distance = black[:, 1] * numpy.cos(turn) + black[:, 0] * numpy.sin(turn)
    assert numpy.abs(distance).max() < 1.3
    assert 20 <= len(black) <= 50


def test_a_plain_image_has_no_edges(clothing):
    assert (clothing.drawing(numpy.full((32, 32, 3), 90, numpy.uint8)) == 255).all()


def test_colors_of_one_brightness_have_an_edge(clothing):
    image = numpy.zeros((32, 32, 3), numpy.uint8)
    image[:, :16], image[:, 16:] = (200, 50, 100), (50, 200, 100)
    assert (clothing.drawing(image)[16, :, 0] == 0).sum() == 1


@pytest.fixture
def archive(tmp_path):
    path, random = tmp_path / "clothes.zip", numpy.random.RandomState(0)
    with zipfile.ZipFile(path, "w") as opened:
        for label in ("hat", "shirt", "shoes"):
            for name in ("train-a", "validation-b", "test-c"):
                stored = io.BytesIO()
                Image.fromarray(random.randint(0, 256, (48, 48, 3), dtype=numpy.uint8)).save(stored, "JPEG")
                opened.writestr(f"clothes/{label}/{name}.jpg", stored.getvalue())
    return path


def made(archive, name, *arguments):
    """What the script writes, by its path within the folder."""
    out = archive.with_name(name)
    command = [sys.executable, SCRIPT, *arguments[:1], archive, out, *arguments[1:], "--res", "16"]
    subprocess.run(list(map(str, command)), check=True, capture_output=True)
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in sorted(out.rglob("*.png"))}


@pytest.mark.slow
def test_the_same_files_each_time_and_the_test_split_apart(archive):
    pairs = made(archive, "pairs", "edges")
    assert pairs == made(archive, "again", "edges")
    assert [name for name in pairs if name.startswith("test/")] == [
        f"test/{c}-test-c.png" for c in ("hat", "shirt", "shoes")
    ]
    assert len(pairs) == 9
    with Image.open(io.BytesIO(pairs["train/hat-train-a.png"])) as pair:
        assert pair.size == (32, 16)
    domains = made(archive, "domains", "classes", "--a", "hat", "--b", "shoes")
    assert sorted(domains) == [
        *("testA/test-c.png", "testB/test-c.png"),
        *(f"train{domain}/{name}.png" for domain in "AB" for name in ("train-a", "validation-b")),
    ]
