"""Networks and objective of WGAN-GP (arXiv:1704.00028, section 4 and algorithm 1)."""

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
from ganzoo.objectives import AdversarialObjective, GradientPenalty, Wasserstein
from ganzoo_wgan_gp.config import WGANGPConfig

LAYER_NORM = partial(nn.GroupNorm, 1)
"""Over all feature maps of one sample, with a scale and a shift for each map (section 4, "No critic batch norm")."""


def build(config: WGANGPConfig, data: DataSpec) -> Game:
    """DCGAN's networks, the critic's without batch norm; the Wasserstein loss and the gradient penalty."""
    generator = SequentialGenerator(
        Latent((config.latent_dim,)),
        convolutional_decoder(config.latent_dim, data.channels, data.size, config.width),
    )
    norm = LAYER_NORM if config.critic_norm == "layer" else None
    critic = SequentialDiscriminator(convolutional_encoder(data.channels, data.size, config.width, 1, norm=norm))
    adam = Adam(config.lr, (config.beta1, config.beta2))
    return Game(
        generator=generator.apply(initialize_normal),
        discriminator=critic.apply(initialize_normal),
        objective=AdversarialObjective(
            Wasserstein(), GradientPenalty(config.gradient_penalty), discriminator_steps=config.critic_steps
        ),
        optimizers=Optimizers.both(adam),
    )
