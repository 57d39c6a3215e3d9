"""Fully connected stacks: what stands where, and which layers have a bias."""

import pytest
import torch
from torch import nn

from ganzoo import DataSpec, plugins
from ganzoo.layers import fully_connected


def kinds(layers):
    return [type(layer) for layer in layers]


def test_hidden_layers_have_an_activation_and_the_last_has_none():
    layers = fully_connected((5, 4, 3, 2), nn.ELU)
    assert kinds(layers) == [nn.Linear, nn.ELU, nn.Linear, nn.ELU, nn.Linear]
    assert [tuple(layer.weight.shape) for layer in layers[::2]] == [(4, 5), (3, 4), (2, 3)]
    assert all(layer.bias is not None for layer in layers[::2])
    vectors = torch.randn(6, 5)
    first, second, last = layers[::2]
    by_hand = last(nn.functional.elu(second(nn.functional.elu(first(vectors)))))
    torch.testing.assert_close(layers(vectors), by_hand)


def test_a_norm_stands_before_the_activation_and_makes_a_bias_useless():
    layers = fully_connected((5, 4, 2), nn.ReLU, norm=nn.BatchNorm1d, bias=False)
    assert kinds(layers) == [nn.Linear, nn.BatchNorm1d, nn.ReLU, nn.Linear]
    assert layers[1].num_features == 4
    assert layers[0].bias is None
    assert layers[3].bias is not None


def test_two_widths_are_one_linear_layer():
    assert kinds(fully_connected((5, 2), nn.ReLU, norm=nn.BatchNorm1d, bias=False)) == [nn.Linear]


@pytest.mark.parametrize("variant", ["vanilla", "fgan"])
@pytest.mark.parametrize(("data", "bounded"), [(DataSpec("images", (1, 8, 8), 9), True), (None, False)])
def test_only_images_are_bounded(variant, data, bounded):
    """Vectors have no range that a network could keep them in."""
    found = plugins.registry().find(variant)
    data = data or DataSpec("ring", (2,), 9, kind="vector")
    generator = found.build(found.load_config().resolve("toy", {}), data).generator
    for parameter in generator.parameters():
        parameter.data.mul_(100.0)
    assert generator.bounded is bounded
    samples = generator(generator.latent.sample(8)).detach()
    assert bool(samples.abs().max() <= 1.0) is bounded
