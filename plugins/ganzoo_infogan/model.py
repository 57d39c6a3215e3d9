"""Networks and objective of InfoGAN (arXiv:1606.03657, section 5 and appendix C.1)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import final

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from ganzoo import (
    Adam,
    Batch,
    Categorical,
    DataSpec,
    Discriminator,
    Game,
    Latent,
    Losses,
    Normal,
    Objective,
    Optimizers,
    Phase,
    Phases,
    Players,
    Uniform,
)
from ganzoo.layers import SequentialGenerator, coarsest, doubling, feature_maps, initialize_normal
from ganzoo.objectives import minimax_discriminator, non_saturating_generator
from ganzoo_infogan.config import InfoGANConfig, parse_codes

SLOPE = 0.1
"""Of the leaky ReLU (appendix C)."""

RECOGNITION = 128
"""Width of Q's own layer (table 1)."""


def code_latent(config: InfoGANConfig) -> Latent:
    """z, then the categorical codes, then the continuous ones: `(74,)` for MNIST."""
    categorical = {name: Categorical(size) for name, size in parse_codes(config.categorical).items()}
    continuous = {name: Uniform(size) for name, size in parse_codes(config.continuous).items()}
    return Latent.parts(z=Normal(config.noise_dim), **categorical, **continuous)


def generator_layers(latent: Latent, config: InfoGANConfig, data: DataSpec) -> nn.Sequential:
    """Two dense layers, then doublings up to the image's size, all with batch norm and ReLU; tanh at the end."""
    maps, side = feature_maps(data.resolution, config.width)[::-1], coarsest(data.resolution)
    layers: list[nn.Module] = [
        nn.Linear(latent.shape[0], config.hidden, bias=False),
        nn.BatchNorm1d(config.hidden),
        nn.ReLU(),
        nn.Linear(config.hidden, maps[0] * side**2, bias=False),
        nn.BatchNorm1d(maps[0] * side**2),
        nn.ReLU(),
        nn.Unflatten(1, (maps[0], side, side)),
    ]
    for coarse, fine in pairwise(maps):
        layers += [*doubling(coarse, fine, "transposed", bias=False), nn.BatchNorm2d(fine), nn.ReLU()]
    return nn.Sequential(*layers, *doubling(maps[-1], data.channels, "transposed", bias=True), nn.Tanh())


@final
class InfoGANDiscriminator(Discriminator):
    """A body, whose features Q shares, and the score of those features."""

    def __init__(self, config: InfoGANConfig, data: DataSpec) -> None:
        super().__init__()
        maps, side = feature_maps(data.resolution, config.width), coarsest(data.resolution)
        layers: list[nn.Module] = [nn.Conv2d(data.channels, maps[0], 4, 2, 1), nn.LeakyReLU(SLOPE)]
        for fine, coarse in pairwise(maps):
            layers += [nn.Conv2d(fine, coarse, 4, 2, 1, bias=False), nn.BatchNorm2d(coarse), nn.LeakyReLU(SLOPE)]
        layers += [nn.Flatten(), nn.Linear(maps[-1] * side**2, config.hidden, bias=False)]
        self.body = nn.Sequential(*layers, nn.BatchNorm1d(config.hidden), nn.LeakyReLU(SLOPE))
        self.score = nn.Linear(config.hidden, 1)

    def features(self, samples: Tensor) -> Tensor:
        """`(N, C, H, W)` -> `(N, hidden)`: all but the last layer."""
        features: Tensor = self.body(self.augment(samples))
        return features

    def forward(self, samples: Tensor, condition: Tensor | None = None) -> Tensor:
        """`(N, C, H, W)` -> raw scores `(N,)`."""
        return self.judge(self.features(samples))

    def judge(self, features: Tensor) -> Tensor:
        """Raw scores `(N,)` of features `(N, hidden)`."""
        scores: Tensor = self.score(features).squeeze(1)
        return scores


@final
class Recognition(nn.Module):
    """Q(c|x): from the discriminator's features of a sample to the distribution of each code that it was made of.

    Args:
        latent: Whose parts but z are the codes.
        features: Length of the features.
    """

    def __init__(self, latent: Latent, features: int) -> None:
        super().__init__()
        self.latent = latent
        self.hidden = nn.Sequential(
            nn.Linear(features, RECOGNITION, bias=False), nn.BatchNorm1d(RECOGNITION), nn.LeakyReLU(SLOPE)
        )
        # Logits of each choice; mean and logarithm of the standard deviation of each component.
        self.heads = nn.ModuleDict(
            {
                name: nn.Linear(RECOGNITION, part.size if isinstance(part, Categorical) else 2 * part.size)
                for name, part, _ in codes(latent)
            }
        )

    def forward(self, features: Tensor) -> dict[str, Tensor]:
        """`(N, features)` -> the parameters of each code's distribution, `(N, size)` or `(N, 2 * size)`, by name."""
        hidden = self.hidden(features)
        return {name: head(hidden).float() for name, head in self.heads.items()}


