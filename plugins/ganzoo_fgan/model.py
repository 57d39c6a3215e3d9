"""Networks and objective of f-GAN (arXiv:1606.00709, sections 3 and 4.2)."""

from __future__ import annotations

import math
from functools import partial

from torch import nn

from ganzoo import Adam, DataSpec, Game, Latent, Optimizers
from ganzoo.layers import (
    SequentialDiscriminator,
    SequentialGenerator,
    convolutional_decoder,
    convolutional_encoder,
    fully_connected,
    initialize_normal,
)
from ganzoo.objectives import AdversarialObjective, FDivergence
from ganzoo_fgan.config import FGANConfig


def generator(config: FGANConfig, data: DataSpec) -> SequentialGenerator:
    """From z of U(-1, 1) by linear layers with batch norm and ReLU, or by DCGAN's, to a sample; images in [-1, 1]."""
    latent = Latent((config.latent_dim,), "uniform")
    if config.network == "conv":
        decoder = convolutional_decoder(config.latent_dim, data.channels, data.size, config.width)
        return SequentialGenerator(latent, decoder.apply(initialize_normal))
    layers = fully_connected(
        (config.latent_dim, *config.generator_widths, math.prod(data.shape)),
        nn.ReLU,
        norm=nn.BatchNorm1d if config.batch_norm else None,
    )
    layers.append(nn.Unflatten(1, data.shape))
    if data.kind == "image":
        layers.append(nn.Tanh())
    return SequentialGenerator(latent, layers)


def discriminator(config: FGANConfig, data: DataSpec) -> SequentialDiscriminator:
    """The paper's V: its raw scores become the variational function T = g(V(x)) in the objective (section 3.1)."""
    if config.network == "conv":
        encoder = convolutional_encoder(data.channels, data.size, config.width, 1)
        return SequentialDiscriminator(encoder.apply(initialize_normal))
    widths = (math.prod(data.shape), *config.discriminator_widths, 1)
    layers = fully_connected(widths, nn.ELU if config.activation == "elu" else partial(nn.LeakyReLU, 0.2))
    return SequentialDiscriminator(nn.Sequential(nn.Flatten(), *layers))


def build(config: FGANConfig, data: DataSpec) -> Game:
    """Networks for `data`, the divergence that was asked for, and one stage."""
    adam = Adam(config.lr, (config.beta1, 0.999))
    return Game(
        generator=generator(config, data),
        discriminator=discriminator(config, data),
        objective=AdversarialObjective(FDivergence(config.divergence, config.generator_loss)),
        optimizers=Optimizers.both(adam),
    )
