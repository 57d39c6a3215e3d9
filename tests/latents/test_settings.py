"""`--set`: parts of latents and sampling options, what is allowed, and grids with a row for each value."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from latents.mapped import PARTS, coded, mapped

from ganzoo import ConfigError, Latent
from ganzoo.sampling import settings


def test_a_part_is_set_and_the_others_stay():
    model = coded()
    drawn = PARTS.draw(6, 0)
    made = settings.Settings.of(model, {"kind": "2", "style.1": 0.5}).applied(drawn)
    assert (made[:, 4:7] == [0, 0, 1]).all()
    assert (made[:, 8] == 0.5).all()
    assert (made[:, :4] == drawn[:, :4]).all()
    assert (made[:, 7] == drawn[:, 7]).all()
    assert (drawn[:, 8] != 0.5).all(), "what was given is not changed"
    expected = model.generator(torch.from_numpy(made))
    assert torch.equal(model.sample(6, set={"kind": 2, "style.1": "0.5"}), expected)


def test_several_components_take_one_number_or_one_each():
    model, drawn = coded(), PARTS.draw(2, 0)
    for value, expected in (("1", [1, 1]), ("0.25,-1", [0.25, -1]), ([0.25, -1], [0.25, -1]), (np.float32(2), [2, 2])):
        assert (settings.Settings.of(model, {"style": value}).applied(drawn)[:, 7:] == expected).all()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"kind": 3}, "kind (=3) must be a whole number from 0 to 2"),
        ({"kind": "1.5"}, "kind (=1.5) must be a whole number from 0 to 2"),
        ({"kind": True}, "kind (=True) must be"),
        ({"kind.0": 1}, "there is no kind.0 to set: kind takes a whole number from 0 to 2"),
        ({"style": "0.1,0.2,0.3"}, "style (=0.1,0.2,0.3) must be a number between -2 and 2, or 2 of them with commas"),
        ({"style.0": "2.5"}, "style.0 (=2.5) must be a number between -2 and 2"),
        ({"style.2": "1"}, "its components style.0 to style.1"),
        ({"z": "nan"}, "z (=nan) must be a number between -10 and 10"),
        ({"hue": 1}, "small (mine) has no 'hue' to set: there is z (a number"),
        ({"psi": 0.7}, "small (mine) has no psi, because its generator has no w: --truncation 0.7"),
    ],
)
def test_what_cannot_be_set_is_a_sentence(given, words):
    with pytest.raises(ConfigError) as error:
        coded().sample(1, set=given)
    assert words in str(error.value)


def test_options_reach_the_generator_and_are_bounded():
    model = mapped()
    latents = torch.from_numpy(model.generator.latent.draw(3, 0))
    assert torch.equal(model.sample(3, set={"psi": "0.5"}), model.generator(latents, psi=0.5))
    assert torch.equal(model.sample(3, set={"noise": "fixed"}), model.generator(latents) + 0.125)
    for given, words in (({"psi": 2.5}, "between 0 and 2"), ({"noise": "loud"}, "one of none, fixed")):
        with pytest.raises(ConfigError, match=words):
            model.sample(3, set=given)


def test_truncation_of_a_mapped_model_is_psi():
    model = mapped()
    assert torch.equal(model.sample(3, truncation=0.5), model.sample(3, set={"psi": 0.5}))
    with pytest.raises(ConfigError, match="leave one out"):
        model.sample(3, truncation=0.5, set={"psi": 0.5})
    with pytest.raises(ConfigError, match="between 0 and 2"):
        model.sample(3, truncation=3.0)


def test_rows_have_a_value_each_and_the_same_latents():
    model = coded()
    assert list(settings.rows_of(model, "kind").values()) == [0, 1, 2]
    assert list(settings.rows_of(model, "style.0").values()) == [-1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75, 1]
    assert settings.rows_of(mapped(), "noise") == {"none": "none", "fixed": "fixed"}
    made = model.sample_rows("kind", 4)
    assert made.shape == (12, 1, 8, 8)
    for choice in range(3):
        assert torch.equal(made[4 * choice : 4 * choice + 4], model.sample(4, set={"kind": choice}))
    with pytest.raises(ConfigError, match=r"such as --rows style.0"):
        settings.rows_of(model, "style")


def test_grids_of_a_model_with_codes_have_a_row_for_each():
    made = settings.grid_latents(PARTS, 4, 8)
    assert made.shape == (12, 9)
    assert (made[:, 4:7].argmax(1) == np.repeat([0, 1, 2], 4)).all()
    assert (made[:4, :4] == made[8:, :4]).all()
    assert (made[:4, :4] == PARTS.draw(4, 0)[:, :4]).all()
    plain = Latent((5,))
    assert (settings.grid_latents(plain, 4, 8) == plain.draw(32, 0)).all()


@pytest.mark.parametrize(
    ("texts", "words"),
    [(["digit"], "must be NAME=VALUE"), (["=3"], "must be NAME=VALUE"), (["a=1", "a=2"], "given twice, with 1 and 2")],
)
def test_what_is_no_setting_is_refused(texts, words):
    with pytest.raises(ConfigError, match=words):
        settings.parse(texts)
    assert settings.parse(["a=1", "b=x,y"]) == {"a": "1", "b": "x,y"}