def codes(latent: Latent) -> Iterator[tuple[str, Categorical | Uniform, slice]]:
    """The parts that Q looks for: name, distribution and components."""
    for name, part, columns in latent.pieces():
        if not isinstance(part, Normal):
            yield name, part, columns


def information(part: Categorical | Uniform, code: Tensor, found: Tensor) -> Tensor:
    """The lower bound L_I = E[log Q(c|x)] + H(c) of the mutual information of code and sample, in nats (eq. 5).

    Args:
        part: Distribution of the code.
        code: `(N, size)` that the samples were made of.
        found: What Q says of them: logits `(N, size)`; or `(N, 2 * size)`, means, then logarithms of the deviations.

    Returns:
        0-dim; at most log(choices) of a categorical code.
    """
    if isinstance(part, Categorical):
        return math.log(part.size) - cross_entropy(found, code.argmax(1))
    mean, log_deviation = found.chunk(2, 1)
    density = -0.5 * ((code - mean) * torch.exp(-log_deviation)).square() - log_deviation - 0.5 * math.log(2 * math.pi)
    return density.sum(1).mean() + part.size * math.log(part.high - part.low)


InfoGANPlayers = Players[SequentialGenerator, InfoGANDiscriminator]


@final
class InfoGANObjective(Objective):
    """min over G and Q, max over D, of V(D, G) - lambda * L_I(G, Q) (eq. 6), with the non-saturating loss.

    D's body, which Q shares, is moved with D: by what tells reals from fakes, and by what tells the codes.

    Args:
        latent: Of the generator.
        categorical_weight: lambda of categorical codes.
        continuous_weight: lambda of continuous codes.
    """

    def __init__(self, latent: Latent, categorical_weight: float, continuous_weight: float) -> None:
        self.latent = latent
        self.categorical_weight, self.continuous_weight = categorical_weight, continuous_weight

    def phases(self) -> Phases:
        return (
            Phase("discriminator", self.discriminator_loss, ("discriminator", "auxiliary"), counts=True),
            Phase("generator", self.generator_loss, ("generator",), reals="none"),
        )

    def discriminator_loss(self, players: InfoGANPlayers, batch: Batch) -> Losses:
        assert batch.reals is not None, "a discriminator phase has reals"
        with torch.no_grad():
            fakes = players.generator(batch.latents)
        features = players.discriminator.features(fakes)
        real, fake = players.discriminator(batch.reals).float(), players.discriminator.judge(features).float()
        terms, bounds = self._tell(players, batch, features)
        measures = {"real_score": real.detach().mean(), "fake_score": fake.detach().mean(), **bounds}
        return Losses({"adversarial": minimax_discriminator(real, fake), **terms}, measures)

    def generator_loss(self, players: InfoGANPlayers, batch: Batch) -> Losses:
        features = players.discriminator.features(players.generator(batch.latents))
        terms, _ = self._tell(players, batch, features)
        return Losses({"adversarial": non_saturating_generator(players.discriminator.judge(features).float()), **terms})

    def _tell(
        self, players: InfoGANPlayers, batch: Batch, features: Tensor
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """-lambda * L_I of each code, and L_I as `digit_information`."""
        found, terms, bounds = players.auxiliary(features), {}, {}
        for name, part, columns in codes(self.latent):
            bound = information(part, batch.latents[:, columns], found[name])
            weight = self.categorical_weight if isinstance(part, Categorical) else self.continuous_weight
            terms[name], bounds[f"{name}_information"] = -weight * bound, bound.detach()
        return terms, bounds


def build(config: InfoGANConfig, data: DataSpec) -> Game:
    """The networks of appendix C.1, which other sizes of image make longer, and Q as the auxiliary one."""
    latent = code_latent(config)
    generator = SequentialGenerator(latent, generator_layers(latent, config, data))
    discriminator, recognition = InfoGANDiscriminator(config, data), Recognition(latent, config.hidden)
    for network in (generator, discriminator, recognition):
        network.apply(initialize_normal)
    betas = (config.beta1, 0.999)
    slow = Adam(config.discriminator_lr, betas)
    return Game(
        generator=generator,
        discriminator=discriminator,
        objective=InfoGANObjective(latent, config.categorical_weight, config.continuous_weight),
        optimizers=Optimizers(
            {"generator": Adam(config.generator_lr, betas), "discriminator": slow, "auxiliary": slow}
        ),
        auxiliary=recognition,
    )
