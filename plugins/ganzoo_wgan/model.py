"""Networks and objective of WGAN (arXiv:1701.07875, algorithm 1 and section 4)."""

from __future__ import annotations

from torch import nn

from ganzoo import DataSpec, Game, Latent, Optimizers, RMSprop
from ganzoo.layers import (
    SequentialDiscriminator,
    SequentialGenerator,
    convolutional_decoder,
    convolutional_encoder,
    initialize_normal,
)
from ganzoo.objectives import AdversarialObjective, Wasserstein, WeightClip
from ganzoo_wgan.config import WGANConfig


def early_schedule(critic_steps: int, generator_step: int) -> int:
    """Critic steps before a generator step (counted from 0): 100 for the first 25 and every 500th.

    From the authors' own training; the paper asks for a critic "trained till optimality" (section 3).
    """
    return 100 if generator_step < 25 or generator_step % 500 == 0 else critic_steps


def build(config: WGANConfig, data: DataSpec) -> Game:
    """DCGAN's networks, whose critic gives raw scores; the Wasserstein loss and clipped weights."""
    generator = SequentialGenerator(
        Latent((config.latent_dim,)),
        convolutional_decoder(config.latent_dim, data.channels, data.size, config.width),
    )
    norm = nn.BatchNorm2d if config.critic_norm == "batch" else None
    critic = SequentialDiscriminator(convolutional_encoder(data.channels, data.size, config.width, 1, norm=norm))

    def scheduled(generator_step: int) -> int:
        return early_schedule(config.critic_steps, generator_step)

    return Game(
        generator=generator.apply(initialize_normal),
        discriminator=critic.apply(initialize_normal),
        objective=AdversarialObjective(
            Wasserstein(),
            WeightClip(config.clip),
            discriminator_steps=scheduled if config.early_schedule else config.critic_steps,
        ),
        optimizers=Optimizers.both(RMSprop(config.lr)),
    )
