"""Kernel distance between two sets of features (KID, Binkowski et al., 2018): unbiased, with its standard error."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy
import torch
from torch import Tensor

from ganzoo.errors import ConfigError
from ganzoo.metrics.comparison import Remember, at_once

if TYPE_CHECKING:
    from ganzoo.core.evaluation import Figure
    from ganzoo.metrics.comparison import Comparison


_ROWS = 250


class Kid(NamedTuple):
    """The mean over subsets, its standard error, and the deviation between subsets (which papers print as +-)."""

    mean: float
    standard_error: float
    deviation: float


def kernel_distance(
    real: Tensor, fake: Tensor, subsets: int, size: int, seed: int, of_reals: Remember = at_once
) -> Kid:
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
        of_reals: Remembers the sums within the subsets of reals.
    """
    # RandomState and not default_rng: numpy promises that its stream never changes.
    random = numpy.random.RandomState(seed)

    def draw(side: Tensor) -> Tensor:
        return torch.from_numpy(random.choice(len(side), size, replace=False)).to(side.device)

    chosen = [(draw(fake), draw(real)) for _ in range(subsets)]
    within = of_reals(lambda: torch.stack([_sum_within(real[places]) for _, places in chosen]))
    estimates = []
    for (fakes, reals), of_these_reals in zip(chosen, within.tolist(), strict=True):
        x = fake[fakes]
        inside = (float(_sum_within(x)) + of_these_reals) / (size * (size - 1))
        estimates.append(inside - 2 * float(_sum_across(x, real[reals])) / (size * size))
    independent = max(1, min(subsets, len(real) // size, len(fake) // size))
    error = float(numpy.std(estimates, ddof=1)) / math.sqrt(independent)
    return Kid(float(numpy.mean(estimates)), error, float(numpy.std(estimates)))


def _sum_within(x: Tensor) -> Tensor:
    """Over all ordered pairs of two different rows; each unordered pair is computed once."""
    left, right = _sides(x, x)
    total = -(x.mul(x).sum(dim=1) / x.shape[1] + 1).pow(3).cpu().double().sum()
    for start in range(0, len(x), _ROWS):
        stop = start + _ROWS
        total += _kernel_sum(left[start:stop], right[start:stop])
        if stop < len(x):
            total += 2 * _kernel_sum(left[start:stop], right[stop:])
    return total


def _sum_across(x: Tensor, y: Tensor) -> Tensor:
    left, right = _sides(x, y)
    # Some rows at a time stay in the processor's cache: more than twice as fast as the whole matrix.
    return torch.stack([_kernel_sum(left[start : start + _ROWS], right) for start in range(0, len(left), _ROWS)]).sum()


def _sides(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    # x.y / D + 1 as one product of vectors with one more place: no further pass over the kernel.
    ones = torch.ones_like(x[:, :1])
    return torch.cat([x / x.shape[1], ones], dim=1), torch.cat([y, ones], dim=1)


def _kernel_sum(left: Tensor, right: Tensor) -> Tensor:
    root = torch.mm(left, right.T)
    # Rounding of a million float32 kernel values averages out; that of a float32 sum would not.
    return (root * root).mul_(root).sum(dim=1).cpu().double().sum()


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
    # Reals are drawn from the same stream as fakes, so the number of fakes decides too which they are.
    name = f"kid {settings.kid_subsets}x{size} of {len(real)}, with {len(fake)} fakes, seed {settings.seed}"
    remember = partial(comparison.of_reals, name)
    kid = kernel_distance(real, fake, settings.kid_subsets, size, settings.seed, remember)
    return {"kid": kid.mean, "kid_se": kid.standard_error, "kid_std": kid.deviation}
