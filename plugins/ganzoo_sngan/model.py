"""Networks and objective of SN-GAN (arXiv:1802.05957, section 2 and table 3)."""

from __future__ import annotations

from itertools import pairwise

from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from ganzoo import Adam, DataSpec, Game, Latent, Optimizers
from ganzoo.layers import SequentialDiscriminator, SequentialGenerator, coarsest, doubling, feature_maps
from ganzoo.objectives import AdversarialObjective, Hinge
from ganzoo_sngan.config import SNGANConfig

SLOPE = 0.1
"""Of the leaky ReLU (table 3)."""


def standard_generator(latent_dim: int, channels: int, resolution: int, width: int) -> nn.Sequential:
    """Table 3 (a): dense, doublings with batch norm and ReLU up to the image's size, 3 x 3 convolution, tanh."""
    maps = [*feature_maps(resolution, width), width * resolution // coarsest(resolution)][::-1]
    side = coarsest(resolution)
    layers: list[nn.Module] = [
        nn.Linear(latent_dim, maps[0] * side**2, bias=False),
        nn.Unflatten(1, (maps[0], side, side)),
        nn.BatchNorm2d(maps[0]),
        nn.ReLU(),
    ]
    for coarse, fine in pairwise(maps):
        layers += [*doubling(coarse, fine, "transposed", bias=False), nn.BatchNorm2d(fine), nn.ReLU()]
    return nn.Sequential(*layers, nn.Conv2d(maps[-1], channels, 3, 1, 1), nn.Tanh())


def standard_discriminator(channels: int, resolution: int, width: int) -> nn.Sequential:
    """Table 3 (b): 3 x 3 convolutions that double the maps, 4 x 4 of stride 2 between them; all normalized."""
    maps = [*feature_maps(resolution, width), width * resolution // coarsest(resolution)]
    layers: list[nn.Module] = [nn.Conv2d(channels, maps[0], 3, 1, 1), nn.LeakyReLU(SLOPE)]
    for fine, coarse in pairwise(maps):
        layers += [nn.Conv2d(fine, fine, 4, 2, 1), nn.LeakyReLU(SLOPE)]
        layers += [nn.Conv2d(fine, coarse, 3, 1, 1), nn.LeakyReLU(SLOPE)]
    layers += [nn.Flatten(), nn.Linear(maps[-1] * coarsest(resolution) ** 2, 1)]
    return nn.Sequential(
        *(spectral_norm(layer) if isinstance(layer, nn.Conv2d | nn.Linear) else layer for layer in layers)
    )


def build(config: SNGANConfig, data: DataSpec) -> Game:
    """The paper's standard networks and the hinge loss."""
    latent = Latent((config.latent_dim,))
    adam = Adam(config.lr, (config.beta1, config.beta2))
    return Game(
        generator=SequentialGenerator(
            latent, standard_generator(config.latent_dim, data.channels, data.resolution, config.width)
        ),
        discriminator=SequentialDiscriminator(standard_discriminator(data.channels, data.resolution, config.width)),
        objective=AdversarialObjective(Hinge(), discriminator_steps=config.discriminator_steps),
        optimizers=Optimizers.both(adam),
    )
