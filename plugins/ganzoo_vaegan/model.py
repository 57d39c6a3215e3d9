"""Networks of VAE-GAN (arXiv:1512.09300, section 4 and table 1), in the form of `ganzoo.layers`, and its losses."""

from __future__ import annotations

from typing import Literal, final

import torch
from torch import Tensor, nn
from torch.nn.functional import pairwise_distance, softplus

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
    Phase,
    Phases,
    Players,
    RMSprop,
)
from ganzoo.layers import convolutional_decoder, convolutional_encoder, initialize_normal
from ganzoo.objectives import NonSaturating, minimax_generator, non_saturating_generator
from ganzoo_vaegan.config import VAEGANConfig


class VAEGANGenerator(EncodingGenerator):
    """The decoder p(x|z), which is the GAN's generator, with the encoder q(z|x)."""

    bounded = True

    def __init__(self, config: VAEGANConfig, data: DataSpec) -> None:
        super().__init__()
        size = (data.channels, data.size, config.width)
        self.latent = Latent((config.latent_dim,))
        self.decoder = convolutional_decoder(config.latent_dim, *size)
        self.encoder = convolutional_encoder(*size, 2 * config.latent_dim)
        self.apply(initialize_normal)

    def forward(self, latents: Tensor, condition: Tensor | None = None) -> Tensor:
        """`(N, latent_dim)` -> `(N, channels, height, width)` in [-1, 1]."""
        images: Tensor = self.decoder(latents)
        return images

    def posterior(self, samples: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance, each `(N, latent_dim)`, of the Gaussian q(z|x)."""
        # `to`: autocast makes them 16 bits wide, too few for a sum over z.
        mean, log_variance = self.encoder(samples).to(samples.dtype).chunk(2, 1)
        return mean, log_variance

    def encode(self, samples: Tensor, condition: Tensor | None = None) -> Tensor:
        """The mean of q(z|x): `(N, *sample.shape)` -> `(N, latent_dim)`."""
        return self.posterior(samples)[0]


class VAEGANDiscriminator(Discriminator):
    """Strided convolutions with leaky ReLU, cut at the hidden map in which reconstructions are compared."""

    def __init__(self, config: VAEGANConfig, data: DataSpec) -> None:
        super().__init__()
        layers = convolutional_encoder(data.channels, data.size, config.discriminator_width, 1)
        ends = [index + 1 for index, layer in enumerate(layers) if isinstance(layer, nn.LeakyReLU)]
        cut = ends[config.feature_level - 1]  # level 0 is the last
        self.body, self.head = layers[:cut], layers[cut:]
        self.apply(initialize_normal)

    def features(self, samples: Tensor) -> Tensor:
        """Dis_l(x): `(N, *sample.shape)` -> `(N, maps, height, width)`."""
        features: Tensor = self.body(self.augment(samples))
        return features

    def forward(self, samples: Tensor, condition: Tensor | None = None) -> Tensor:
        """`(N, *sample.shape)` -> raw scores `(N,)`."""
        scores: Tensor = self.head(self.features(samples)).flatten(0)
        return scores


VAEGANPlayers = Players[VAEGANGenerator, VAEGANDiscriminator]


@final
class VAEGANObjective(Objective):
    """Algorithm 1 of the paper.

    With Dis_l(x) the features of x in a hidden layer of D,

        prior = KL(q(z|x) || N(0, 1))          recon = E_q[ |Dis_l(x) - Dis_l(Dec(z))|^2 / 2 ]
        encoder: prior + recon                 decoder: gamma * recon - L_GAN                  D: L_GAN

    Each is a phase with parameters of its own. Encoder and decoder move at once, from the same reals.

    Args:
        gamma: Weight of the reconstruction in the decoder, above 0.
        loss: What the decoder minimizes for each fake: `"minimax"` log(1 - D), `"non_saturating"` -log D.
    """

    def __init__(self, gamma: float, loss: Literal["minimax", "non_saturating"]) -> None:
        self.gamma = gamma
        self._fool = {"minimax": minimax_generator, "non_saturating": non_saturating_generator}[loss]

    def phases(self) -> Phases:
        return (
            Phase("discriminator", self.discriminator_loss, ("discriminator",), counts=True),
            (
                Phase("encoder", self.encoder_loss, ("generator.encoder",)),
                Phase("decoder", self.decoder_loss, ("generator.decoder",), reals="last"),
            ),
        )

    def discriminator_loss(self, players: VAEGANPlayers, batch: Batch) -> Losses:
        assert batch.reals is not None, "a discriminator phase has reals"
        generator = players.generator
        with torch.no_grad():
            reconstructed = generator(draw(*generator.posterior(batch.reals)))
            sampled = generator(batch.latents)
        real, rebuilt, fake = _scores(players, batch.reals, reconstructed, sampled)
        terms = {
            "real": softplus(-real).mean(),
            "reconstructed": softplus(rebuilt).mean(),
            "sampled": softplus(fake).mean(),
        }
        return Losses(terms, NonSaturating().measures(real.detach(), torch.cat([rebuilt, fake]).detach()))

    def encoder_loss(self, players: VAEGANPlayers, batch: Batch) -> Losses:
        """The prior, and the reconstruction in full."""
        assert batch.reals is not None, "reals are fresh"
        mean, log_variance = players.generator.posterior(batch.reals)
        reconstructed = players.generator(draw(mean, log_variance))
        terms = {
            "prior": gaussian_divergence(mean, log_variance),
            "reconstruction": _distance(players, batch.reals, reconstructed),
        }
        distance = pairwise_distance(batch.reals.flatten(1), reconstructed.detach().flatten(1), eps=0.0).mean()
        return Losses(terms, {"reconstruction_distance": distance})

    def decoder_loss(self, players: VAEGANPlayers, batch: Batch) -> Losses:
        """A share of the reconstruction, and the GAN loss of what is reconstructed and what is sampled."""
        assert batch.reals is not None, "reals are the last"
        generator, reals = players.generator, batch.reals
        with torch.no_grad():
            latents = draw(*generator.posterior(reals))
        reconstructed = generator(latents)
        _, rebuilt, fake = _scores(players, reals, reconstructed, generator(batch.latents))
        terms = {
            "reconstruction": self.gamma * _distance(players, reals, reconstructed),
            "adversarial": self._fool(rebuilt) + self._fool(fake),
        }
        return Losses(terms)


def draw(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Draw mean + sigma * noise, differentiable in both (arXiv:1312.6114, section 2.4)."""
    return mean + (0.5 * log_variance).exp() * torch.randn_like(mean)


def gaussian_divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(mean, sigma^2) || N(0, 1)), summed over `(N, D)`'s latents, averaged over the batch (1312.6114, app. B)."""
    return 0.5 * (mean.square() + log_variance.exp() - 1.0 - log_variance).sum(1).mean()


