"""Models that map latents to w: walks, sums and searches are in w."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from latents.mapped import coded, mapped

from ganzoo import ConfigError
from ganzoo.sampling import latents


def w_of(model, seeds, label=None):
    drawn = torch.from_numpy(latents.of_seeds(model.generator.latent, seeds))
    return model.generator.map(drawn, None if label is None else torch.full((len(seeds),), label)).numpy()


def test_a_walk_is_a_straight_line_of_w():
    model = mapped()
    walk = model.interpolate([1, 2], steps=4)
    ends = w_of(model, [1, 2])
    np.testing.assert_allclose(walk.latents, np.linspace(ends[0], ends[1], 5), atol=1e-6)
    made = model.generator.synthesize(torch.from_numpy(walk.latents))
    assert torch.equal(walk.samples, made)
    walk.picture()
    assert model.interpolate([1, 2], steps=4, space="z").latents.shape == (5, 5)


def test_psi_moves_the_keys_once():
    model = mapped()
    walk = model.interpolate([1, 2], steps=1, set={"psi": 0.5, "noise": "fixed"})
    average = model.generator.w_average.numpy()
    np.testing.assert_allclose(walk.latents, 0.5 * (w_of(model, [1, 2]) + average), atol=1e-6)
    expected = [
        model.generate(latents.of_seeds(model.generator.latent, [s]), set={"psi": 0.5})[0] + 0.125 for s in (1, 2)
    ]
    torch.testing.assert_close(torch.Tensor(walk.samples), torch.stack(expected))


def test_each_class_has_its_own_w():
    model = mapped(labeled=True)
    walk = model.interpolate([1, 2], steps=2, every_class=True)
    for label in range(3):
        ends = w_of(model, [1, 2], label)
        np.testing.assert_allclose(walk.class_keys[label], ends, atol=1e-6)
    assert walk.samples.labels.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    walk.picture()


def test_sums_are_of_w():
    model = mapped()
    found = model.arithmetic([[1, 2, 3], [4, 5, 6]], [[7, 8, 9]])
    means = [w_of(model, seeds).mean(0) for seeds in ([1, 2, 3], [7, 8, 9], [4, 5, 6])]
    np.testing.assert_allclose(found.latents[0], means[0] - means[1] + means[2], atol=1e-5)
    torch.testing.assert_close(found.samples[4:5], torch.Tensor(model.synthesize(found.latents)))
    assert model.synthesize(found.latents).labels is None
    found.picture()


def test_a_search_in_w_finds_what_w_made():
    model = mapped(labeled=True)
    images = model.sample(2, seed=9)
    found = model.nearest(images, steps=150, starts=4)
    assert found.latents.shape == (2, 6)
    assert (found.errors < 1e-4).all()
    torch.testing.assert_close(torch.Tensor(model.synthesize(found.latents)), torch.Tensor(found.samples))
    assert model.nearest(images, steps=2, starts=2, space="z").latents.shape == (2, 5)


def test_w_is_kept_in_files_of_its_own(tmp_path):
    model = mapped()
    w = w_of(model, [1, 2])
    latents.save(tmp_path / "w.npz", w, space="w")
    latents.save(tmp_path / "z.npz", model.generator.latent.draw(2, 0))
    assert (latents.space_kept(tmp_path / "w.npz"), latents.space_kept(tmp_path / "z.npz")) == ("w", "z")
    assert latents.space_kept(tmp_path / "none.npz") == "z"
    assert (latents.read(tmp_path / "w.npz", model.generator.latent, w_shape=(6,))[0] == w).all()


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda: coded().interpolate([1, 2], space="w"), "maps its latents to no w: leave --in out"),
        (lambda: coded().synthesize(np.zeros((1, 6), "f4")), "maps its latents to no w"),
        (lambda: mapped().interpolate([1, 2], space="v"), "must be z"),
        (lambda: mapped().synthesize(np.zeros((1, 5), "f4")), r"takes w of shape \(N, 6\), not \(1, 5\)"),
        (lambda: mapped().synthesize(np.zeros((1, 6), "f4"), set={"psi": 0.5}), "do not set them"),
    ],
)
def test_what_has_no_w_or_another_is_a_sentence(act, words):
    with pytest.raises(ConfigError, match=words):
        act()
