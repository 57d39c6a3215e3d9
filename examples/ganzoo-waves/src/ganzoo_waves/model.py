"""Networks and objective of WaveGAN (arXiv:1802.04208, tables 3 and 4)."""

from __future__ import annotations

from itertools import pairwise
from typing import final

import torch
from ganzoo import Adam, DataSpec, Discriminator, Game, Generator, Latent, Optimizers
from ganzoo.objectives import AdversarialObjective, GradientPenalty, Wasserstein
from torch import Tensor, nn

from ganzoo_waves.config import Config

FIRST = 16
"""Frames of the coarsest layer; each of the others has 4 times as many."""

KERNEL, STRIDE = 25, 4


def _channels(config: Config, data: DataSpec) -> list[int]:
    """Of the hidden layers, from the sound on: d, 2d, 4d, ..."""
    layers = ((data.resolution // FIRST).bit_length() - 1) // 2
    return [config.width * 2**layer for layer in range(layers)]


@final
class WaveGenerator(Generator):
    """Project z, then transposed convolutions of 25 frames with a stride of 4."""

    bounded = True

    def __init__(self, config: Config, data: DataSpec) -> None:
        super().__init__()
        self.latent = Latent((config.latent_dim,), "uniform")
        maps = [*_channels(config, data)[::-1], data.channels]
        layers: list[nn.Module] = [nn.Linear(config.latent_dim, FIRST * maps[0]), nn.Unflatten(1, (maps[0], FIRST))]
        for coarse, fine in pairwise(maps):
            # 4 (n - 1) - 2 * 11 + 25 + 1 = 4 n.
            layers += [nn.ReLU(), nn.ConvTranspose1d(coarse, fine, KERNEL, STRIDE, 11, output_padding=1)]
        self.layers = nn.Sequential(*layers, nn.Tanh())

    def forward(self, latents: Tensor, condition: Tensor | None = None) -> Tensor:
        """`(N, latent_dim)` -> `(N, channels, length)` in [-1, 1]."""
        waves: Tensor = self.layers(latents)
        return waves


@final
class PhaseShuffle(nn.Module):
    """Moves each sample by -n..n frames, the same in all channels; what falls out is mirrored (section 3.3).

    Args:
        most: n.
    """

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most

    def forward(self, waves: Tensor) -> Tensor:
        """`(N, C, L)` -> the same shape. Evaluation moves nothing."""
        if not self.training or self.most == 0:
            return waves
        length = waves.shape[2]
        moves = torch.randint(-self.most, self.most + 1, (len(waves), 1), device=waves.device)
        places = (torch.arange(length, device=waves.device) + moves).abs()
        places = torch.where(places < length, places, 2 * (length - 1) - places)
        return waves.gather(2, places[:, None].expand_as(waves))


@final
class WaveCritic(Discriminator):
    """Convolutions of 25 frames with a stride of 4, leaky ReLU and phase shuffle, but for the last."""

    def __init__(self, config: Config, data: DataSpec) -> None:
        super().__init__()
        maps = [data.channels, *_channels(config, data)]
        layers: list[nn.Module] = []
        for fine, coarse in pairwise(maps):
            layers += [nn.Conv1d(fine, coarse, KERNEL, STRIDE, 11), nn.LeakyReLU(0.2), PhaseShuffle(config.shuffle)]
        self.layers = nn.Sequential(*layers[:-1], nn.Flatten(), nn.Linear(FIRST * maps[-1], 1))

    def forward(self, samples: Tensor, condition: Tensor | None = None) -> Tensor:
        """`(N, channels, length)` -> raw scores `(N,)`."""
        scores: Tensor = self.layers(self.augment(samples)).squeeze(1)
        return scores


def build(config: Config, data: DataSpec) -> Game:
    """WGAN-GP, as the paper trains it."""
    return Game(
        generator=WaveGenerator(config, data),
        discriminator=WaveCritic(config, data),
        objective=AdversarialObjective(
            Wasserstein(), GradientPenalty(config.penalty), discriminator_steps=config.critic_steps
        ),
        optimizers=Optimizers.both(Adam(config.lr, (0.5, 0.9))),
    )
