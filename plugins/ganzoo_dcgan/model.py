"""Networks and objective of DCGAN (arXiv:1511.06434, section 3 and figure 1)."""

from __future__ import annotations

from functools import partial

from torch import Tensor, nn

from ganzoo import Adam, DataSpec, Discriminator, Game, Generator, HalfLife, Latent, Optimisers, Stage
from ganzoo.layers import convolutional_decoder, convolutional_encoder, initialise_normal
from ganzoo.objectives import AdversarialObjective, NonSaturating
from ganzoo_dcgan.config import DCGANConfig

SLOPE = 0.2
"""Of the leaky ReLU."""


class DCGANGenerator(Generator):
    """z -> project and reshape -> doublings with batch norm -> tanh. No batch norm at the output."""

    bounded = True

    def __init__(self, config: DCGANConfig, data: DataSpec) -> None:
        super().__init__()
        self.latent = Latent((config.latent_dim,), config.latent)
        leaky = config.generator_activation == "leaky_relu"
        self.layers = convolutional_decoder(
            config.latent_dim,
            data.channels,
            data.resolution,
            config.width,
            upsampling=config.upsampling,
            activation=partial(nn.LeakyReLU, SLOPE) if leaky else nn.ReLU,
            dropout=config.generator_dropout,
        )
        self.apply(initialise_normal)

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """`(N, latent_dim)` -> `(N, channels, resolution, resolution)` in [-1, 1]."""
        images: Tensor = self.layers(latents)
        return images


class DCGANDiscriminator(Discriminator):
    """Strided convolutions with leaky ReLU; batch norm in all but the first and the last."""

    def __init__(self, config: DCGANConfig, data: DataSpec) -> None:
        super().__init__()
        self.layers = convolutional_encoder(
            data.channels, data.resolution, config.width, 1, dropout=config.discriminator_dropout
        )
        self.apply(initialise_normal)

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
        """`(N, channels, resolution, resolution)` -> raw scores `(N,)`."""
        scores: Tensor = self.layers(samples).flatten(0)
        return scores


def build(config: DCGANConfig, data: DataSpec) -> Game:
    """Networks for `data`, the non-saturating loss, and one stage."""
    adam = Adam(config.lr, (config.beta1, 0.999))
    return Game(
        generator=DCGANGenerator(config, data),
        discriminator=DCGANDiscriminator(config, data),
        objective=AdversarialObjective(NonSaturating(config.real_target, config.generator_target)),
        optimisers=Optimisers(adam, adam),
        stages=(Stage(config.batch_size),),
        ema=HalfLife(config.ema_images),
    )
