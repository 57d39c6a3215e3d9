"""The generator's average."""

import pytest
import torch
from torch import nn

from ganzoo import Decay, Generator, HalfLife, Latent
from ganzoo.engine.ema import GeneratorEMA


class Small(Generator):
    def __init__(self):
        super().__init__()
        self.latent = Latent((1,))
        self.weight = nn.Parameter(torch.tensor([1.0, 2.0]))
        self.norm = nn.BatchNorm1d(2)
        self.register_buffer("not_saved", torch.tensor(1.0), persistent=False)

    def forward(self, latents, condition=None):
        return self.norm(latents * self.weight)


@pytest.mark.parametrize(
    # Half of the old average is left after one half-life, a quarter after two; the ramp makes it 5 % of what was shown.
    ("rule", "images", "batch", "decay"),
    [
        (HalfLife(1000), 100_000, 1000, 0.5),
        (HalfLife(1000), 100_000, 2000, 0.25),
        (HalfLife(1000), 100_000, 500, 0.70710678),
        (HalfLife(1000), 10_000, 500, 0.5),
        (HalfLife(1000), 200, 10, 0.5),
        (HalfLife(1000, ramp_up=0), 200, 1000, 0.5),
        (HalfLife(1000, ramp_up=0.5), 200, 200, 0.25),
        (HalfLife(0), 10_000, 10, 0.0),
        (HalfLife(0, ramp_up=0), 10_000, 10, 0.0),
        (Decay(0.999), 5, 77, 0.999),
        (Decay(0.0), 5, 77, 0.0),
    ],
)
def test_decay(rule, images, batch, decay):
    assert rule.decay(images, batch) == pytest.approx(decay)


def test_half_life_does_not_depend_on_the_batch_size():
    rule = HalfLife(1000)
    assert rule.decay(100_000, 100) ** 8 == pytest.approx(rule.decay(100_000, 800))


def test_averages_weights_and_statistics_and_copies_counters():
    generator = Small().train()
    average = GeneratorEMA(generator, Decay(0.75))
    assert not average.generator.training
    with torch.no_grad():
        generator.weight.copy_(torch.tensor([5.0, 10.0]))
        generator.norm.running_mean.fill_(4.0)
        generator.norm.num_batches_tracked.fill_(9)
        generator.not_saved.fill_(3.0)
    average.update(100, 10)
    # 0.75 * old + 0.25 * new.
    assert average.generator.weight.tolist() == [2.0, 4.0]
    assert average.generator.norm.running_mean.tolist() == [1.0, 1.0]
    assert average.generator.norm.running_var.tolist() == [1.0, 1.0]
    assert average.generator.norm.num_batches_tracked.item() == 9
    assert average.generator.not_saved.item() == 1.5
    # The generator itself is left as it was, and nothing is shared.
    assert generator.weight.tolist() == [5.0, 10.0]
    assert generator.training


def test_decay_zero_is_a_copy():
    generator = Small()
    average = GeneratorEMA(generator, HalfLife(0))
    with torch.no_grad():
        generator.weight.mul_(1.1)
    average.update(10, 10)
    assert torch.equal(average.generator.weight, generator.weight)


def test_collects_no_gradients():
    average = GeneratorEMA(Small(), Decay(0.5))
    assert not any(parameter.requires_grad for parameter in average.generator.parameters())
