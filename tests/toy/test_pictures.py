"""Scatter plots and histograms: where their ink is."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from ganzoo.core.data_spec import DataSpec
from ganzoo.data.mixtures import MIXTURES
from ganzoo.viz.progress import strip
from ganzoo.viz.scatter import PIXELS, Backdrop, frame, mode_histogram, scatter

ORANGE = (255, 127, 14)


def backdrop(name, points=None):
    mixture = MIXTURES.get(name)
    dimensions = mixture.dimensions if mixture else points.shape[1]
    return Backdrop.of(
        DataSpec(name, (dimensions,), 1, kind="vector", density=mixture and mixture.to_density()), points
    )


def orange(picture):
    """Where the samples are: `(n, 2)` rows and columns."""
    pixels = np.asarray(picture).astype(int)
    return np.argwhere((pixels[..., 0] > 200) & (pixels[..., 2] < 150))


def test_samples_lie_where_they_should():
    right = orange(scatter(np.repeat([[1.0, 0.0]], 50, axis=0), backdrop("ring"), "right"))
    top = orange(scatter(np.repeat([[0.0, 1.0]], 50, axis=0), backdrop("ring"), "top"))
    assert right[:, 1].mean() > top[:, 1].mean() + 100
    assert top[:, 0].mean() < right[:, 0].mean() - 100


@pytest.mark.parametrize("name", MIXTURES)
def test_axes_do_not_follow_the_samples(name):
    mixture = MIXTURES[name]
    near, far = mixture.draw(300, 0), 50 * mixture.draw(300, 0) + 90
    plots = [np.asarray(scatter(samples, backdrop(name, samples), "")) for samples in (near, far)]
    # The tick labels below the axes are the same in both.
    assert np.array_equal(plots[0][-45:], plots[1][-45:])
    assert len(orange(Image.fromarray(plots[1]))) < len(orange(Image.fromarray(plots[0])))


def test_broken_samples_can_be_drawn():
    samples = np.full((10, 2), np.nan, np.float32)
    assert scatter(samples, backdrop("ring"), "").size == (PIXELS, PIXELS)
    assert scatter(samples[:, :1], backdrop("normal1d"), "").size == (PIXELS, PIXELS)
    assert frame(samples, backdrop("ring"), "broken", 1000).size == (PIXELS, PIXELS)


@pytest.mark.parametrize("dimensions", [1, 2, 5])
def test_data_of_unknown_density(dimensions):
    points = np.random.RandomState(0).standard_normal((200, dimensions)).astype(np.float32)
    picture = frame(points + 1, backdrop("points", points), "vanilla on points", 1000)
    assert len(orange(picture)) > 100


def test_constant_data():
    points = np.ones((20, 2), np.float32)
    assert len(orange(scatter(points, backdrop("points", points), ""))) > 0


def test_histogram():
    low = orange(mode_histogram(np.array([100, 1, 1, 1]), np.full(4, 0.25), ""))
    assert low[:, 1].mean() < PIXELS / 2
    assert mode_histogram(np.zeros(1000, np.int64), np.full(1000, 1e-3), "nothing").size == (PIXELS, PIXELS)


def test_strip(tmp_path):
    frames = []
    for number in range(23):
        frames.append(tmp_path / f"{number:010d}.png")
        Image.new("RGB", (PIXELS, PIXELS), (number, 0, 0)).save(frames[-1])
    strip(frames, tmp_path / "strip.png")
    with Image.open(tmp_path / "strip.png") as sheet:
        assert sheet.size == (5 * PIXELS // 2, PIXELS)
        assert sheet.getpixel((0, 0)) == (0, 0, 0)
        assert sheet.getpixel((sheet.width - 1, sheet.height - 1)) == (22, 0, 0)
    strip(frames[:1], tmp_path / "one.png")
    with Image.open(tmp_path / "one.png") as sheet:
        assert sheet.size == (PIXELS // 2, PIXELS // 2)
    strip([], tmp_path / "none.png")
    assert not (tmp_path / "none.png").exists()
