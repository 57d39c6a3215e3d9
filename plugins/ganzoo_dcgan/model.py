"""Networks and objective of DCGAN (arXiv:1511.06434, section 3 and figure 1)."""

from __future__ import annotations

from functools import partial

from torch import nn

from ganzoo import Adam, CosineDecay, DataSpec, Game, Latent, Optimizers
from ganzoo.layers import (
    SequentialDiscriminator,
    SequentialGenerator,
    convolutional_decoder,
    convolutional_encoder,
    initialize_normal,
)
from ganzoo.objectives import R1, AdversarialObjective, Lazy, NonSaturating, Relativistic
from ganzoo_dcgan.config import DCGANConfig

SLOPE = 0.2
"""Of the leaky ReLU."""

EVERY = 4
"""R1 is taken in every fourth round, four times as strong (arXiv:1912.04958, section 3.1), because it is dear."""


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
        image_maps=config.image_maps,
    )
    return SequentialGenerator(Latent((config.latent_dim,), config.latent), layers.apply(initialize_normal))


def discriminator(config: DCGANConfig, data: DataSpec) -> SequentialDiscriminator:
    """Strided convolutions with leaky ReLU; batch norm in all but the first and the last.

    Without batch norm nothing amends the paper's narrow weights, so they keep the variance instead (arXiv:1502.01852).
    """
    normed = config.discriminator_norm == "batch"
    layers = convolutional_encoder(
        data.channels,
        data.size,
        config.width,
        1,
        norm=nn.BatchNorm2d if normed else None,
        dropout=config.discriminator_dropout,
        image_maps=config.image_maps,
    )
    return SequentialDiscriminator(layers.apply(initialize_normal if normed else initialize_he))


def initialize_he(module: nn.Module) -> None:
    """For `network.apply`: weights that keep the variance through leaky ReLUs, biases of 0."""
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, SLOPE)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def build(config: DCGANConfig, data: DataSpec) -> Game:
    """Networks for `data`, the loss with or without R1, and one stage."""
    schedule = None if config.final_lr == 1.0 else CosineDecay(config.images, config.final_lr)
    adam = Adam(config.lr, (config.beta1, config.beta2), schedule=schedule)
    relativistic = config.loss == "relativistic"
    loss = Relativistic() if relativistic else NonSaturating(config.real_target, config.generator_target)
    return Game(
        generator=generator(config, data),
        discriminator=discriminator(config, data),
        objective=AdversarialObjective(loss, *([Lazy(R1(config.gamma), EVERY)] if config.gamma else [])),
        optimizers=Optimizers.both(adam),
    )
