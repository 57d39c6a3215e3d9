"""Networks and objectives of the one-dimensional tutorial (arXiv:1406.2661, figure 1 and eq. 1)."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from typing import Any, final

import torch
from torch import Tensor, nn

from ganzoo import (
    Adam,
    Batch,
    DataSpec,
    Discriminator,
    Game,
    Generator,
    Latent,
    LinearDecay,
    Losses,
    Mixture,
    Objective,
    Optimizers,
    Phase,
    Phases,
    Players,
    Stage,
    mixture_of,
    two_phases,
)
from ganzoo.objectives import R1, AdversarialObjective, NonSaturating
from ganzoo_toy.config import ToyConfig


class ToyGenerator(Generator):
    """z from U(-reach, reach) -> two hidden layers of tanh -> reach * tanh."""

    def __init__(self, config: ToyConfig) -> None:
        super().__init__()
        self.latent = Latent((1,), "uniform", -config.reach, config.reach)
        self.layers, self.reach = _layers(config.hidden_widths), config.reach

    def forward(self, latents: Tensor, condition: Tensor | None = None) -> Tensor:
        """`(N, 1)` -> `(N, 1)` in [-reach, reach]."""
        samples: Tensor = self.reach * torch.tanh(self.layers(latents))
        return samples


class ToyDiscriminator(Discriminator):
    """x -> two hidden layers of tanh -> one raw score."""

    def __init__(self, config: ToyConfig) -> None:
        super().__init__()
        self.layers = _layers(config.hidden_widths)

    def forward(self, samples: Tensor, condition: Tensor | None = None) -> Tensor:
        """`(N, 1)` -> raw scores `(N,)`."""
        scores: Tensor = self.layers(self.augment(samples)).squeeze(1)
        return scores


def _layers(hidden_widths: tuple[int, ...]) -> nn.Sequential:
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise((1, *hidden_widths)):
        layers += [nn.Linear(inputs, outputs), nn.Tanh()]
    return nn.Sequential(*layers, nn.Linear(hidden_widths[-1], 1))


@final
class Aligned(Objective):
    """Another objective on aligned minibatches: evenly spaced latents in ascending order, and sorted reals.

    Sorting alone changes no gradient: a loss that is a mean over single samples does not know their order. It pairs
    the i-th latent with the i-th real for the eye only. What helps is the even spacing, which covers the whole range
    of z in every step and so takes most of the noise that z provides out of both players' gradients.

    Args:
        objective: What the aligned batch is given to.
        latent: Uniform; its range is what the latents are spread over, both ends included.
        jitter: Each latent is moved up by U(0, jitter).
    """

    def __init__(self, objective: AdversarialObjective, latent: Latent, jitter: float) -> None:
        self.objective, self.latent, self.jitter = objective, latent, jitter

    def align(self, batch: Batch) -> Batch:
        """The batch with its reals sorted and its latents spaced evenly."""
        low, high = self.latent.low, self.latent.high
        spaced = torch.linspace(low, high, len(batch.latents), device=batch.latents.device)[:, None]
        # The latents that were drawn are the noise: nothing else has to be random.
        latents = spaced + self.jitter * (batch.latents - low) / (high - low)
        return replace(batch, latents=latents, reals=None if batch.reals is None else batch.reals.sort(dim=0).values)

    def phases(self) -> Phases:
        return two_phases(self.discriminator_loss, self.generator_loss)

    def discriminator_loss(self, players: Players[Any, Any], batch: Batch) -> Losses:
        """As of the objective within."""
        return self.objective.discriminator_loss(players, self.align(batch))

    def generator_loss(self, players: Players[Any, Any], batch: Batch) -> Losses:
        """Likewise."""
        return self.objective.generator_loss(players, self.align(batch))

    def decision(self, players: Players[Any, Any], samples: Tensor) -> Tensor | None:
        return self.objective.decision(players, samples)


@final
class DensityRegression(Objective):
    """The pretraining: E[(D(x) - p(x))^2] with D(x) = sigmoid(score), and x from U(-reach, reach).

    Args:
        mixture: Whose density p is.
        reach: As above.
    """

    def __init__(self, mixture: Mixture, reach: float) -> None:
        modes = (mixture.weights.tolist(), mixture.means[:, 0].tolist(), mixture.sigmas.tolist())
        self.modes, self.reach = tuple(zip(*modes, strict=True)), reach

    def density(self, points: Tensor) -> Tensor:
        """The density p at points of any shape."""
        total = torch.zeros_like(points)
        for weight, mean, sigma in self.modes:
            total += weight / (sigma * math.sqrt(2 * math.pi)) * torch.exp(-0.5 * ((points - mean) / sigma) ** 2)
        return total

    def phases(self) -> Phases:
        return (Phase("discriminator", self.loss, ("discriminator",), counts=True),)

    def loss(self, players: Players[Any, Any], batch: Batch) -> Losses:
        """The regression; the generator is not trained."""
        assert batch.reals is not None, "a phase that counts has reals"
        # Not the reals: where there are none, D could not learn that the density is low.
        points = self.reach * (2 * torch.rand_like(batch.reals) - 1)
        probability = torch.sigmoid(players.discriminator(points))
        return Losses({"density": (probability - self.density(points).squeeze(1)).square().mean()})

    def decision(self, players: Players[Any, Any], samples: Tensor) -> Tensor:
        return torch.sigmoid(players.discriminator(samples))


def build(config: ToyConfig, data: DataSpec) -> Game:
    """Networks, the non-saturating game on aligned minibatches, and the pretraining as a stage before it."""
    generator = ToyGenerator(config)
    penalties = (R1(config.r1),) if config.r1 else ()
    adversarial = AdversarialObjective(NonSaturating(), *penalties)
    objective = Aligned(adversarial, generator.latent, config.jitter) if config.aligned else adversarial
    stages: tuple[Stage, ...] = (Stage(config.batch_size, reset_optimizers=True),)
    mixture = mixture_of(data)
    if config.pretraining_steps and mixture is not None:
        density = DensityRegression(mixture, config.reach)
        stages = (
            Stage(
                config.batch_size,
                config.pretraining_images,
                lr={"discriminator": config.pretraining_lr},
                objective=density,
            ),
            *stages,
        )
    # Two players who orbit each other come to rest where the steps get smaller; a constant rate never ends the dance.
    rest = LinearDecay(config.pretraining_images, config.images)
    return Game(
        generator=generator,
        discriminator=ToyDiscriminator(config),
        objective=objective,
        optimizers=Optimizers(
            {
                "generator": Adam(config.lr, (0.5, 0.999), schedule=rest),
                "discriminator": Adam(config.discriminator_lr, (0.5, 0.999), schedule=rest),
            }
        ),
        stages=stages,
    )
