"""Networks and objective of DCGAN (arXiv:1511.06434, section 3 and figure 1)."""

from __future__ import annotations

from functools import partial

from torch import nn

from ganzoo import Adam, DataSpec, Game, Latent, Optimizers
from ganzoo.layers import (
    SequentialDiscriminator,
    SequentialGenerator,
    convolutional_decoder,
    convolutional_encoder,
    initialize_normal,
)
from ganzoo.objectives import AdversarialObjective, NonSaturating
from ganzoo_dcgan.config import DCGANConfig

SLOPE = 0.2
"""Of the leaky ReLU."""


def generator(config: DCGANConfig, data: DataSpec) -> SequentialGenerator:
    """Project z and reshape -> doublings with batch norm -> tanh. No batch norm at the output."""
    leaky = config.generator_activation == "leaky_relu"
    layers = convolutional_decoder(
        config.latent_dim,
        data.channels,
        data.size,
        config.width,
        upsampling=config.upsampling,
        activation=partial(nn.LeakyReLU, SLOPE) if leaky else nn.ReLU,
        dropout=config.generator_dropout,
    )
    return SequentialGenerator(Latent((config.latent_dim,), config.latent), layers.apply(initialize_normal))


def discriminator(config: DCGANConfig, data: DataSpec) -> SequentialDiscriminator:
    """Strided convolutions with leaky ReLU; batch norm in all but the first and the last."""
    layers = convolutional_encoder(data.channels, data.size, config.width, 1, dropout=config.discriminator_dropout)
    return SequentialDiscriminator(layers.apply(initialize_normal))


def build(config: DCGANConfig, data: DataSpec) -> Game:
    """Networks for `data`, the non-saturating loss, and one stage."""
    adam = Adam(config.lr, (config.beta1, 0.999))
    return Game(
        generator=generator(config, data),
        discriminator=discriminator(config, data),
        objective=AdversarialObjective(NonSaturating(config.real_target, config.generator_target)),
        optimizers=Optimizers.both(adam),
    )
