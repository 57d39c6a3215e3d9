"""Networks and objective of R3GAN (arXiv:2501.05441): config E of section 4, the loss of section 2."""

from __future__ import annotations

from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from ganzoo import Adam, CosineDecay, DataSpec, Discriminator, Game, Generator, Latent, Optimizers
from ganzoo.objectives import R1, R2, AdversarialObjective, Relativistic
from ganzoo_r3gan.config import R3GANConfig, levels

SLOPE = 0.2
"""Of the leaky ReLU."""


class ResidualBlock(nn.Module):
    """x + W3 a(W2 a(W1 x)): 1 x 1 outwards, grouped 3 x 3, 1 x 1 back; no norm, and no bias in the last.

    Fix-up initialization (arXiv:1901.09321) keeps a deep network without norms stable: W3 starts at 0, so that the
    block starts as the identity, and W1 and W2 are scaled by L^(-1/4) for a network of L blocks.
    """

    def __init__(self, maps: int, config: R3GANConfig, depth: int) -> None:
        super().__init__()
        inner = maps * config.expansion
        self.outwards = nn.Conv2d(maps, inner, 1)
        self.grouped = nn.Conv2d(inner, inner, 3, 1, 1, groups=inner // config.group_size)
        self.back = nn.Conv2d(inner, maps, 1, bias=False)
        with torch.no_grad():
            for layer in (self.outwards, self.grouped):
                nn.init.kaiming_normal_(layer.weight, SLOPE).mul_(depth**-0.25)
                layer.get_parameter("bias").zero_()
            self.back.weight.zero_()

    def forward(self, maps: Tensor) -> Tensor:
        """`(N, maps, side, side)` -> the same shape."""
        inner = leaky_relu(self.outwards(maps), SLOPE)
        inner = leaky_relu(self.grouped(inner), SLOPE)
        return maps + cast(Tensor, self.back(inner))


class Doubling(nn.Module):
    """Bilinear interpolation to twice the size.

    Written out, because the gradient of torch's own has no deterministic kernel on CUDA.
    """

    def forward(self, maps: Tensor) -> Tensor:
        """`(N, maps, side, side)` -> `(N, maps, 2 side, 2 side)`."""
        return _doubled(_doubled(maps, 2), 3)


def _doubled(maps: Tensor, axis: int) -> Tensor:
    """Each value becomes two, a quarter of the way to the neighbor on either side; the border has itself."""
    side = maps.shape[axis]
    before = torch.cat([maps.narrow(axis, 0, 1), maps.narrow(axis, 0, side - 1)], axis)
    after = torch.cat([maps.narrow(axis, 1, side - 1), maps.narrow(axis, side - 1, 1)], axis)
    return torch.stack([torch.lerp(maps, before, 0.25), torch.lerp(maps, after, 0.25)], axis + 1).flatten(
        axis, axis + 1
    )


class R3GANGenerator(Generator):
    """A learned 4 x 4 basis weighted by z, residual blocks at each level, a 1 x 1 convolution to the image."""

    def __init__(self, config: R3GANConfig, data: DataSpec) -> None:
        super().__init__()
        self.latent = Latent((config.latent_dim,))
        sides, maps = levels(data.resolution), config.feature_maps(data.resolution)
        depth = config.blocks * len(sides)
        self.basis = nn.Parameter(torch.randn(maps[0], sides[0], sides[0]))
        self.weights = _linear(nn.Linear(config.latent_dim, maps[0], bias=False))
        layers: list[nn.Module] = [ResidualBlock(maps[0], config, depth) for _ in range(config.blocks)]
        for coarse, fine in pairwise(maps):
            # Fewer maps first: interpolating commutes with a 1 x 1 convolution, and has less to do.
            layers += [*_transition(coarse, fine), Doubling()]
            layers += [ResidualBlock(fine, config, depth) for _ in range(config.blocks)]
        self.layers = nn.Sequential(*layers, _linear(nn.Conv2d(maps[-1], data.channels, 1)))

    def forward(self, latents: Tensor, condition: Tensor | None = None) -> Tensor:
        """`(N, latent_dim)` -> `(N, channels, resolution, resolution)`, linear: nothing holds it in [-1, 1]."""
        maps = self.basis * self.weights(latents)[:, :, None, None]
        images: Tensor = self.layers(maps)
        return images


class R3GANDiscriminator(Discriminator):
    """The generator's mirror: blocks, then halving, at each level; a global depthwise convolution, a linear score."""

    def __init__(self, config: R3GANConfig, data: DataSpec) -> None:
        super().__init__()
        sides, maps = levels(data.resolution), config.feature_maps(data.resolution)[::-1]
        depth = config.blocks * len(sides)
        layers: list[nn.Module] = [_linear(nn.Conv2d(data.channels, maps[0], 1))]
        layers += [ResidualBlock(maps[0], config, depth) for _ in range(config.blocks)]
        for fine, coarse in pairwise(maps):
            # At half the size, bilinear interpolation is the mean of four pixels.
            layers += [nn.AvgPool2d(2), *_transition(fine, coarse)]
            layers += [ResidualBlock(coarse, config, depth) for _ in range(config.blocks)]
        head = _linear(nn.Conv2d(maps[-1], maps[-1], sides[0], groups=maps[-1], bias=False))
        self.layers = nn.Sequential(*layers, head, nn.Flatten(), _linear(nn.Linear(maps[-1], 1, bias=False)))

    def forward(self, samples: Tensor, condition: Tensor | None = None) -> Tensor:
        """`(N, channels, resolution, resolution)` -> raw scores `(N,)`."""
        scores: Tensor = self.layers(self.augment(samples)).squeeze(1)
        return scores


def _transition(inputs: int, outputs: int) -> list[nn.Module]:
    """The 1 x 1 convolution of a transition layer, where the number of feature maps changes."""
    return [] if inputs == outputs else [_linear(nn.Conv2d(inputs, outputs, 1, bias=False))]


def _linear(layer: nn.Module) -> nn.Module:
    """Weights that keep the variance of what goes in; for layers that no activation follows."""
    nn.init.kaiming_normal_(layer.get_parameter("weight"), nonlinearity="linear")
    return layer


def build(config: R3GANConfig, data: DataSpec) -> Game:
    """Networks for `data`, the relativistic loss with both penalties, and a learning rate that falls."""
    adam = Adam(config.lr, (0.0, config.beta2), schedule=CosineDecay(config.images, config.final_lr))
    return Game(
        generator=R3GANGenerator(config, data),
        discriminator=R3GANDiscriminator(config, data),
        objective=AdversarialObjective(Relativistic(), R1(config.gamma), R2(config.gamma)),
        optimizers=Optimizers.both(adam),
    )
