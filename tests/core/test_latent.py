"""What a generator draws from: whole latents, and latents of named parts."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ganzoo import Categorical, Latent, Normal, Uniform
from ganzoo.core.sampling_option import SamplingOption
from ganzoo.errors import ConfigError

PARTS = Latent.parts(z=Normal(62), digit=Categorical(10), style=Uniform(2, -2.0, 1.0))


def test_parts_lie_side_by_side() -> None:
    assert PARTS.shape == (74,)
    assert [(name, columns.start, columns.stop) for name, _, columns in PARTS.pieces()] == [
        ("z", 0, 62),
        ("digit", 62, 72),
        ("style", 72, 74),
    ]


@pytest.mark.parametrize("source", ["torch", "numpy"])
def test_each_part_has_its_distribution(source: str) -> None:
    torch.manual_seed(0)
    drawn = PARTS.sample(4000) if source == "torch" else PARTS.draw(4000, 3)
    assert drawn.dtype in (torch.float32, np.float32)
    parts = {name: np.asarray(part) for name, part in PARTS.split(drawn).items()}
    assert {name: part.shape for name, part in parts.items()} == {
        "z": (4000, 62),
        "digit": (4000, 10),
        "style": (4000, 2),
    }
    assert abs(parts["z"].mean()) < 0.02
    assert abs(parts["z"].std() - 1) < 0.02
    assert set(np.unique(parts["digit"])) == {0.0, 1.0}
    assert (parts["digit"].sum(1) == 1).all()
    # Of 4000, a tenth each, give or take four standard deviations.
    assert (abs(parts["digit"].sum(0) - 400) < 4 * (4000 * 0.1 * 0.9) ** 0.5).all()
    assert parts["style"].min() >= -2
    assert parts["style"].max() <= 1
    assert abs(parts["style"].mean() + 0.5) < 0.05


def test_a_longer_draw_begins_with_the_shorter_one() -> None:
    assert (PARTS.draw(50, 7)[:9] == PARTS.draw(9, 7)).all()
    assert not (PARTS.draw(9, 8) == PARTS.draw(9, 7)).all()


def test_the_parts_of_a_draw_do_not_depend_on_each_other() -> None:
    other = Latent.parts(z=Normal(5), digit=Categorical(10), style=Uniform(2, -2.0, 1.0))
    assert (other.split(other.draw(20, 1))["digit"] == PARTS.split(PARTS.draw(20, 1))["digit"]).all()


def test_draws_of_a_seed_stay_what_they_are() -> None:
    """Written down once: what a seed gives is part of what a published model is."""
    drawn = Latent.parts(z=Normal(2), digit=Categorical(10), style=Uniform(1)).draw(3, 5)
    assert drawn[:, 2:12].argmax(1).tolist() == [3, 5, 5]
    np.testing.assert_allclose(
        drawn[:, [0, 1, 12]],
        [
            [-0.947450697, 0.112971969, 0.483260810],
            [-0.502665698, 1.266809702, 0.438703418],
            [-0.716224611, -0.641021907, 0.135910988],
        ],
        rtol=1e-6,
    )


def test_a_whole_latent_is_drawn_as_ever() -> None:
    random = np.random.RandomState(4)
    assert (Latent((3, 4)).draw(2, 4) == random.standard_normal((2, 3, 4)).astype(np.float32)).all()
    torch.manual_seed(1)
    drawn = Latent((5,), "uniform", 0.0, 2.0).sample(7)
    torch.manual_seed(1)
    assert torch.equal(drawn, torch.empty(7, 5).uniform_(0.0, 2.0))


def test_a_generator_without_noise_has_empty_latents() -> None:
    assert Latent((0,)).sample(3).shape == (3, 0)
    assert Latent((0,)).draw(3, 0).shape == (3, 0)
    assert Latent((0,)).split(torch.empty(3, 0)) == {}


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: Normal(0), "at least 1"),
        (lambda: Categorical(1), "at least 2"),
        (lambda: Uniform(2, 1.0, 0.5), "no range"),
        (lambda: Latent.parts(Z=Normal(2)), "'Z' needs a name"),
        (lambda: Latent((3,), "parts", named=(("z", Normal(2)),)), "sum of their sizes"),
        (lambda: Latent((3,), "parts"), "nowhere else"),
        (lambda: SamplingOption(3.0, 0.0, 2.0), "between 0 and 2"),
    ],
)
def test_what_is_no_latent_is_refused(build: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        build()  # type: ignore[operator]


def test_an_option_takes_text_and_refuses_the_rest() -> None:
    psi, noise = SamplingOption(1.0, 0.0, 2.0), SamplingOption("stored", choices=("stored", "random"))
    assert psi.check("psi", "0.5") == 0.5
    assert noise.check("noise", "random") == "random"
    for option, value in ((psi, "2.5"), (psi, "much"), (psi, "nan"), (psi, True), (psi, None), (noise, "loud")):
        with pytest.raises(ConfigError, match=rf"it \(={value}\) must be"):
            option.check("it", value)
