"""Networks and objective of f-GAN (arXiv:1606.00709, sections 3 and 4.2)."""

from __future__ import annotations

import math
from itertools import pairwise

from torch import Tensor, nn

from ganzoo import Adam, DataSpec, Discriminator, Game, Generator, HalfLife, Latent, Optimisers, Stage
from ganzoo.layers import convolutional_decoder, convolutional_encoder, initialise_normal
from ganzoo.objectives import AdversarialObjective, FDivergence
from ganzoo_fgan.config import FGANConfig


class FGANGenerator(Generator):
    """z from U(-1, 1) -> linear layers with batch norm and ReLU, or DCGAN's -> a sample."""

    def __init__(self, config: FGANConfig, data: DataSpec) -> None:
        super().__init__()
        self.latent = Latent((config.latent_dim,), "uniform")
        self.bounded = data.kind == "image"
        if config.network == "conv":
            self.layers = convolutional_decoder(config.latent_dim, data.channels, data.resolution, config.width)
            self.apply(initialise_normal)
            return
        widths = (config.latent_dim, *config.generator_widths)
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise(widths):
            layers += [nn.Linear(inputs, outputs), *([nn.BatchNorm1d(outputs)] if config.batch_norm else []), nn.ReLU()]
        layers.append(nn.Linear(widths[-1], math.prod(data.shape)))
        if data.kind == "image":
            layers.append(nn.Tanh())
        self.layers = nn.Sequential(*layers, nn.Unflatten(1, data.shape))

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """`(N, latent_dim)` -> `(N, *data.shape)`; images in [-1, 1]."""
        samples: Tensor = self.layers(latents)
        return samples


class FGANDiscriminator(Discriminator):
    """The paper's V: its raw scores become the variational function T = g(V(x)) in the objective (section 3.1)."""

    def __init__(self, config: FGANConfig, data: DataSpec) -> None:
        super().__init__()
        if config.network == "conv":
            self.layers = convolutional_encoder(data.channels, data.resolution, config.width, 1)
            self.apply(initialise_normal)
            return
        widths = (math.prod(data.shape), *config.discriminator_widths)
        layers: list[nn.Module] = [nn.Flatten()]
        for inputs, outputs in pairwise(widths):
            layers += [nn.Linear(inputs, outputs), nn.ELU() if config.activation == "elu" else nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers, nn.Linear(widths[-1], 1))

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
        """`(N, *data.shape)` -> raw scores `(N,)`."""
        scores: Tensor = self.layers(samples).flatten(0)
        return scores


def build(config: FGANConfig, data: DataSpec) -> Game:
    """Networks for `data`, the divergence that was asked for, and one stage."""
    adam = Adam(config.lr, (config.beta1, 0.999))
    return Game(
        generator=FGANGenerator(config, data),
        discriminator=FGANDiscriminator(config, data),
        objective=AdversarialObjective(FDivergence(config.divergence, config.generator_loss)),
        optimisers=Optimisers(adam, adam),
        stages=(Stage(config.batch_size),),
        ema=HalfLife(config.ema_images),
    )
