"""Animations of samples."""

import numpy
import pytest
from PIL import Image

from ganzoo.errors import ConfigError, RunError
from ganzoo.viz.animation import FRAMES, LARGEST_PIXELS, animate


@pytest.fixture
def samples(tmp_path):
    def drawn(*sizes, colors=1):
        paths = []
        for index, size in enumerate(sizes):
            shape = (size, size) if colors == 1 else (size, size, 3)
            pixels = numpy.random.RandomState(index).randint(0, 256, shape, dtype=numpy.uint8)
            paths.append(tmp_path / f"{index * 1000:010d}.png")
            Image.fromarray(pixels).save(paths[-1])
        return paths

    return drawn


def durations(path):
    with Image.open(path) as opened:
        found = []
        for frame in range(opened.n_frames):
            opened.seek(frame)
            opened.load()
            found.append(opened.info["duration"])
        return opened.size, found


@pytest.mark.parametrize("suffix", [".webp", ".gif", ".GIF"])
@pytest.mark.parametrize("colors", [1, 3])
def test_every_sample_is_a_frame_and_the_last_is_held(samples, tmp_path, suffix, colors):
    path = tmp_path / f"deep/er/x{suffix}"
    animate(samples(200, 200, 200, colors=colors), path)
    assert durations(path) == ((200, 222), [500, 500, 2000])
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_growing_frames_have_one_size(samples, tmp_path):
    animate(samples(64, 128, 1024), tmp_path / "x.webp")
    size, frames = durations(tmp_path / "x.webp")
    assert size == (LARGEST_PIXELS, LARGEST_PIXELS + 22)
    assert len(frames) == 3


def test_many_samples_are_picked_and_long_enough(samples, tmp_path):
    animate(samples(*[16] * 150), tmp_path / "x.gif")
    _, frames = durations(tmp_path / "x.gif")
    assert len(frames) == FRAMES
    assert 8_000 < sum(frames) < 12_000


@pytest.mark.parametrize("suffix", ["gif", "webp"])
def test_too_large_a_file_is_made_smaller(samples, tmp_path, suffix):
    paths = samples(*[400] * 6, colors=3)
    animate(paths, tmp_path / f"large.{suffix}")
    animate(paths, tmp_path / f"small.{suffix}", most_bytes=250_000)
    assert (tmp_path / f"small.{suffix}").stat().st_size <= 250_000 < (tmp_path / f"large.{suffix}").stat().st_size


def test_the_bar_grows(samples, tmp_path):
    animate(samples(200, 200, 200), tmp_path / "x.gif")
    with Image.open(tmp_path / "x.gif") as opened:
        lengths = []
        for frame in range(3):
            opened.seek(frame)
            row = numpy.asarray(opened.convert("RGB"))[201].astype(int)
            lengths.append(int((row[:, 0] - row[:, 2] > 60).sum()))
    assert lengths == [1, 101, 200]


def test_one_and_none(samples, tmp_path):
    animate(samples(40), tmp_path / "one.webp")
    assert durations(tmp_path / "one.webp")[0] == (160, 62)
    animate([], tmp_path / "none.webp")
    assert not (tmp_path / "none.webp").exists()


def test_refusals(samples, tmp_path):
    paths = samples(40, 40)
    with pytest.raises(ConfigError, match=r"must be a file that ends in \.webp or \.gif"):
        animate(paths, tmp_path / "x.png")
    paths[0].write_bytes(b"no picture")
    with pytest.raises(RunError, match=r"0000000000\.png is no readable picture"):
        animate(paths, tmp_path / "x.gif")
