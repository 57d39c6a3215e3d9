"""Adversarial losses and regularizers, as functions on raw scores and as parts of `AdversarialObjective`."""

from __future__ import annotations

from ganzoo.objectives.adversarial import AdversarialObjective, AuxiliaryClassifier, Lazy
from ganzoo.objectives.divergences import DIVERGENCES, FDivergence
from ganzoo.objectives.functional import (
    hinge_discriminator,
    hinge_generator,
    least_squares_discriminator,
    least_squares_generator,
    minimax_discriminator,
    minimax_generator,
    non_saturating_generator,
    relativistic_discriminator,
    relativistic_generator,
    wasserstein_discriminator,
    wasserstein_generator,
)
from ganzoo.objectives.image_pool import ImagePool
from ganzoo.objectives.losses import (
    AdversarialLoss,
    Hinge,
    LeastSquares,
    Minimax,
    NonSaturating,
    Relativistic,
    Wasserstein,
)
from ganzoo.objectives.regularizers import R1, R2, Drift, GradientPenalty, Regularizer, WeightClip
from ganzoo.objectives.scores import Scored, Scores, over_scales

__all__ = [
    "DIVERGENCES",
    "R1",
    "R2",
    "AdversarialLoss",
    "AdversarialObjective",
    "AuxiliaryClassifier",
    "Drift",
    "FDivergence",
    "GradientPenalty",
    "Hinge",
    "ImagePool",
    "Lazy",
    "LeastSquares",
    "Minimax",
    "NonSaturating",
    "Regularizer",
    "Relativistic",
    "Scored",
    "Scores",
    "Wasserstein",
    "WeightClip",
    "hinge_discriminator",
    "hinge_generator",
    "least_squares_discriminator",
    "least_squares_generator",
    "minimax_discriminator",
    "minimax_generator",
    "non_saturating_generator",
    "over_scales",
    "relativistic_discriminator",
    "relativistic_generator",
    "wasserstein_discriminator",
    "wasserstein_generator",
]
