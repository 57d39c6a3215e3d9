"""Frechet distance between two sets of features, from streaming mean and covariance (FID, Heusel et al., 2017)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from ganzoo.errors import ConfigError
from ganzoo.metrics.moments import Moments

if TYPE_CHECKING:
    from ganzoo.core.evaluation import Figure
    from ganzoo.metrics.comparison import Comparison


def frechet_distance(real: Moments, fake: Moments) -> float:
    """||m_r - m_f||^2 + tr(S_r + S_f - 2 (S_r S_f)^(1/2)), Heusel et al. (2017), equation 6.

    The trace of (S_r S_f)^(1/2) is taken from the eigenvalues of S_r^(1/2) S_f S_r^(1/2): the same ones, but of a
    symmetric matrix, so they are real, and rank-deficient covariances need no regularization.

    Returns:
        At least 0, up to rounding.
    """
    first, second = real.covariance, fake.covariance
    values, vectors = torch.linalg.eigh(first)
    root = (vectors * values.clamp(min=0).sqrt()) @ vectors.T
    product = root @ second @ root
    cross = torch.linalg.eigvalsh((product + product.T) / 2).clamp(min=0).sqrt().sum()
    step = real.mean - fake.mean
    return float(step @ step + first.trace() + second.trace() - 2 * cross)


def measure(comparison: Comparison) -> dict[str, Figure]:
    """`fid`; warns where there are too few samples for a covariance of full rank."""
    real, fake = comparison.real.moments, comparison.fake.moments
    features = len(real.mean)
    for side, moments in (("real", real), ("fake", fake)):
        if moments.count < 2:
            raise ConfigError(f"fid needs at least 2 {side} samples, and there is {moments.count}")
        if moments.count <= features:
            comparison.note(
                f"fid is too high: {moments.count} {side} samples give a rank-deficient covariance of {features} "
                f"features; it needs at least {features + 1} samples, and 10000 is the custom"
            )
    return {"fid": frechet_distance(real, fake)}
