"""The discriminator of patches: its receptive field by gradients, and its size."""

import pytest
import torch
from torch import nn

from ganzoo.layers import patch_encoder, receptive_field


@pytest.mark.parametrize(("halvings", "field"), [(1, 16), (2, 34), (3, 70), (4, 142), (5, 286)])
def test_a_score_sees_a_patch_and_nothing_else(halvings, field):
    """Of the middle score the gradient is a square of so many pixels."""
    assert receptive_field(halvings) == field
    layers = patch_encoder(1, 2, halvings, norm=None)
    images = torch.zeros(1, 1, 2 * field, 2 * field, requires_grad=True)
    with torch.no_grad():
        for parameter in layers.parameters():
            parameter.fill_(0.1)  # all positive, so that nothing cancels
    scores = layers(images)
    middle = scores.shape[2] // 2
    scores[0, 0, middle, middle].backward()
    seen = images.grad[0, 0].nonzero()
    assert (seen.amax(0) - seen.amin(0) + 1).tolist() == [field, field]
    assert len(seen) == field**2


@pytest.mark.parametrize("halvings", [1, 2, 3])
@pytest.mark.parametrize("norm", [nn.BatchNorm2d, None])
def test_the_map_of_scores(halvings, norm):
    layers = patch_encoder(3, 2, halvings, norm=norm)
    assert layers(torch.zeros(2, 3, 64, 96)).shape == (2, 1, 64 // 2**halvings - 2, 96 // 2**halvings - 2)
    assert layers(torch.zeros(2, 3, *[3 * 2**halvings] * 2)).shape == (2, 1, 1, 1)


def test_the_papers_layers():
    """C64-C128-C256-C512, then one map: 30 x 30 scores of 256 pixels (arXiv:1611.07004, section 6.1.2)."""
    layers = patch_encoder(6, 64, 3)
    made = [(layer.out_channels, layer.stride[0]) for layer in layers if isinstance(layer, nn.Conv2d)]
    assert made == [(64, 2), (128, 2), (256, 2), (512, 1), (1, 1)]
    assert [type(layer).__name__ for layer in layers[:4]] == ["Conv2d", "LeakyReLU", "Conv2d", "BatchNorm2d"]
    assert layers(torch.zeros(1, 6, 256, 256)).shape == (1, 1, 30, 30)
    weights = 16 * (6 * 64 + 64 * 128 + 128 * 256 + 256 * 512 + 512 * 1)
    biases, norms = 64 + 1, 2 * (128 + 256 + 512)
    assert sum(p.numel() for p in layers.parameters()) == weights + biases + norms == 2_768_705
