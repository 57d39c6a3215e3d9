"""Networks and objective of the vanilla GAN (arXiv:1406.2661)."""

from __future__ import annotations

import math
from functools import partial

from torch import nn

from ganzoo import Adam, DataSpec, Game, Latent, Optimizers
from ganzoo.layers import SequentialDiscriminator, SequentialGenerator, fully_connected
from ganzoo.objectives import AdversarialObjective, Minimax, NonSaturating
from ganzoo_vanilla.config import VanillaConfig


def generator(config: VanillaConfig, data: DataSpec) -> SequentialGenerator:
    """From z by hidden layers to a sample; tanh at the end for images, linear for vectors."""
    layers = fully_connected(
        (config.latent_dim, *config.generator_widths, math.prod(data.shape)),
        partial(nn.LeakyReLU, config.negative_slope),
        norm=nn.BatchNorm1d if config.batch_norm else None,
    )
    layers.append(nn.Unflatten(1, data.shape))
    if data.kind == "image":
        layers.append(nn.Tanh())
    return SequentialGenerator(Latent((config.latent_dim,)), layers)


def discriminator(config: VanillaConfig, data: DataSpec) -> SequentialDiscriminator:
    """From a sample by hidden layers to one raw score."""
    widths = (math.prod(data.shape), *config.discriminator_widths, 1)
    layers = fully_connected(widths, partial(nn.LeakyReLU, config.negative_slope))
    return SequentialDiscriminator(nn.Sequential(nn.Flatten(), *layers))


def build(config: VanillaConfig, data: DataSpec) -> Game:
    """Networks for `data`, one of the paper's two generator losses, and one stage."""
    adam = Adam(config.lr, (config.beta1, 0.999))
    loss = {"minimax": Minimax, "non_saturating": NonSaturating}[config.loss]
    return Game(
        generator=generator(config, data),
        discriminator=discriminator(config, data),
        objective=AdversarialObjective(loss(config.real_target, config.generator_target)),
        optimizers=Optimizers.both(adam),
    )
