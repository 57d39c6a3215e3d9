"""What works with latents treats each part as it is distributed."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from latents.mapped import PARTS, coded

from ganzoo import Categorical, ConfigError, Latent
from ganzoo.models.space import project
from ganzoo.sampling import latents


def test_truncation_cuts_continuous_parts_alone():
    drawn = PARTS.draw(500, 0)
    cut = latents.truncate(drawn, PARTS, 0.5)
    whole = Latent((4,))
    assert (cut[:, :4] == latents.truncate(drawn[:, :4], whole, 0.5)).all()
    assert (cut[:, 4:7] == drawn[:, 4:7]).all()
    assert (cut[:, 7:] == drawn[:, 7:] / 2).all()
    # A threshold of normal parts may be larger than 1, and is no share of uniform ones.
    wide = latents.truncate(drawn, PARTS, 1.5)
    assert (wide[:, 7:] == drawn[:, 7:]).all()
    assert 1.2 < abs(wide[:, :4]).max() <= 1.5


def test_a_walk_goes_round_where_latents_are_normal_and_straight_elsewhere():
    keys = PARTS.draw(3, 3)
    walk = latents.walk(keys, PARTS, 4)
    assert walk.shape == (9, 9)
    assert (walk[::4] == keys).all()
    assert (walk[:, :4] == latents.interpolate(keys[:, :4], 4, spherical=True)).all()
    assert (walk[:, 4:] == latents.interpolate(keys[:, 4:], 4, spherical=False)).all()
    np.testing.assert_allclose(walk[:, 4:7].sum(1), 1)
    straight = latents.walk(keys, PARTS, 4, spherical=False)
    assert (straight == latents.interpolate(keys, 4, spherical=False)).all()
    assert (latents.walk(keys, PARTS, 4, spherical=True)[:, 4:7] == walk[:, 4:7]).all()


def test_arithmetic_ends_in_one_choice():
    model = coded()
    found = model.arithmetic([[1, 2, 3], [4, 5, 6]], [[7, 8, 9]])
    sums = latents.combine(
        [latents.of_seeds(PARTS, [1, 2, 3]), latents.of_seeds(PARTS, [4, 5, 6])], [latents.of_seeds(PARTS, [7, 8, 9])]
    )
    code = found.latents[0, 4:7]
    assert sorted(code) == [0, 0, 1]
    assert code.argmax() == sums[4:7].argmax()
    rest = [0, 1, 2, 3, 7, 8]
    assert (found.latents[0, rest] == sums[rest]).all()
    around = found.space.around(found.latents[0], 8, 0, 0.25)
    assert (around[:, 4:7] == code).all()
    assert (around[:, rest] != found.latents[0, rest]).all()
    chosen = model.arithmetic([[1, 2, 3]], [[7, 8, 9]], set={"kind": 1})
    assert (chosen.latents[0, 4:7] == [0, 1, 0]).all()
    found.picture()


def test_the_search_leaves_choices_and_what_is_set():
    model = coded()
    images = model.sample(2, seed=5, set={"kind": 1, "style.0": 0.5})
    found = model.nearest(images, set={"kind": 1, "style.0": 0.5}, steps=40)
    assert (found.latents[:, 4:7] == [0, 1, 0]).all()
    assert (found.latents[:, 7] == 0.5).all()
    free = model.nearest(images, steps=40, starts=4)
    assert (np.sort(free.latents[:, 4:7], axis=1) == [0, 0, 1]).all()
    assert (free.errors < 0.02).all()


def test_a_search_stays_where_draws_are():
    far = torch.full((2, 9), 50.0)
    far[:, 4:7] = torch.eye(3)[:2]
    project(far, PARTS)
    torch.testing.assert_close(far[:, :4].norm(dim=1), torch.full((2,), 4.0))
    assert torch.equal(far[:, 4:7], torch.eye(3)[:2])
    assert (far[:, 7:] == 1.0).all()


def test_an_interpolation_keeps_what_is_set():
    walk = coded().interpolate([1, 2], steps=2, set={"kind": 2})
    assert (walk.latents[:, 4:7] == [0, 0, 1]).all()
    assert torch.equal(walk.samples, coded().generate(walk.latents))


def test_codes_alone_have_nothing_to_truncate_but_may_be_walked():
    codes = Latent.parts(kind=Categorical(4))
    drawn = codes.draw(3, 0)
    assert (latents.truncate(drawn, codes, 0.5) == drawn).all()
    assert latents.walk(drawn, codes, 2).shape == (5, 4)
    with pytest.raises(ConfigError, match="at most 1"):
        latents.truncate(Latent((2,), "uniform").draw(3, 0), Latent((2,), "uniform"), 1.5)
