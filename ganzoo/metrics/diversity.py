"""Do the samples of one batch differ as much as reals do?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy
import torch
from torch import Tensor

if TYPE_CHECKING:
    from ganzoo.core.evaluation import Figure
    from ganzoo.metrics.comparison import Comparison

BATCH = 64


def diversity(features: Tensor, seed: int) -> float:
    """Mean distance between two different samples of a batch of 64, over all batches.

    Args:
        features: `(N, D)` float32, N at least 2. Fewer than 64 are one batch; a last one that is not full is left out.
        seed: Of the order in which samples form batches: a folder's files may be sorted by class.
    """
    size = min(BATCH, len(features))
    order = numpy.random.RandomState(seed).permutation(len(features))[: len(features) // size * size]
    groups = features[torch.from_numpy(order).to(features.device)].reshape(-1, size, features.shape[1])
    total = sum(float(torch.cdist(group, group).sum(dtype=torch.float64)) for group in groups)
    return total / (len(groups) * size * (size - 1))


def measure(comparison: Comparison) -> dict[str, Figure]:
    """`diversity`: of the fakes, over that of the reals; about 1 is right, 0 is one image again and again."""
    real, fake = comparison.features()
    seed = comparison.settings.seed
    # As many batches of reals as of fakes are plenty.
    chosen = numpy.random.RandomState(seed).permutation(len(real))[: len(fake)]
    reals = real[torch.from_numpy(chosen).to(real.device)]
    scale = diversity(reals, seed)
    return {"diversity": diversity(fake, seed) / scale if scale else math.nan}
