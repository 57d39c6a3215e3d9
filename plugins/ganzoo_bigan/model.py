"""Networks of BiGAN (arXiv:1605.09782, appendix C.1), fully connected as in the paper or convolutional."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from ganzoo import Adam, DataSpec, Discriminator, EncodingGenerator, Game, HalfLife, Latent, Optimisers, Stage
from ganzoo.layers import convolutional_decoder, convolutional_encoder, fully_connected, initialise_normal
from ganzoo_bigan.config import BiGANConfig
from ganzoo_bigan.objective import BiGANObjective

leaky_relu = partial(nn.LeakyReLU, 0.2)
normed = partial(fully_connected, norm=nn.BatchNorm1d, bias=False)


class BiGANGenerator(EncodingGenerator):
    """G: z -> x, and E: x -> z with the range of z. They share nothing, and never see each other's output."""

    bounded = True

    def __init__(self, config: BiGANConfig, data: DataSpec) -> None:
        super().__init__()
        self.latent = Latent((config.latent_dim,), config.latent)
        if config.networks == "conv":
            size = (data.channels, data.resolution, config.width)
            self.decoder = convolutional_decoder(config.latent_dim, *size)
            self.encoder = convolutional_encoder(*size, config.latent_dim)
        else:
            pixels = math.prod(data.shape)
            layers = normed((config.latent_dim, *config.widths, pixels), nn.ReLU)
            self.decoder = nn.Sequential(*layers, nn.Unflatten(1, data.shape), nn.Tanh())
            layers = normed_from_second((pixels, *config.widths, config.latent_dim))
            self.encoder = nn.Sequential(nn.Flatten(), *layers)
        if config.latent == "uniform":
            self.encoder.append(nn.Tanh())  # z is in [-1, 1], and anything outside would give E(x) away
        self.apply(initialise_normal)

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """`(N, latent_dim)` -> `(N, *sample.shape)` in [-1, 1]."""
        images: Tensor = self.decoder(latents)
        return images

    def encode(self, samples: Tensor) -> Tensor:
        """`(N, *sample.shape)` -> `(N, latent_dim)`, in [-1, 1] where z is uniform."""
        latents: Tensor = self.encoder(samples)
        return latents


class BiGANDiscriminator(Discriminator):
    """Scores pairs: high for (x, E(x)), low for (G(z), z). The latents join the image, or its features with conv."""

    def __init__(self, config: BiGANConfig, data: DataSpec) -> None:
        super().__init__()
        if config.networks == "conv":
            features = config.widths[0]
            size = (data.channels, data.resolution, config.width)
            layers = convolutional_encoder(*size, features)
            self.image = layers.append(leaky_relu())
        else:
            features, self.image = math.prod(data.shape), nn.Sequential(nn.Flatten())
        widths = (features + config.latent_dim, *config.widths, 1)
        joint = normed(widths, leaky_relu) if config.networks == "conv" else normed_from_second(widths)
        self.joint = nn.Sequential(*joint, nn.Flatten(0))
        self.apply(initialise_normal)

    def forward(self, samples: Tensor, latents: Tensor) -> Tensor:
        """`(N, *sample.shape)` and `(N, latent_dim)` -> raw scores `(N,)`."""
        scores: Tensor = self.joint(torch.cat([self.image(samples), latents], 1))
        return scores


def normed_from_second(widths: tuple[int, ...]) -> nn.Sequential:
    """Layers that see images: leaky ReLU, and batch norm in all hidden layers but the first (appendix C.1)."""
    return nn.Sequential(nn.Linear(widths[0], widths[1]), leaky_relu(), *normed(widths[1:], leaky_relu))


@dataclass(frozen=True, slots=True)
class ExponentialDecay:
    """Factor 1 until half of `images`, then exponentially down to `final` at `images`."""

    images: int
    final: float

    def __call__(self, images: int) -> float:
        progress = min(max(2.0 * images / self.images - 1.0, 0.0), 1.0)
        return math.pow(self.final, progress)


def build(config: BiGANConfig, data: DataSpec) -> Game:
    """Networks for `data`, the losses of pairs, and one stage."""
    adam = Adam(config.lr, (config.beta1, 0.999), schedule=ExponentialDecay(config.images, config.final_lr))
    return Game(
        generator=BiGANGenerator(config, data),
        discriminator=BiGANDiscriminator(config, data),
        objective=BiGANObjective(config.simultaneous, config.r1_weight),
        optimisers=Optimisers(adam, adam),
        stages=(Stage(config.batch_size),),
        ema=HalfLife(config.ema_images),
    )
