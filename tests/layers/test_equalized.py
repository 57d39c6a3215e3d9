"""Equalized layers, pixelwise norm and minibatch standard deviation, against values worked out by hand."""

import math

import pytest
import torch
from torch.nn import functional

from ganzoo import ConfigError
from ganzoo.layers import EqualizedConv2d, EqualizedLinear, MinibatchStddev, pixelwise_norm


def test_weights_are_stored_as_standard_normals_and_biases_as_zeros():
    torch.manual_seed(0)
    for layer in (EqualizedConv2d(64, 128, 3), EqualizedLinear(256, 256)):
        assert float(layer.weight.detach().std()) == pytest.approx(1.0, abs=0.01)
        assert float(layer.weight.detach().mean()) == pytest.approx(0.0, abs=0.01)
        assert not layer.bias.any()


@pytest.mark.parametrize(("gain", "scale"), [(math.sqrt(2), 1 / math.sqrt(18)), (1.0, 1 / 6)])
def test_the_scale_of_a_convolution_is_gain_over_root_fan_in(gain, scale):
    layer = EqualizedConv2d(4, 2, 3, gain=gain)  # fan_in 4 * 9 = 36
    assert layer.scale == pytest.approx(scale)
    layer.bias.data[:] = torch.tensor([5.0, -7.0])
    maps = torch.randn(2, 4, 6, 5)
    padded = functional.pad(maps, (1, 1, 1, 1))
    by_hand = functional.conv2d(padded, layer.weight) * scale + torch.tensor([5.0, -7.0])[:, None, None]
    torch.testing.assert_close(layer(maps), by_hand, rtol=1e-4, atol=1e-5)


def test_the_scale_of_a_dense_layer_and_its_bias_unscaled():
    layer = EqualizedLinear(8, 1, gain=2.0)
    layer.weight.data.fill_(1.0)
    layer.bias.data.fill_(3.0)
    assert layer(torch.ones(1, 8)).item() == pytest.approx(8 * 2 / math.sqrt(8) + 3)
    assert EqualizedLinear(8, 1, bias=False).bias is None


@pytest.mark.parametrize("layer", [EqualizedConv2d(32, 48, 3), EqualizedLinear(288, 48)])
def test_the_variance_of_what_comes_out_is_the_square_of_the_gain(layer):
    torch.manual_seed(0)
    shape = (64, 32, 16, 16) if isinstance(layer, EqualizedConv2d) else (4096, 288)
    out = layer(torch.randn(shape))
    inner = out[:, :, 1:-1, 1:-1] if out.ndim == 4 else out
    assert float(inner.detach().var()) == pytest.approx(2.0, rel=0.1)


def test_the_scale_is_applied_at_run_time():
    """Adam moves every stored weight by the learning rate, whatever the fan-in: that is what equalizes."""
    for inputs in (1, 64):
        layer = EqualizedConv2d(inputs, 2, 3)
        before = layer.weight.detach().clone()
        adam = torch.optim.Adam(layer.parameters(), lr=0.01, betas=(0.0, 0.99))
        layer(torch.randn(2, inputs, 4, 4)).square().sum().backward()
        adam.step()
        torch.testing.assert_close((layer.weight - before).abs(), torch.full_like(before, 0.01), rtol=1e-3, atol=1e-5)


def test_pixelwise_norm_by_hand():
    maps = torch.tensor([[3.0, 0.0], [4.0, 0.0]]).reshape(1, 2, 1, 2)
    # The mean square over the maps is (9 + 16) / 2 at the first pixel, and 0 at the second: epsilon keeps it finite.
    expected = torch.tensor([[3 / math.sqrt(12.5), 0.0], [4 / math.sqrt(12.5), 0.0]]).reshape(1, 2, 1, 2)
    torch.testing.assert_close(pixelwise_norm(maps), expected)
    vectors = pixelwise_norm(torch.randn(5, 512))
    torch.testing.assert_close(vectors.square().mean(1), torch.ones(5))


def test_minibatch_stddev_has_strided_groups():
    """Of 8 samples, 0, 2, 4, 6 are one group, and 1, 3, 5, 7 the other."""
    maps = torch.zeros(8, 1, 2, 2)
    maps[0::2] = torch.tensor([0.0, 0.0, 6.0, 6.0]).reshape(4, 1, 1, 1)  # deviation 3, biased
    maps[1::2] = 5.0  # all alike
    out = MinibatchStddev(4)(maps)
    assert out.shape == (8, 2, 2, 2)
    assert torch.equal(out[:, :1], maps)
    torch.testing.assert_close(out[0::2, 1], torch.full((4, 2, 2), 3.0))
    torch.testing.assert_close(out[1::2, 1], torch.full((4, 2, 2), 1e-4))  # the root of epsilon


def test_minibatch_stddev_averages_over_maps_and_pixels():
    maps = torch.zeros(2, 2, 1, 2)
    maps[1] = torch.tensor([[[2.0, 4.0]], [[0.0, 10.0]]])  # deviations 1, 2, 0, 5
    out = MinibatchStddev(4)(maps)
    torch.testing.assert_close(out[:, 2], torch.full((2, 1, 2), (1 + 2 + 1e-4 + 5) / 4))


@pytest.mark.parametrize(("count", "size"), [(1, 1), (2, 2), (3, 3), (4, 4), (12, 4)])
def test_groups_are_the_whole_of_a_small_batch(count, size):
    torch.manual_seed(0)
    maps = torch.randn(count, 3, 4, 4)
    new = MinibatchStddev(4)(maps)[:, 3]
    for index in range(count):
        group = [maps[other] for other in range(count) if other % (count // size) == index % (count // size)]
        expected = (torch.stack(group).double().var(0, correction=0) + 1e-8).sqrt().mean()
        torch.testing.assert_close(new[index], torch.full((4, 4), float(expected)), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("count", "allowed"), [(5, "as 4 or 8"), (6, "as 4 or 8"), (30, "as 28 or 32")])
def test_a_batch_that_cannot_be_grouped_is_refused(count, allowed):
    with pytest.raises(ConfigError, match=f"batch of {count} into groups of 4: take a multiple of 4, {allowed}, or"):
        MinibatchStddev(4)(torch.zeros(count, 1, 4, 4))


def test_minibatch_stddev_is_computed_in_32_bits():
    """In bfloat16 the deviation of values this close is rounded away."""
    maps = torch.full((4, 1, 4, 4), 1.0, dtype=torch.bfloat16)
    maps[0] = 1.0078125  # the next number of bfloat16
    new = MinibatchStddev(4)(maps)[:, 1]
    assert new.dtype == torch.bfloat16
    assert float(new[0, 0, 0]) == pytest.approx(0.0078125 * math.sqrt(3) / 4, rel=0.01)


def test_minibatch_stddev_has_finite_gradients_where_samples_are_alike():
    maps = torch.ones(4, 1, 4, 4, requires_grad=True)
    (gradient,) = torch.autograd.grad(MinibatchStddev(4)(maps)[:, 1].sum(), maps, create_graph=True)
    gradient.square().sum().backward()
    assert maps.grad.isfinite().all()
