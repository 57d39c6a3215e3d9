"""Toy data: mixtures of Gaussians whose density and modes are known exactly. Imports no torch.

`ring` and `grid` are those of PacGAN (arXiv:1712.04086, section 4.1), so that mode counts can be compared with its
table 1. Vectors reach the networks as they are, so every mixture has values of a few units, as networks like them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ganzoo.core.data_spec import DataSpec, Density

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class Mixture:
    """Isotropic Gaussians with weights.

    Args:
        name: Of the set.
        means: `(K, D)`, one row a mode.
        sigmas: `(K,)` standard deviations.
        weights: `(K,)` shares of the modes, summing to 1.
    """

    name: str
    means: Floats
    sigmas: Floats
    weights: Floats

    def to_density(self) -> Density:
        """As plain values, for a `DataSpec`.

        Raises:
            ValueError: If it is no mixture.
        """
        means = tuple(map(tuple, self.means.tolist()))
        return Density(means, tuple(self.sigmas.tolist()), tuple(self.weights.tolist()))

    @property
    def modes(self) -> int:
        """Number of modes K."""
        return len(self.means)

    @property
    def dimensions(self) -> int:
        """Length D of a sample."""
        return int(self.means.shape[1])

    def draw(self, count: int, seed: int) -> NDArray[np.float32]:
        """Draw samples `(count, D)`, float32; they depend on `count` and `seed` alone."""
        # RandomState and not default_rng: numpy promises that its stream never changes.
        random = np.random.RandomState(seed)
        # The last share is dropped: rounded sums may end below 1, and no draw may fall behind the last mode.
        modes = np.searchsorted(np.cumsum(self.weights)[:-1], random.random_sample(count), side="right")
        noise = random.standard_normal((count, self.dimensions))
        return (self.means[modes] + self.sigmas[modes, None] * noise).astype(np.float32)

    def distances(self, samples: NDArray[np.floating]) -> Floats:
        """Mahalanobis distances `(N, K)` of samples `(N, D)` to the modes: in sigmas of each mode."""
        differences = samples.astype(np.float64)[:, None, :] - self.means
        distances: Floats = np.sqrt(np.square(differences).sum(axis=2)) / self.sigmas
        return distances

    def nearest(self, samples: NDArray[np.floating]) -> tuple[NDArray[np.int64], Floats]:
        """The nearest mode `(N,)` of samples `(N, D)` by Mahalanobis distance, and that distance `(N,)`."""
        distances = self.distances(samples)
        modes = distances.argmin(axis=1)
        return modes, distances[np.arange(len(modes)), modes]

    def log_density(self, samples: NDArray[np.floating]) -> Floats:
        """Natural logarithm of the density `(N,)` at samples `(N, D)`, finite also far from every mode."""
        normalizer = self.dimensions * (np.log(self.sigmas) + 0.5 * math.log(2 * math.pi))
        logs = np.log(self.weights) - normalizer - 0.5 * np.square(self.distances(samples))
        # Without the largest term in front, the density of a point 40 sigmas off would underflow to log(0).
        largest = logs.max(axis=1)
        total: Floats = largest + np.log(np.exp(logs - largest[:, None]).sum(axis=1))
        return total

    def limits(self) -> Floats:
        """Axes that show all modes: `(D, 2)`, lowest and highest value, with a margin."""
        reach = 4 * self.sigmas[:, None]
        low, high = (self.means - reach).min(axis=0), (self.means + reach).max(axis=0)
        margin = 0.2 * (high - low)
        return np.stack([low - margin, high + margin], axis=1)


def _even(name: str, means: Floats, sigma: float) -> Mixture:
    """Modes of one size and equal weight."""
    return Mixture(name, means, np.full(len(means), sigma), np.full(len(means), 1 / len(means)))


def _ring() -> Mixture:
    # Not linspace(0, 2 pi, 8): it has both ends of the circle, so the first and the last mode would be one.
    angles = 2 * np.pi * np.arange(8) / 8
    return _even("ring", np.stack([np.cos(angles), np.sin(angles)], axis=1), 0.01)


def _grid() -> Mixture:
    line = np.arange(-4.0, 5.0, 2.0)
    return _even("grid", np.array([(x, y) for x in line for y in line]), 0.05)


MIXTURES: Mapping[str, Mixture] = {
    mixture.name: mixture
    for mixture in (
        _ring(),
        _grid(),
        # Daily temperatures of two cities in tens of degrees Celsius: 7 days in 10 from a warm one, 25 +- 3, the
        # others from a cold one, 5 +- 4.
        Mixture("cities", np.array([[2.5], [0.5]]), np.array([0.3, 0.4]), np.array([0.7, 0.3])),
        # The target of the best-known one-dimensional tutorial of arXiv:1406.2661.
        Mixture("normal1d", np.array([[-1.0]]), np.array([1.0]), np.array([1.0])),
    )
}
"""The mixtures that `--data` knows, by name."""


def mixture_of(spec: DataSpec) -> Mixture | None:
    """The mixture that a data set was drawn from, None where its source does not say."""
    if spec.density is None:
        return None
    return Mixture(spec.name, *map(np.array, (spec.density.means, spec.density.sigmas, spec.density.weights)))
