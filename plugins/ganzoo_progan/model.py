"""Networks of ProGAN (arXiv:1710.10196, appendix A, table 2), and how they grow."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.functional import avg_pool2d

from ganzoo import Adam, DataSpec, Decay, Discriminator, Game, Generator, HalfLife, Latent, Optimizers, Stage
from ganzoo.layers import EqualizedConv2d, EqualizedLinear, MinibatchStddev, pixelwise_norm
from ganzoo.objectives import AdversarialObjective, AuxiliaryClassifier, Drift, GradientPenalty, Wasserstein
from ganzoo_progan.config import GROUP, ProGANConfig

SMALLEST = 4
"""Pixels of the first level."""


class ProGANGenerator(Generator):
    """z, normalized -> 4 x 4 -> a block a doubling -> `to_rgb` of the stage's level, linear: there is no tanh."""

    def __init__(self, config: ProGANConfig, data: DataSpec) -> None:
        super().__init__()
        self.latent = Latent((config.latent_dim,))
        self.classes = data.classes if config.labels else 0
        sizes = _sizes(data.resolution)
        maps = [config.maps(size) for size in sizes]
        self.first = _FirstBlock(config.latent_dim + self.classes, maps[0])
        self.blocks = nn.ModuleList(_GeneratorBlock(coarse, fine) for coarse, fine in pairwise(maps))
        self.to_rgb = _of_levels([EqualizedConv2d(count, data.channels, 1, gain=1.0) for count in maps], config)
        self.depth = len(self.blocks)
        self.fade: Tensor | None = None

    def enter_stage(self, resolution: int, fade: Tensor) -> None:
        self.depth, self.fade = _stage(resolution, fade)

    def forward(self, latents: Tensor, condition: Tensor | None = None) -> Tensor:
        """`(N, latent_dim)` -> `(N, channels, H, H)`, H being the stage's resolution; nominally in [-1, 1]."""
        if self.classes:
            assert condition is not None, "a conditional generator needs labels"
            latents = torch.cat([latents, functional.one_hot(condition, self.classes).to(latents.dtype)], 1)
        maps = coarse = self.first(pixelwise_norm(latents))
        for block in self.blocks[: self.depth]:
            coarse, maps = maps, block(_double(maps))
        images: Tensor = self.to_rgb[self.depth](maps)
        if self.fade is not None:
            images = torch.lerp(images, _double(self.to_rgb[self.depth - 1](coarse)), self.fade)
        return images