def _distance(players: VAEGANPlayers, reals: Tensor, reconstructed: Tensor) -> Tensor:
    """`recon`: half the squared distance in Dis_l, summed over features and averaged over the batch."""
    features = players.discriminator.features(torch.cat([reconstructed, reals])).to(reals.dtype)
    difference = torch.sub(*features.flatten(1).chunk(2))
    return 0.5 * difference.square().sum(1).mean()


def _scores(
    players: VAEGANPlayers, reals: Tensor, reconstructed: Tensor, sampled: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Raw scores of each kind, from one pass: D's batch norm sees all three together, as the authors' program has it.

    Without that, features and scores of the kinds would be measured on scales of their own.
    """
    scores = players.discriminator(torch.cat([reals, reconstructed, sampled])).to(reals.dtype)
    of_reals, of_reconstructed, of_sampled = scores.chunk(3)
    return of_reals, of_reconstructed, of_sampled


def build(config: VAEGANConfig, data: DataSpec) -> Game:
    """Networks for `data`, the three losses of algorithm 1, and one stage."""
    adam, rmsprop = Adam(config.lr, (config.beta1, 0.999)), RMSprop(config.lr)
    recipe = adam if config.optimizer == "adam" else rmsprop
    return Game(
        generator=VAEGANGenerator(config, data),
        discriminator=VAEGANDiscriminator(config, data),
        objective=VAEGANObjective(config.gamma, config.loss),
        optimizers=Optimizers(dict.fromkeys(("generator.encoder", "generator.decoder", "discriminator"), recipe)),
    )
