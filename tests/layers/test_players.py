"""Players that are one stack of layers."""

import pytest
import torch
from torch import nn

from ganzoo import Latent
from ganzoo.layers import SequentialDiscriminator, SequentialGenerator


def test_the_layers_are_applied_and_labels_are_not():
    layers = nn.Sequential(nn.Linear(2, 3), nn.Tanh())
    latents, latent = torch.randn(4, 2), Latent((2,), "uniform")
    generator = SequentialGenerator(latent, layers)
    torch.testing.assert_close(generator(latents, torch.zeros(4, dtype=torch.int64)), layers(latents))
    assert generator.latent is latent


@pytest.mark.parametrize("count", [1, 5])
def test_a_score_for_each_sample(count):
    discriminator = SequentialDiscriminator(nn.Linear(3, 1))
    samples = torch.randn(count, 3)
    scores = discriminator(samples)
    assert scores.shape == (count,)
    torch.testing.assert_close(scores, samples @ discriminator.layers.weight[0] + discriminator.layers.bias)


@pytest.mark.parametrize(
    ("layers", "bounded"),
    [
        (nn.Sequential(nn.Linear(2, 3), nn.Tanh()), True),
        (nn.Sequential(nn.Tanh(), nn.Linear(2, 3)), False),
        (nn.Linear(2, 3), False),
    ],
)
def test_a_tanh_at_the_end_bounds_the_samples(layers, bounded):
    assert SequentialGenerator(Latent((2,)), layers).bounded is bounded