class ProGANDiscriminator(Discriminator):
    """`from_rgb` of the stage's level -> a block a halving -> minibatch standard deviation -> scores. No norm."""

    def __init__(self, config: ProGANConfig, data: DataSpec) -> None:
        super().__init__()
        self.classes = data.classes if config.labels else 0
        sizes = _sizes(data.resolution)
        maps = [config.maps(size) for size in sizes]
        self.from_rgb = _of_levels([EqualizedConv2d(data.channels, count, 1) for count in maps], config)
        self.blocks = nn.ModuleList(_DiscriminatorBlock(fine, coarse) for coarse, fine in pairwise(maps))
        self.last = _LastBlock(maps[0], config.maps(SMALLEST // 2), 1 + self.classes)
        self.depth = len(self.blocks)
        self.fade: Tensor | None = None

    def enter_stage(self, resolution: int, fade: Tensor) -> None:
        self.depth, self.fade = _stage(resolution, fade)

    def forward(self, samples: Tensor, condition: Tensor | None = None) -> Tensor:
        """`(N, channels, H, H)` of the stage's resolution -> raw scores `(N,)`."""
        return self.judge(samples)[0]

    def judge(self, samples: Tensor) -> tuple[Tensor, Tensor]:
        """As `forward`, and logits of the classes `(N, classes)` beside the scores."""
        samples = self.augment(samples)
        maps = _leaky(self.from_rgb[self.depth](samples))
        for level in range(self.depth, 0, -1):
            maps = self.blocks[level - 1](maps)
            if level == self.depth and self.fade is not None:
                coarse = _leaky(self.from_rgb[level - 1](avg_pool2d(samples, 2)))
                maps = torch.lerp(maps, coarse, self.fade)
        outputs: Tensor = self.last(maps)
        return outputs[:, 0], outputs[:, 1:]


class _FirstBlock(nn.Module):
    """Vectors `(N, inputs)` -> `(N, outputs, 4, 4)`: a dense layer, whose bias is one a feature map, and conv3."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        # The gain makes up for fan_in, which as the release counts it is 16 times as large: a 4 x 4 convolution's.
        self.dense = EqualizedLinear(inputs, outputs * SMALLEST**2, gain=math.sqrt(2.0) / 4, bias=False)
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.conv = EqualizedConv2d(outputs, outputs, 3)

    def forward(self, vectors: Tensor) -> Tensor:
        maps = self.dense(vectors).unflatten(1, (-1, SMALLEST, SMALLEST)) + self.bias[:, None, None]
        return pixelwise_norm(_leaky(self.conv(pixelwise_norm(_leaky(maps)))))


class _GeneratorBlock(nn.Module):
    """conv3, conv3, each with leaky ReLU and pixelwise norm, on maps that were doubled."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv0 = EqualizedConv2d(inputs, outputs, 3)
        self.conv1 = EqualizedConv2d(outputs, outputs, 3)

    def forward(self, maps: Tensor) -> Tensor:
        for conv in (self.conv0, self.conv1):
            maps = pixelwise_norm(_leaky(conv(maps)))
        return maps


class _DiscriminatorBlock(nn.Module):
    """conv3, conv3, and the average of 2 x 2 pixels."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv0 = EqualizedConv2d(inputs, inputs, 3)
        self.conv1 = EqualizedConv2d(inputs, outputs, 3)

    def forward(self, maps: Tensor) -> Tensor:
        return avg_pool2d(_leaky(self.conv1(_leaky(self.conv0(maps)))), 2)


class _LastBlock(nn.Module):
    """`(N, inputs, 4, 4)` -> `(N, outputs)`: minibatch standard deviation, conv3, dense, dense."""

    def __init__(self, inputs: int, hidden: int, outputs: int) -> None:
        super().__init__()
        self.stddev = MinibatchStddev(GROUP)
        self.conv = EqualizedConv2d(inputs + 1, inputs, 3)
        self.dense0 = EqualizedLinear(inputs * SMALLEST**2, hidden)
        self.dense1 = EqualizedLinear(hidden, outputs, gain=1.0)

    def forward(self, maps: Tensor) -> Tensor:
        maps = _leaky(self.conv(self.stddev(maps)))
        scores: Tensor = self.dense1(_leaky(self.dense0(maps.flatten(1))))
        return scores


def build(config: ProGANConfig, data: DataSpec) -> Game:
    """Networks that grow to the size of `data`, WGAN-GP with drift, and the schedule."""
    adam = Adam(config.lr, (0.0, 0.99), 1e-8)
    penalty, drift = GradientPenalty(config.gradient_penalty), Drift(config.drift)
    classifier = AuxiliaryClassifier(config.class_weight) if config.labels else None
    return Game(
        generator=ProGANGenerator(config, data),
        discriminator=ProGANDiscriminator(config, data),
        objective=AdversarialObjective(Wasserstein(), penalty, drift, classifier=classifier),
        optimizers=Optimizers.both(adam),
        stages=schedule(config, data.resolution),
        ema=HalfLife(config.ema_images) if config.ema_images else Decay(config.ema_decay),
    )


def schedule(config: ProGANConfig, resolution: int) -> tuple[Stage, ...]:
    """4 pixels, then for each level a fade-in and a stable stage; the last stays until the run ends.

    The optimizers are reset at the start and at the end of each fade; a level's batch size and learning rate hold
    from the start of its fade.
    """
    stages = []
    for size in _sizes(resolution) if config.growing else [resolution]:
        rates = dict.fromkeys(("generator", "discriminator"), config.learning_rate(size))
        length = config.stage_images
        stable = Stage(config.batch(size), length, size, lr=rates, reset_optimizers=True)
        if config.growing and size > SMALLEST:
            stages.append(replace(stable, fade_images=length))
        stages.append(replace(stable, images=None) if size == resolution else stable)
    return tuple(stages)


def _of_levels(layers: list[EqualizedConv2d], config: ProGANConfig) -> nn.ModuleList:
    """RGB layers from 4 pixels on; networks that do not grow have the last alone, at the same place."""
    if config.growing:
        return nn.ModuleList(layers)
    return nn.ModuleList([*(nn.Identity() for _ in layers[:-1]), layers[-1]])


def _sizes(resolution: int) -> list[int]:
    """4, 8, ... up to a resolution."""
    return [2**power for power in range(2, resolution.bit_length())]


def _stage(resolution: int, fade: Tensor) -> tuple[int, Tensor | None]:
    """Blocks in use, and the fade where there is one: a stable stage leaves the coarser RGB layer out altogether."""
    return _sizes(resolution).index(resolution), fade if bool(fade > 0) else None


def _leaky(maps: Tensor) -> Tensor:
    return functional.leaky_relu(maps, 0.2)


def _double(maps: Tensor) -> Tensor:
    return functional.interpolate(maps, scale_factor=2.0, mode="nearest")
