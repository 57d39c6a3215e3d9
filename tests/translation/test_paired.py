"""Paired figures against loops that anybody could write, and an encoder that takes the class."""

import numpy as np
import pytest
import torch
from conformance.broken import VARIANT

from ganzoo import ConfigError
from ganzoo.metrics.paired import psnr, ssim
from ganzoo.models.model import Model
from ganzoo.testing.forms import forms_of


def slow_ssim(one, other):
    """Wang et al. 2004, window by window."""
    at = np.arange(11) - 5
    window = np.exp(-(at[:, None] ** 2 + at**2) / (2 * 1.5**2))
    window /= window.sum()
    found = []
    for x, y in zip(one, other, strict=True):
        for top in range(x.shape[0] - 10):
            for left in range(x.shape[1] - 10):
                a, b = (image[top : top + 11, left : left + 11] for image in (x, y))
                mean_a, mean_b = (window * a).sum(), (window * b).sum()
                variance = (window * (a - mean_a) ** 2).sum() + (window * (b - mean_b) ** 2).sum()
                covariance = (window * (a - mean_a) * (b - mean_b)).sum()
                above = (2 * mean_a * mean_b + 0.0001) * (2 * covariance + 0.0009)
                found.append(above / ((mean_a**2 + mean_b**2 + 0.0001) * (variance + 0.0009)))
    return np.mean(found)


def test_ssim_is_that_of_loops():
    one, other = np.random.RandomState(0).rand(2, 2, 3, 13, 14)
    found = ssim(torch.from_numpy(one), torch.from_numpy(other)).tolist()
    assert found == pytest.approx([slow_ssim(*pair) for pair in zip(one, other, strict=True)], abs=1e-9)
    assert ssim(torch.from_numpy(one), torch.from_numpy(one)).tolist() == pytest.approx([1.0, 1.0])


def test_psnr_by_hand():
    black, gray = torch.zeros(1, 1, 2, 2), torch.full((1, 1, 2, 2), 0.1)
    assert psnr(gray, black).item() == pytest.approx(20.0, abs=1e-4)
    assert psnr(black, black).item() == pytest.approx(100.0)


def test_a_conditional_model_encodes_an_image_with_its_class():
    form = next(form for form in forms_of(VARIANT) if form.plan.config.fault == "none")
    game = form.build()
    model = Model("mine", "broken", game.generator.eval(), form.data, True, 0, game.ema)
    images = torch.zeros(2, *form.data.shape)
    name = form.data.class_names[1]
    assert torch.equal(model.encode(images, name), model.encode(images, [1, 1]))
    assert model.reconstruct(images, 1).shape == images.shape
    with pytest.raises(ConfigError, match="mine encodes an image with its class: give --label, such as --label"):
        model.encode(images)
