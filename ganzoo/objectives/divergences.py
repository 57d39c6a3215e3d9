"""f-divergences as adversarial losses (arXiv:1606.00709).

D_f(P || Q) = E_q[f(p / q)] is at least E_p[T] - E_q[f*(T)] for every T with values where the conjugate f* is finite
(eq. 4). T(x) = g(s): raw scores s of a discriminator go through an activation g that keeps T there (section 3.1,
tables 2 and 6). Both g(s) and f*(g(s)) are written here as functions of s, in forms that neither overflow where the
value itself does not nor cancel digits; through T they would do both.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, final, get_args

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from ganzoo.objectives._checks import require
from ganzoo.objectives.losses import AdversarialLoss

GeneratorGoal = Literal["alternative", "minimax"]


@dataclass(frozen=True, slots=True)
class Divergence:
    """One row of tables 2 and 6, as functions of raw scores.

    Args:
        activation: g(s), what D asserts of a real.
        conjugate: f*(g(s)), what it costs to assert it of a fake.
        threshold: The raw score at which g is f'(1): what the best D gives where both densities are equal
            (section 3.2). f'(1) itself is `activation(threshold)`.
    """

    activation: Callable[[Tensor], Tensor]
    conjugate: Callable[[Tensor], Tensor]
    threshold: float = 0.0


def _half_tanh(scores: Tensor) -> Tensor:
    return 0.5 * torch.tanh(scores)


def _identity(scores: Tensor) -> Tensor:
    return scores


def _log_of_twice_sigmoid(scores: Tensor) -> Tensor:
    """The activation log 2 - log(1 + exp(-s)); it is about s / 2 near 0, where the difference would have no digits."""
    # Clamped, because a logarithm of 0 in the branch that is not taken would make its gradient NaN.
    near = torch.log1p(torch.tanh(0.5 * scores.clamp(-1.0, 1.0)))
    return torch.where(scores.abs() < 1.0, near, math.log(2.0) + logsigmoid(scores))


DIVERGENCES: Mapping[str, Divergence] = {
    "total_variation": Divergence(_half_tanh, _half_tanh),
    # exp(s) / e and not exp(s - 1): rounding s - 1 costs digits of the power.
    "kl": Divergence(_identity, lambda scores: math.exp(-1.0) * torch.exp(scores), threshold=1.0),
    "reverse_kl": Divergence(lambda scores: -torch.exp(-scores), lambda scores: scores - 1.0),
    "pearson": Divergence(_identity, lambda scores: scores * (1.0 + 0.25 * scores)),
    "neyman": Divergence(lambda scores: -torch.expm1(-scores), lambda scores: -2.0 * torch.expm1(-0.5 * scores)),
    "squared_hellinger": Divergence(lambda scores: -torch.expm1(-scores), torch.expm1),
    "jensen_shannon": Divergence(_log_of_twice_sigmoid, lambda scores: -_log_of_twice_sigmoid(-scores)),
    "gan": Divergence(logsigmoid, lambda scores: -logsigmoid(-scores)),
}
"""The divergences of the paper's tables by name. `jensen_shannon` is twice the usual one, and `gan` that less log 4."""


@final
@dataclass(frozen=True)
class FDivergence(AdversarialLoss):
    """The variational f-divergence game (arXiv:1606.00709, eq. 6): D raises the bound, G lowers the divergence.

    Args:
        divergence: A name from `DIVERGENCES`.
        goal: Of the generator. `"minimax"` minimizes the bound, E[-f*(g(s))] of fakes; `"alternative"` maximizes
            E[g(s)] of fakes (section 3.2), as the non-saturating loss does for `gan`, because a bound that D has
            won is flat for most of the divergences.

    Raises:
        ConfigError: If there is no such divergence or goal.
    """

    divergence: str = "jensen_shannon"
    goal: GeneratorGoal = "alternative"

    def __post_init__(self) -> None:
        for name, allowed in (("divergence", DIVERGENCES), ("goal", get_args(GeneratorGoal))):
            value = getattr(self, name)
            require(value in allowed, name, value, f"be one of {', '.join(allowed)}")

    @property
    def threshold(self) -> float:
        """The raw score at which g is f'(1) (section 3.2): above it a sample counts as called real."""
        return DIVERGENCES[self.divergence].threshold

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        return -self.bound(real, fake)

    def generator(self, fake: Tensor, real: Tensor | None = None) -> Tensor:
        row = DIVERGENCES[self.divergence]
        return -(row.activation if self.goal == "alternative" else row.conjugate)(fake).mean()

    def bound(self, real: Tensor, fake: Tensor) -> Tensor:
        """E_p[g(s)] - E_q[f*(g(s))], 0-dim: on average at most the divergence (eq. 4), for `gan` 2 JS - log 4."""
        row = DIVERGENCES[self.divergence]
        return row.activation(real).mean() - row.conjugate(fake).mean()

    def measures(self, real: Tensor, fake: Tensor) -> dict[str, Tensor]:
        """Mean scores, accuracies at the threshold, and the `divergence_bound` of this batch."""
        return {**super().measures(real, fake), "divergence_bound": self.bound(real, fake)}
