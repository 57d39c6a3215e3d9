"""Stages: levels, fades and transitions."""

import pytest
import torch

from ganzoo import ConfigError, Stage
from ganzoo.engine.stages import StageClock, fade_reals, shrink


def test_shrink_averages_squares():
    image = torch.tensor([[1.0, 3.0, 10.0, 20.0], [5.0, 7.0, 30.0, 40.0], [0.0, 0.0, 2.0, 2.0], [0.0, 8.0, 2.0, 2.0]])
    assert shrink(image[None, None], 2).tolist() == [[[[4.0, 25.0], [2.0, 2.0]]]]
    assert shrink(image[None, None], 1).tolist() == [[[[8.25]]]]
    assert torch.equal(shrink(image[None, None], 4)[0, 0], image)


@pytest.mark.parametrize(
    ("fade", "expected"),
    [(0.0, [[1.0, 3.0], [5.0, 7.0]]), (1.0, [[4.0, 4.0], [4.0, 4.0]]), (0.5, [[2.5, 3.5], [4.5, 5.5]])],
)
def test_fade_reals(fade, expected):
    image = torch.tensor([[[[1.0, 3.0], [5.0, 7.0]]]])
    assert fade_reals(image, torch.tensor(fade)).tolist() == [[expected]]


@pytest.mark.parametrize(("images", "fade"), [(0, 1.0), (10, 0.75), (20, 0.5), (40, 0.0), (41, 0.0), (100, 0.0)])
def test_fade_falls_from_one_to_zero(images, fade):
    assert Stage(4, images=100, fade_images=40).fade(images) == fade


def test_without_a_fade_the_new_level_is_there_at_once():
    assert Stage(4, images=100).fade(0) == 0.0


def test_clock_moves_on_when_a_stage_is_over():
    clock = StageClock((Stage(8, images=20, resolution=4), Stage(8, images=16, fade_images=16), Stage(8)), 8)
    assert (clock.resolution, clock.index) == (4, 0)
    assert not clock.advance(16)
    assert clock.advance(24)
    assert (clock.resolution, clock.index, clock.start_images) == (8, 1, 24)
    # The fade counts from where the stage really began.
    assert [clock.fade(images) for images in (24, 32, 40)] == [1.0, 0.5, 0.0]
    assert clock.advance(40)
    assert not clock.advance(10**9)
    assert clock.index == 2

    again = StageClock(clock.stages, 8)
    again.restore(clock.state())
    assert (again.index, again.start_images, again.resolution) == (2, 40, 8)


def test_the_last_stage_is_never_over():
    clock = StageClock((Stage(8, images=16),), 8)
    assert not clock.advance(10**6)


@pytest.mark.parametrize(("resolution", "data"), [(5, 8), (8, 24), (16, 8), (4, 12)])
def test_a_level_that_does_not_divide_by_a_power_of_two_is_refused(resolution, data):
    with pytest.raises(ConfigError, match=f"{resolution} pixels does not fit data of {data}"):
        StageClock((Stage(8, resolution=resolution),), data)


@pytest.mark.parametrize(("resolution", "data"), [(8, 8), (3, 24), (7, 28), (1, 4)])
def test_a_level_that_divides_is_taken(resolution, data):
    assert StageClock((Stage(8, resolution=resolution),), data).resolution == resolution


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"batch_size": 0}, r"batch_size \(=0\) must be at least 1"),
        ({"batch_size": 1, "images": 10, "fade_images": 11}, r"fade_images \(=11\) must lie between 0 and its images"),
        ({"batch_size": 1, "images": 10, "fade_images": -1}, r"fade_images \(=-1\)"),
        ({"batch_size": 1, "fade_images": -1}, r"fade_images \(=-1\)"),
        ({"batch_size": 1, "images": -5}, r"images \(=-5\)"),
        ({"batch_size": 1, "resolution": 0}, r"resolution \(=0\)"),
        ({"batch_size": 6, "micro_batches": 4}, r"micro_batches \(=4\) must divide its batch_size \(=6\)"),
    ],
)
def test_a_stage_that_cannot_be_is_refused(arguments, message):
    with pytest.raises(ConfigError, match=message):
        Stage(**arguments)
