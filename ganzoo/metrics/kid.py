"""Kernel distance between two sets of features (KID, Binkowski et al., 2018): unbiased, with its standard error."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy
import torch
from torch import Tensor

from ganzoo.errors import ConfigError

if TYPE_CHECKING:
    from ganzoo.metrics.comparison import Comparison
    from ganzoo.metrics.report import Figure


_ROWS = 250


class Kid(NamedTuple):
    """The mean over subsets, its standard error, and the deviation between subsets (which papers print as +-)."""

    mean: float
    standard_error: float
    deviation: float


def kernel_distance(real: Tensor, fake: Tensor, subsets: int, size: int, seed: int) -> Kid:
    """Squared MMD with the kernel (x.y / D + 1)^3, unbiased (Binkowski et al., 2018, section 4), over subsets.

    Subsets are drawn as torch-fidelity draws them, so the same seed gives its figures.

    The subsets overlap, so their deviation over sqrt(subsets) would promise too much. No more than n / size of
    them can be independent, and by that number the deviation is divided: the error is rather too large than too
    small.

    Args:
        real: `(N, D)` float32.
        fake: `(M, D)` float32.
        subsets: At least 2.
        size: Of a subset, from 2 to the smaller of N and M.
        seed: Of the choice of subsets.
    """
    # RandomState and not default_rng: numpy promises that its stream never changes.
    random = numpy.random.RandomState(seed)
    estimates = []
    for _ in range(subsets):
        chosen = [
            side[torch.from_numpy(random.choice(len(side), size, replace=False)).to(side.device)]
            for side in (fake, real)
        ]
        estimates.append(_unbiased(*chosen))
    independent = max(1, min(subsets, len(real) // size, len(fake) // size))
    error = float(numpy.std(estimates, ddof=1)) / math.sqrt(independent)
    return Kid(float(numpy.mean(estimates)), error, float(numpy.std(estimates)))


def _unbiased(x: Tensor, y: Tensor) -> float:
    size = len(x)
    within = sum(_kernel_sum(side, side) - _diagonal_sum(side) for side in (x, y)) / (size * (size - 1))
    return float(within - 2 * _kernel_sum(x, y) / (size * size))


def _kernel_sum(x: Tensor, y: Tensor) -> Tensor:
    total = torch.zeros((), dtype=torch.float64)
    # Some rows at a time stay in the processor's cache: more than twice as fast as the whole matrix.
    for start in range(0, len(x), _ROWS):
        kernel = torch.mm(x[start : start + _ROWS], y.T).mul_(1 / x.shape[1]).add_(1)
        # Rounding of a million float32 kernel values averages out; that of a float32 sum would not.
        total += (kernel * kernel).mul_(kernel).sum(dim=1).cpu().double().sum()
    return total


def _diagonal_sum(x: Tensor) -> Tensor:
    return (x.mul(x).sum(dim=1) / x.shape[1] + 1).pow(3).cpu().double().sum()


def measure(comparison: Comparison) -> dict[str, Figure]:
    """`kid`, `kid_se`, `kid_std`; smaller subsets, and a note, where there are fewer than two of them."""
    real, fake = comparison.features()
    settings = comparison.settings
    fewest = min(len(real), len(fake))
    if fewest < 4:
        raise ConfigError(f"kid needs at least 4 samples of each kind, and there are {fewest}")
    size = min(settings.kid_subset_size, fewest // 2)
    if size < settings.kid_subset_size:
        comparison.note(f"kid: subsets of {size} and not {settings.kid_subset_size}, as there are {fewest} samples")
        # The protocol is to name what was done.
        comparison.settings = replace(settings, kid_subset_size=size)
    kid = kernel_distance(real, fake, settings.kid_subsets, size, settings.seed)
    return {"kid": kid.mean, "kid_se": kid.standard_error, "kid_std": kid.deviation}
