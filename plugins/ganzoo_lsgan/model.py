"""Networks and objective of LSGAN (arXiv:1611.04076, section 3)."""

from __future__ import annotations

from ganzoo import Adam, DataSpec, Game, Latent, Optimizers
from ganzoo.layers import (
    SequentialDiscriminator,
    SequentialGenerator,
    convolutional_decoder,
    convolutional_encoder,
    initialize_normal,
)
from ganzoo.objectives import AdversarialObjective, LeastSquares
from ganzoo_lsgan.config import LSGANConfig

TARGETS = {"binary": LeastSquares(0.0, 1.0, 1.0), "pearson": LeastSquares(-1.0, 1.0, 0.0)}
"""a, b and c of equations 9 and 8."""


def build(config: LSGANConfig, data: DataSpec) -> Game:
    """DCGAN's networks and squared errors of the raw scores."""
    generator = SequentialGenerator(
        Latent((config.latent_dim,), "uniform"),
        convolutional_decoder(config.latent_dim, data.channels, data.size, config.width),
    )
    discriminator = SequentialDiscriminator(convolutional_encoder(data.channels, data.size, config.width, 1))
    adam = Adam(config.lr, (config.beta1, 0.999))
    return Game(
        generator=generator.apply(initialize_normal),
        discriminator=discriminator.apply(initialize_normal),
        objective=AdversarialObjective(TARGETS[config.targets]),
        optimizers=Optimizers.both(adam),
    )
