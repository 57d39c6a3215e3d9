"""Frechet distance between two sets of features, from streaming mean and covariance (FID, Heusel et al., 2017)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ganzoo.errors import ConfigError

if TYPE_CHECKING:
    from ganzoo.metrics.comparison import Comparison
    from ganzoo.metrics.report import Figure


class Moments:
    """Mean and covariance of a stream of features, in float64; its memory does not grow with the stream.

    Batches are merged by the update of Chan, Golub and LeVeque (1979): sums of squares about the mean of what was
    seen, so nothing cancels, as it would in E[xx'] - E[x]E[x]'.

    Args:
        mean: `(D,)` float64.
        scatter: `(D, D)` float64: sum of the outer products of deviations from the mean.
        count: Features seen.
    """

    def __init__(self, mean: Tensor, scatter: Tensor, count: int) -> None:
        self.mean, self.scatter, self.count = mean, scatter, count

    @classmethod
    def empty(cls, features: int, device: torch.device | str = "cpu") -> Moments:
        """Of nothing yet. MPS has no float64, so moments of its features are kept on the CPU."""
        place = "cpu" if torch.device(device).type == "mps" else device
        zeros = torch.zeros(features, features, dtype=torch.float64, device=place)
        return cls(zeros[0].clone(), zeros, 0)

    def update(self, features: Tensor) -> None:
        """Take in a batch `(n, D)` of any float type."""
        if len(features) == 0:
            return
        batch = features.to(self.mean.device).double()
        mean = batch.mean(dim=0)
        centred = batch - mean
        step, total = mean - self.mean, self.count + len(batch)
        self.scatter += centred.T @ centred
        self.scatter += torch.outer(step, step) * (self.count * len(batch) / total)
        self.mean += step * (len(batch) / total)
        self.count = total

    @property
    def covariance(self) -> Tensor:
        """`(D, D)`, unbiased (divided by N - 1), as every published FID has it."""
        return self.scatter / (self.count - 1)


def frechet_distance(real: Moments, fake: Moments) -> float:
    """||m_r - m_f||^2 + tr(S_r + S_f - 2 (S_r S_f)^(1/2)), Heusel et al. (2017), equation 6.

    The trace of (S_r S_f)^(1/2) is taken from the eigenvalues of S_r^(1/2) S_f S_r^(1/2): the same ones, but of a
    symmetric matrix, so they are real, and rank-deficient covariances need no regularisation.

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
