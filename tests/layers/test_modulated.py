"""Modulated convolutions, the mapping network and the resampling filter, against implementations that are plain."""

import math

import pytest
import torch
from torch.nn import functional

from ganzoo.layers import (
    Blur,
    EqualizedConv2d,
    EqualizedLinear,
    FilteredUpsample,
    MappingNetwork,
    ModulatedConv2d,
    scaled_leaky_relu,
)


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def resampled(maps, taps, up, down, before, after, gain):
    """Insert zeros, pad, convolve with the outer product of the taps, drop pixels: all by loops."""
    count, channels, height, width = maps.shape
    spread = maps.new_zeros(count, channels, height * up, width * up)
    for row in range(height):
        for column in range(width):
            spread[:, :, row * up, column * up] = maps[:, :, row, column]
    total_height, total_width = (side * up + before + after for side in (height, width))
    padded = maps.new_zeros(count, channels, total_height, total_width)
    padded[:, :, before : before + height * up, before : before + width * up] = spread
    size, norm = len(taps), sum(taps) ** 2
    rows, columns = range(0, total_height - size + 1, down), range(0, total_width - size + 1, down)
    out = maps.new_zeros(count, channels, len(rows), len(columns))
    for i, row in enumerate(rows):
        for j, column in enumerate(columns):
            for a in range(size):
                for b in range(size):
                    out[:, :, i, j] += gain * taps[a] * taps[b] / norm * padded[:, :, row + a, column + b]
    return out


TAPS = (1.0, 3.0, 3.0, 1.0)


@pytest.mark.parametrize(("height", "width"), [(6, 4), (5, 7)])
@pytest.mark.parametrize(("padding", "stride", "gain"), [(1, 2, 1.0), (2, 1, 1.0), (1, 1, 4.0)])
def test_blur(height, width, padding, stride, gain):
    maps = torch.randn(2, 3, height, width, dtype=torch.float64)
    blur = Blur(padding, stride=stride, gain=gain).double()
    torch.testing.assert_close(blur(maps), resampled(maps, TAPS, 1, stride, padding, padding, gain))


def test_upsampling_is_zeros_and_the_filter():
    maps = torch.randn(2, 3, 4, 5, dtype=torch.float64)
    made = FilteredUpsample().double()(maps)
    assert made.shape == (2, 3, 8, 10)
    torch.testing.assert_close(made, resampled(maps, TAPS, 2, 1, 2, 1, 4.0))


def test_upsampling_is_bilinear_inside_and_knows_zeros_beyond_the_border():
    maps = torch.randn(1, 2, 5, 5, dtype=torch.float64)
    wanted = functional.interpolate(maps, scale_factor=2, mode="bilinear", align_corners=False)
    made = FilteredUpsample().double()(maps)
    torch.testing.assert_close(made[:, :, 1:-1, 1:-1], wanted[:, :, 1:-1, 1:-1])
    ones = FilteredUpsample()(torch.ones(1, 1, 4, 4))
    # At the border a quarter comes from beyond it, in a corner 7 sixteenths.
    assert ones[0, 0, 0, 3].item() == pytest.approx(3 / 4)
    assert ones[0, 0, 0, 0].item() == pytest.approx(9 / 16)


def test_the_filter_is_saved_exactly_in_sixteen_bits():
    for part in (Blur(), Blur(gain=4.0), FilteredUpsample()):
        assert torch.equal(part.kernel.half().float(), part.kernel)
    assert Blur().kernel[0, 0].tolist()[1] == [3 / 64, 9 / 64, 9 / 64, 3 / 64]


def grouped(layer, maps, w):
    """Weights of each sample's own, by its definition (eq. 1 to 3), and a convolution of one group a sample."""
    styles = functional.linear(w, layer.affine.weight / math.sqrt(w.shape[1]), layer.affine.bias)
    weight = layer.weight / math.sqrt(layer.weight[0].numel()) * styles[:, None, :, None, None]
    if layer.demodulate:
        weight = weight / (weight.square().sum((2, 3, 4), keepdim=True) + 1e-8).sqrt()
    count, outputs, inputs, side, _ = weight.shape
    joined = maps.reshape(1, count * inputs, *maps.shape[2:])
    if layer.blur is None:
        weights = weight.reshape(count * outputs, inputs, side, side)
        made = functional.conv2d(joined, weights, padding=side // 2, groups=count)
    else:
        # Zeros inserted, and a convolution that sees all of them: its kernel is turned around.
        spread = joined.new_zeros(*joined.shape[:2], 2 * maps.shape[2] - 1, 2 * maps.shape[3] - 1)
        spread[:, :, ::2, ::2] = joined
        weights = weight.flip((3, 4)).reshape(count * outputs, inputs, side, side)
        made = functional.conv2d(spread, weights, padding=side - 1, groups=count)
    made = made.reshape(count, outputs, *made.shape[2:])
    return made if layer.blur is None else resampled(made, TAPS, 1, 1, 1, 1, 4.0)


@pytest.mark.parametrize(
    ("kernel", "demodulate", "up"), [(3, True, False), (3, True, True), (3, False, False), (1, False, False)]
)
def test_a_modulated_convolution_is_one_with_weights_of_each_samples_own(kernel, demodulate, up):
    layer = ModulatedConv2d(5, 4, kernel, 7, demodulate=demodulate, up=up).double()
    layer.affine.bias.data.normal_()
    maps, w = torch.randn(3, 5, 6, 4, dtype=torch.float64), torch.randn(3, 7, dtype=torch.float64)
    made, wanted = layer(maps, w), grouped(layer, maps, w)
    assert made.shape == (3, 4, *((12, 8) if up else (6, 4)))
    torch.testing.assert_close(made, wanted)
    parameters = list(layer.parameters())
    given = torch.randn_like(made)
    ours, theirs = (torch.autograd.grad((out * given).sum(), parameters) for out in (made, wanted))
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other)


