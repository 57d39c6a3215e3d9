"""Are fakes copies of training samples? Distances to the nearest real, next to those that reals have."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy
import torch
from torch import Tensor

from ganzoo.errors import ConfigError
from ganzoo.metrics.comparison import Remember, at_once
from ganzoo.metrics.neighbors import blocks, nearest_distances

if TYPE_CHECKING:
    from ganzoo.core.evaluation import Figure
    from ganzoo.metrics.comparison import Comparison

PROBES = 2000
"""Reals whose own nearest other gives the scale; more would hardly move a median."""

CLOSE = 0.05
"""A fake counts as close when it is nearer to a real than this share of the reals is."""


class Memorization(NamedTuple):
    """Distances to the nearest real, of fakes as a multiple of the reals' own.

    Args:
        memorization_ratio: Median of the fakes over median of the reals; about 1 for fresh samples of the same
            distribution, toward 0 for copies, above 1 for fakes that are far from every real.
        memorization_share: Share of fakes that are closer than the closest 5 % of the reals; about 0.05 for fresh
            samples, toward 1 for copies.
        memorization_distance: Median distance of a fake, in the units of the features.
    """

    memorization_ratio: float
    memorization_share: float
    memorization_distance: float


def memorization(real: Tensor, fake: Tensor, seed: int, of_reals: Remember = at_once) -> Memorization:
    """Compare each fake's distance to its nearest real with leave-one-out distances of reals.

    Args:
        real: `(N, D)` float32, N at least 2: what the model was trained on.
        fake: `(M, D)` float32.
        seed: Of the choice of the reals that give the scale.
        of_reals: Remembers their distances.
    """
    center = real.mean(dim=0)
    real, fake = real - center, fake - center
    order = numpy.random.RandomState(seed).permutation(len(real))[:PROBES]
    chosen = torch.from_numpy(numpy.sort(order)).to(real.device)
    fakes = nearest_distances(fake, real).clamp(min=0).sqrt()
    squares = of_reals(lambda: torch.cat([_second(block) for _, block in blocks(real[chosen], real)]))
    reals = squares.clamp(min=0).sqrt()
    close = reals.quantile(CLOSE)
    return Memorization(
        memorization_ratio=float(fakes.median() / reals.median()),
        memorization_share=float((fakes < close).float().mean()),
        memorization_distance=float(fakes.median()),
    )


def _second(squares: Tensor) -> Tensor:
    return squares.topk(2, dim=1, largest=False).values[:, 1]


def measure(comparison: Comparison) -> dict[str, Figure]:
    """The figures of `memorization`; says so where the reference is not what a model is trained on."""
    real, fake = comparison.features()
    if len(real) < 2:
        raise ConfigError(f"memorization needs at least 2 real samples, and there is {len(real)}")
    if comparison.split == "test":
        comparison.note("memorization looks for copies of the reference, and a test split is not trained on")
    seed = comparison.settings.seed
    remember = partial(comparison.of_reals, f"distances to the nearest other of {PROBES}, seed {seed}")
    return memorization(real, fake, seed, remember)._asdict()
