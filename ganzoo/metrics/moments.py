"""Mean and covariance of features."""

from __future__ import annotations

import torch
from torch import Tensor


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
        centered = batch - mean
        step, total = mean - self.mean, self.count + len(batch)
        self.scatter += centered.T @ centered
        self.scatter += torch.outer(step, step) * (self.count * len(batch) / total)
        self.mean += step * (len(batch) / total)
        self.count = total

    @property
    def covariance(self) -> Tensor:
        """`(D, D)`, unbiased (divided by N - 1), as every published FID has it."""
        return self.scatter / (self.count - 1)