def test_styles_start_around_one():
    layer = ModulatedConv2d(256, 4, 3, 64)
    styles = layer.affine(torch.randn(512, 64))
    assert styles.mean().item() == pytest.approx(1.0, abs=0.02)
    assert styles.std().item() == pytest.approx(1.0, abs=0.05)


def test_demodulation_makes_variances_one_whatever_the_style():
    layer = ModulatedConv2d(64, 32, 3, 8)
    made = layer(torch.randn(16, 64, 16, 16), 20 * torch.randn(16, 8))
    assert made[:, :, 1:-1, 1:-1].var().item() == pytest.approx(1.0, rel=0.1)


def test_the_activation_keeps_the_mean_square():
    values = torch.randn(100_000)
    # sqrt(2) and slope 0.2: (1 + 0.04) / 2 * 2.
    assert scaled_leaky_relu(values).square().mean().item() == pytest.approx(1.04, rel=0.02)
    torch.testing.assert_close(
        scaled_leaky_relu(torch.tensor([3.0, -5.0])), torch.tensor([3 * math.sqrt(2), -1.0 * math.sqrt(2)])
    )


@pytest.mark.parametrize(("latents", "classes"), [(6, 0), (6, 3), (0, 3)])
def test_the_mapping_network_by_hand(latents, classes):
    network = MappingNetwork(latents, classes, 5, 3).double()
    for layer in network.layers:
        layer.bias.data.normal_()
    z = torch.randn(4, latents, dtype=torch.float64) if latents else None
    labels = torch.tensor([0, 2, 1, 2]) if classes else None
    parts = []
    if z is not None:
        parts.append(z / (z.square().mean(1, keepdim=True) + 1e-8).sqrt())
    if classes:
        embedded = network.embedding.weight.t()[labels] / math.sqrt(classes) + network.embedding.bias
        parts.append(embedded / (embedded.square().mean(1, keepdim=True) + 1e-8).sqrt())
    values = torch.cat(parts, 1)
    for layer in network.layers:
        linear = values @ (0.01 * layer.weight.t()) / math.sqrt(values.shape[1]) + 0.01 * layer.bias
        values = torch.where(linear > 0, linear, 0.2 * linear) * math.sqrt(2)
    torch.testing.assert_close(network(z, labels), values)


def test_layers_with_a_multiplier_learn_a_hundredth_as_fast():
    """Weights are stored a hundred times as large, and used a hundredth: Adam's step counts a hundredth."""
    slow, fast = EqualizedLinear(64, 256, lr_multiplier=0.01), EqualizedLinear(64, 256)
    assert slow.weight.std().item() == pytest.approx(100, rel=0.02)
    assert slow.scale == pytest.approx(0.01 * fast.scale)
    effects = []
    for layer in (slow, fast):
        before = layer(torch.ones(1, 64)).detach()
        adam = torch.optim.Adam(layer.parameters(), lr=0.01, betas=(0.0, 0.99))
        layer(torch.ones(1, 64)).sum().backward()
        adam.step()
        effects.append((layer(torch.ones(1, 64)) - before).abs().mean().item())
    assert effects[0] == pytest.approx(0.01 * effects[1], rel=0.01)


def test_first_biases():
    layer = EqualizedLinear(3, 2, first_bias=1.0, lr_multiplier=0.5)
    assert layer.bias.tolist() == [2.0, 2.0]
    torch.testing.assert_close(layer(torch.zeros(1, 3)), torch.ones(1, 2))


def test_a_convolution_of_stride_two_after_a_blur_halves():
    maps = torch.randn(2, 3, 8, 12, dtype=torch.float64)
    layer = EqualizedConv2d(3, 4, 3, gain=1.0, stride=2, bias=False).double()
    blurred = resampled(maps, TAPS, 1, 1, 2, 2, 1.0)
    wanted = functional.conv2d(blurred, layer.weight / math.sqrt(27))[:, :, ::2, ::2]
    made = layer(Blur(2, stride=1).double()(maps))
    assert made.shape == (2, 4, 4, 6)
    torch.testing.assert_close(made, wanted)
    assert layer.bias is None


def test_all_of_it_can_be_differentiated_twice():
    layer = ModulatedConv2d(3, 2, 3, 4, up=True).double()
    maps, w = torch.randn(2, 3, 3, 2, dtype=torch.float64), torch.randn(2, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradgradcheck(lambda w: layer(maps, w), (w,))
