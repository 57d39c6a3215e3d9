"""Networks of BiGAN (arXiv:1605.09782, appendix C.1), fully connected or convolutional, and its losses (section 3)."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial
from typing import final

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.functional import pairwise_distance

from ganzoo import (
    Adam,
    Batch,
    DataSpec,
    Discriminator,
    EncodingGenerator,
    Game,
    Latent,
    Losses,
    Objective,
    Optimizers,
    Phases,
    Players,
    two_phases,
)
from ganzoo.layers import convolutional_decoder, convolutional_encoder, fully_connected, initialize_normal
from ganzoo.objectives import NonSaturating, non_saturating_generator
from ganzoo_bigan.config import BiGANConfig

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
        self.apply(initialize_normal)

    def forward(self, latents: Tensor, condition: Tensor | None = None) -> Tensor:
        """`(N, latent_dim)` -> `(N, *sample.shape)` in [-1, 1]."""
        images: Tensor = self.decoder(latents)
        return images

    def encode(self, samples: Tensor, condition: Tensor | None = None) -> Tensor:
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
        self.apply(initialize_normal)

    def forward(self, samples: Tensor, latents: Tensor) -> Tensor:
        """`(N, *sample.shape)` and `(N, latent_dim)` -> raw scores `(N,)`."""
        scores: Tensor = self.joint(torch.cat([self.image(self.augment(samples)), latents], 1))
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


BiGANPlayers = Players[BiGANGenerator, BiGANDiscriminator]


@final
class BiGANObjective(Objective):
    """D tells (x, E(x)) from (G(z), z); G and E, one player, want the two taken for each other (eq. 2 and 3.4).

    Both pairs count for G and E, with D's labels swapped, because each of them makes one half of one pair:

        D:    E softplus(-s(x, E(x))) + E softplus(s(G(z), z))
        G, E: E softplus(s(x, E(x)))  + E softplus(-s(G(z), z))

    With `r1_weight` D also pays r1_weight / 2 E ||grad s(x, E(x))||^2, over image and code (Mescheder et al., 2018,
    eq. 9), without which it soon tells every pair.

    Args:
        simultaneous: Both players' gradients are computed before either moves.
        r1_weight: 0: no penalty.
    """

    def __init__(self, simultaneous: bool, r1_weight: float) -> None:
        self.simultaneous = simultaneous
        self.r1_weight = r1_weight

    def phases(self) -> Phases:
        return two_phases(
            self.discriminator_loss, self.generator_loss, simultaneous=self.simultaneous, generator_reals="fresh"
        )

    def discriminator_loss(self, players: BiGANPlayers, batch: Batch) -> Losses:
        assert batch.reals is not None, "a discriminator phase has reals"
        with torch.no_grad():
            codes, fakes = players.generator.encode(batch.reals), players.generator(batch.latents)
        reals = batch.reals
        if self.r1_weight:
            reals, codes = reals.detach().requires_grad_(True), codes.requires_grad_(True)
            batch = replace(batch, reals=reals)
        encoded, generated = _scores(players, batch, codes, fakes)
        loss = NonSaturating()
        terms = {"pairs": loss.discriminator(encoded, generated)}
        if self.r1_weight:
            gradients = torch.autograd.grad(encoded.sum(), [reals, codes], create_graph=True)
            squares = torch.cat([gradient.flatten(1) for gradient in gradients], 1).square().sum(1)
            terms["r1"] = self.r1_weight / 2.0 * squares.mean()
        return Losses(terms, loss.measures(encoded.detach(), generated.detach()))

    def generator_loss(self, players: BiGANPlayers, batch: Batch) -> Losses:
        assert batch.reals is not None, "generator_reals"
        codes, fakes = players.generator.encode(batch.reals), players.generator(batch.latents)
        encoded, generated = _scores(players, batch, codes, fakes)
        terms = {"encoder": non_saturating_generator(-encoded), "generator": non_saturating_generator(generated)}
        return Losses(terms, {"reconstruction_distance": _distance(players.generator, batch.reals, codes)})


def _scores(players: BiGANPlayers, batch: Batch, codes: Tensor, fakes: Tensor) -> tuple[Tensor, Tensor]:
    """Raw scores of (x, E(x)) and of (G(z), z). Two passes: a batch norm in D must see the two kinds apart."""
    assert batch.reals is not None
    dtype = batch.reals.dtype  # autocast may have made the scores 16 bits wide
    discriminator = players.discriminator
    return discriminator(batch.reals, codes).to(dtype), discriminator(fakes, batch.latents).to(dtype)


@torch.no_grad()
def _distance(generator: EncodingGenerator, reals: Tensor, codes: Tensor) -> Tensor:
    """Mean of ||x - G(E(x))||, which no loss asks for. Batch norm's running statistics are left alone."""
    buffers = {name: buffer.clone() for name, buffer in generator.named_buffers()}
    reconstructed: Tensor = functional_call(generator, buffers, (codes.detach(),))
    return pairwise_distance(reals.flatten(1), reconstructed.flatten(1), eps=0.0).mean()


def build(config: BiGANConfig, data: DataSpec) -> Game:
    """Networks for `data`, the losses of pairs, and one stage."""
    adam = Adam(config.lr, (config.beta1, 0.999), schedule=ExponentialDecay(config.images, config.final_lr))
    return Game(
        generator=BiGANGenerator(config, data),
        discriminator=BiGANDiscriminator(config, data),
        objective=BiGANObjective(config.simultaneous, config.r1_weight),
        optimizers=Optimizers.both(adam),
    )
