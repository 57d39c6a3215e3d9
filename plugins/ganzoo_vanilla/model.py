"""Networks and objective of the vanilla GAN (arXiv:1406.2661)."""

from __future__ import annotations

import math
from itertools import pairwise

from torch import Tensor, nn

from ganzoo import Adam, DataSpec, Discriminator, Game, Generator, HalfLife, Latent, Optimisers, Stage
from ganzoo.objectives import AdversarialObjective, Minimax, NonSaturating
from ganzoo_vanilla.config import VanillaConfig


class VanillaGenerator(Generator):
    """z -> hidden layers -> a sample; tanh at the end for images, linear for vectors."""

    def __init__(self, config: VanillaConfig, data: DataSpec) -> None:
        super().__init__()
        self.latent = Latent((config.latent_dim,))
        self.bounded = data.kind == "image"
        widths = (config.latent_dim, *config.generator_widths)
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise(widths):
            layers.append(nn.Linear(inputs, outputs))
            if config.batch_norm:
                layers.append(nn.BatchNorm1d(outputs))
            layers.append(nn.LeakyReLU(config.negative_slope))
        layers.append(nn.Linear(widths[-1], math.prod(data.shape)))
        if data.kind == "image":
            layers.append(nn.Tanh())
        self.layers = nn.Sequential(*layers, nn.Unflatten(1, data.shape))

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """`(N, latent_dim)` -> `(N, *data.shape)`."""
        samples: Tensor = self.layers(latents)
        return samples


class VanillaDiscriminator(Discriminator):
    """A sample -> hidden layers -> one raw score."""

    def __init__(self, config: VanillaConfig, data: DataSpec) -> None:
        super().__init__()
        widths = (math.prod(data.shape), *config.discriminator_widths)
        layers: list[nn.Module] = [nn.Flatten()]
        for inputs, outputs in pairwise(widths):
            layers += [nn.Linear(inputs, outputs), nn.LeakyReLU(config.negative_slope)]
        self.layers = nn.Sequential(*layers, nn.Linear(widths[-1], 1), nn.Flatten(0))

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
        """`(N, *data.shape)` -> raw scores `(N,)`."""
        scores: Tensor = self.layers(samples)
        return scores


def build(config: VanillaConfig, data: DataSpec) -> Game:
    """Networks for `data`, one of the paper's two generator losses, and one stage."""
    adam = Adam(config.lr, (config.beta1, 0.999))
    loss = {"minimax": Minimax, "non_saturating": NonSaturating}[config.loss]
    return Game(
        generator=VanillaGenerator(config, data),
        discriminator=VanillaDiscriminator(config, data),
        objective=AdversarialObjective(loss(config.real_target, config.generator_target)),
        optimisers=Optimisers(adam, adam),
        stages=(Stage(config.batch_size),),
        ema=HalfLife(config.ema_images),
    )
