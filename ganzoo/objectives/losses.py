"""Adversarial losses as values: what `AdversarialObjective` takes as its first argument."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from ganzoo.objectives import functional
from ganzoo.objectives._checks import require


class AdversarialLoss(ABC):
    """A loss of both players on raw scores. Holds settings only, no state.

    It is a mean over all elements, whatever their shape: one score a sample, or a map of patches. Of a discriminator
    with several scales it gets one at a time, and `over_scales` averages what it says.

    Attributes:
        sees_reals: `generator` needs the scores of reals too, as relativistic losses do.
    """

    sees_reals: bool = False

    @property
    def threshold(self) -> float | None:
        """The raw score above which a sample counts as called real; None where scores have no such point."""
        return 0.0

    @abstractmethod
    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """The discriminator's loss, 0-dim, from raw scores `(N,)` of reals and `(M,)` of fakes."""

    @abstractmethod
    def generator(self, fake: Tensor, real: Tensor | None = None) -> Tensor:
        """The generator's loss, 0-dim, from raw scores `(N,)` of fakes; `real` is given if `sees_reals`."""

    def measures(self, real: Tensor, fake: Tensor) -> dict[str, Tensor]:
        """0-dim values to show, from detached raw scores: mean scores and, with a threshold, accuracies in [0, 1]."""
        shown = {"real_score": real.mean(), "fake_score": fake.mean()}
        if self.threshold is not None:
            shown["real_accuracy"] = (real > self.threshold).mean(dtype=torch.float32)
            shown["fake_accuracy"] = (fake <= self.threshold).mean(dtype=torch.float32)
        return shown


@dataclass(frozen=True)
class _CrossEntropy(AdversarialLoss):
    """What `Minimax` and `NonSaturating` share: the targets and the discriminator's loss."""

    real_target: float = 1.0
    generator_target: float = 1.0

    def __post_init__(self) -> None:
        for name in ("real_target", "generator_target"):
            value = getattr(self, name)
            require(0.0 < value <= 1.0, name, value, "lie in (0, 1]")

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        return functional.minimax_discriminator(real, fake, self.real_target)


@final
class Minimax(_CrossEntropy):
    """The zero-sum game of arXiv:1406.2661, eq. 1. Its generator gets no gradient while D is sure of itself.

    Args:
        real_target: D's target of reals, in (0, 1]; below 1 is one-sided label smoothing.
        generator_target: G's target, in (0, 1]; see `minimax_generator` for what it means here.

    Raises:
        ConfigError: If a target lies outside (0, 1].
    """

    def generator(self, fake: Tensor, real: Tensor | None = None) -> Tensor:
        return functional.minimax_generator(fake, self.generator_target)


@final
class NonSaturating(_CrossEntropy):
    """The loss that arXiv:1406.2661, section 3, trains with: G maximizes log D(G(z)).

    Args:
        real_target: D's target of reals, in (0, 1]; below 1 is one-sided label smoothing.
        generator_target: G's target of its fakes, in (0, 1].

    Raises:
        ConfigError: If a target lies outside (0, 1].
    """

    def generator(self, fake: Tensor, real: Tensor | None = None) -> Tensor:
        return functional.non_saturating_generator(fake, self.generator_target)


@final
@dataclass(frozen=True)
class LeastSquares(AdversarialLoss):
    """Least squares (arXiv:1611.04076): a/b/c = 0/1/1 is its eq. 9, -1/1/0 (Pearson chi2) its eq. 8.

    Args:
        a: D's target of fakes.
        b: D's target of reals, above `a`.
        c: G's target of fakes, above `a`.

    Raises:
        ConfigError: If a target is not finite, or `b` or `c` is not above `a`.
    """

    a: float = 0.0
    b: float = 1.0
    c: float = 1.0

    def __post_init__(self) -> None:
        for name in ("a", "b", "c"):
            value = getattr(self, name)
            require(math.isfinite(value), name, value, "be finite")
        for name in ("b", "c"):
            value = getattr(self, name)
            require(value > self.a, name, value, f"be greater than a (={self.a})")

    @property
    def threshold(self) -> float:
        """Midway between the targets of fakes and reals."""
        return (self.a + self.b) / 2

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        return functional.least_squares_discriminator(real, fake, self.a, self.b)

    def generator(self, fake: Tensor, real: Tensor | None = None) -> Tensor:
        return functional.least_squares_generator(fake, self.c)


@final
@dataclass(frozen=True)
class Hinge(AdversarialLoss):
    """The hinge loss (arXiv:1802.05957, eq. 16 and 17; arXiv:1705.02894)."""

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        return functional.hinge_discriminator(real, fake)

    def generator(self, fake: Tensor, real: Tensor | None = None) -> Tensor:
        return functional.hinge_generator(fake)


@final
@dataclass(frozen=True)
class Wasserstein(AdversarialLoss):
    """The Wasserstein-1 loss (arXiv:1701.07875). Needs `WeightClip` or `GradientPenalty` to keep D Lipschitz."""

    @property
    def threshold(self) -> None:
        """None: a critic's scores are known up to a constant only."""
        return None

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        return functional.wasserstein_discriminator(real, fake)

    def generator(self, fake: Tensor, real: Tensor | None = None) -> Tensor:
        return functional.wasserstein_generator(fake)

    def measures(self, real: Tensor, fake: Tensor) -> dict[str, Tensor]:
        """Mean scores, and their difference: the estimate of the distance, up to D's Lipschitz constant."""
        means = {"real_score": real.mean(), "fake_score": fake.mean()}
        return {**means, "wasserstein_distance": means["real_score"] - means["fake_score"]}


@final
@dataclass(frozen=True)
class Relativistic(AdversarialLoss):
    """The relativistic pairing loss (arXiv:1807.00734, arXiv:2501.05441, eq. 2). With `R1` and `R2` it converges.

    Both batches must hold the same number of samples, because scores are judged in pairs.
    """

    sees_reals = True

    @property
    def threshold(self) -> None:
        """None: only the difference of two scores means anything."""
        return None

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        return functional.relativistic_discriminator(real, fake)

    def generator(self, fake: Tensor, real: Tensor | None = None) -> Tensor:
        assert real is not None, "sees_reals"
        return functional.relativistic_generator(fake, real)

    def measures(self, real: Tensor, fake: Tensor) -> dict[str, Tensor]:
        """Mean scores, and the share of pairs in [0, 1] whose real has the higher score."""
        pairs = (real > fake).mean(dtype=torch.float32)
        return {"real_score": real.mean(), "fake_score": fake.mean(), "pair_accuracy": pairs}
