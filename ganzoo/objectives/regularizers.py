"""Regularizers of the discriminator: terms on top of the adversarial loss, or deeds after the step.

Where a discriminator gives a map, a sample's score is the mean over it; of several scales, each is penalized by itself,
and the terms are averaged, so that no scale's gradient can hide behind another's.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, final

import torch
from torch import Tensor

from ganzoo.core.objective import Players
from ganzoo.objectives._checks import require
from ganzoo.objectives.scores import Scored, Scores, full_precision, of_samples, over_scales


class Regularizer(ABC):
    """Adds a term to the discriminator's loss, acts after its step, or both. Holds settings only, no state.

    Attributes:
        name: Of the term, in the logs.
    """

    name: ClassVar[str]

    @abstractmethod
    def term(self, scored: Scored) -> Tensor | None:
        """The 0-dim term, its weight included, or None for a regularizer that only acts after the step.

        Scores may be maps, or several scales: `over_scales` takes them apart.
        """

    def after_discriminator_step(self, players: Players[Any, Any]) -> None:
        """Called without gradients after each optimizer step of the discriminator."""


@final
@dataclass(frozen=True)
class GradientPenalty(Regularizer):
    """weight * E[(||grad D(x)||_2 - target)^2], x on lines between reals and fakes (arXiv:1704.00028, eq. 3).

    Each x is drawn uniformly from the line between one real and one fake (section 4), with one factor per
    sample; the norm is over all elements of a sample, the mean over the batch. Labels of x are the real's.

    Args:
        weight: The paper's lambda, at least 0.
        target: The norm that is asked for, at least 0.

    Raises:
        ConfigError: If an argument is negative or not finite.
    """

    name: ClassVar[str] = "gradient_penalty"
    weight: float = 10.0
    target: float = 1.0

    def __post_init__(self) -> None:
        _require_not_negative("weight", self.weight)
        _require_not_negative("target", self.target)

    def term(self, scored: Scored) -> Tensor:
        reals, fakes = scored.reals.detach(), scored.fakes.detach()
        factors = torch.rand(len(reals), *[1] * (reals.ndim - 1), dtype=reals.dtype, device=reals.device)
        samples = torch.lerp(fakes, reals, factors).requires_grad_()
        scores = full_precision(scored.discriminator(samples, scored.condition))

        def penalty(scale: Tensor) -> Tensor:
            # vector_norm's gradient at 0 is 0; that of a square root of a sum of squares would be NaN.
            norms: Tensor = torch.linalg.vector_norm(_input_gradients(scale, samples).flatten(1), dim=1)
            return (norms - self.target).square().mean()

        return self.weight * over_scales(penalty, scores)


@final
@dataclass(frozen=True)
class R1(Regularizer):
    """gamma / 2 * E[||grad D(x)||^2] at reals (arXiv:1801.04406, eq. 9).

    The mean is over samples, also where a discriminator packs several into one score.

    Args:
        gamma: At least 0.

    Raises:
        ConfigError: If gamma is negative or not finite.
    """

    name: ClassVar[str] = "r1"
    gamma: float

    def __post_init__(self) -> None:
        _require_not_negative("gamma", self.gamma)

    def term(self, scored: Scored) -> Tensor:
        return self.gamma / 2 * _mean_squared_norm(scored.real_scores, scored.reals)


@final
@dataclass(frozen=True)
class R2(Regularizer):
    """gamma / 2 * E[||grad D(G(z))||^2] at fakes (arXiv:1801.04406, section 4.1).

    Args:
        gamma: At least 0.

    Raises:
        ConfigError: If gamma is negative or not finite.
    """

    name: ClassVar[str] = "r2"
    gamma: float

    def __post_init__(self) -> None:
        _require_not_negative("gamma", self.gamma)

    def term(self, scored: Scored) -> Tensor:
        return self.gamma / 2 * _mean_squared_norm(scored.fake_scores, scored.fakes)


@final
@dataclass(frozen=True)
class Drift(Regularizer):
    """weight * E[D(x)^2] at reals, which keeps a critic's scores near 0 (arXiv:1710.10196, appendix A.1).

    Args:
        weight: The paper's epsilon_drift, at least 0.

    Raises:
        ConfigError: If the weight is negative or not finite.
    """

    name: ClassVar[str] = "drift"
    weight: float = 1e-3

    def __post_init__(self) -> None:
        _require_not_negative("weight", self.weight)

    def term(self, scored: Scored) -> Tensor:
        return self.weight * over_scales(lambda scale: scale.square().mean(), scored.real_scores)


@final
@dataclass(frozen=True)
class WeightClip(Regularizer):
    """Clips D's parameters to [-bound, bound] after each of its steps (arXiv:1701.07875, algorithm 1).

    Buffers, such as the statistics of a batch norm, are left alone.

    Args:
        bound: The paper's c, above 0.

    Raises:
        ConfigError: If the bound is not positive and finite.
    """

    name: ClassVar[str] = "weight_clip"
    bound: float = 0.01

    def __post_init__(self) -> None:
        require(0.0 < self.bound < math.inf, "bound", self.bound, "be positive and finite")

    def term(self, scored: Scored) -> None:
        """None: there is nothing to add to the loss."""

    @torch.no_grad()
    def after_discriminator_step(self, players: Players[Any, Any]) -> None:
        parameters = list(players.discriminator.parameters())
        torch._foreach_clamp_min_(parameters, -self.bound)
        torch._foreach_clamp_max_(parameters, self.bound)


def _input_gradients(scores: Tensor, samples: Tensor) -> Tensor:
    """Gradient of each sample's score at that sample, `(N, *sample.shape)`, itself differentiable."""
    # The sum's gradient is the gradient of each score, as long as no score depends on another's sample.
    (gradients,) = torch.autograd.grad(of_samples(scores).sum(), samples, create_graph=True)
    return gradients


def _mean_squared_norm(scores: Scores, samples: Tensor) -> Tensor:
    return over_scales(lambda scale: _input_gradients(scale, samples).square().sum() / len(samples), scores)


def _require_not_negative(name: str, value: float) -> None:
    require(0.0 <= value < math.inf, name, value, "be finite and at least 0")
