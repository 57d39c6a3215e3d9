"""Improved precision and recall (Kynkaanniemi et al., 2019), density and coverage (Naeem et al., 2020)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy
import torch
from torch import Tensor

from ganzoo.errors import ConfigError
from ganzoo.metrics.comparison import Remember, at_once
from ganzoo.metrics.neighbors import blocks, neighbor_distances

if TYPE_CHECKING:
    from ganzoo.core.evaluation import Figure
    from ganzoo.metrics.comparison import Comparison


class Prdc(NamedTuple):
    """Precision, recall and coverage lie in [0, 1]; density is about 1 where fakes are spread as reals are."""

    precision: float
    recall: float
    density: float
    coverage: float


def prdc(real: Tensor, fake: Tensor, k: int, of_reals: Remember = at_once) -> Prdc:
    """Compare two sets of features by the balls around each sample that reach to its k-th nearest other.

    precision: share of fakes inside the ball of any real; recall: share of reals inside the ball of any fake
    (Kynkaanniemi et al., 2019, equations 1 and 2). density: real balls around a fake, over k; coverage: share of
    reals with a fake in their ball (Naeem et al., 2020, equations 4 and 5). On a ball's surface counts as outside,
    as in the code of Naeem et al.

    Memory: features, and one block of distances.

    Args:
        real: `(N, D)` float32, N > k.
        fake: `(M, D)` float32, M > k.
        k: At least 1.
        of_reals: Remembers the radii of the reals.
    """
    center = real.mean(dim=0)
    real, fake = real - center, fake - center
    real_radii, fake_radii = of_reals(lambda: neighbor_distances(real, k)), neighbor_distances(fake, k)
    precise = torch.zeros(len(fake), dtype=torch.uint8, device=fake.device)
    inside, recalled, covered = 0, 0, 0
    for rows, squares in blocks(real, fake):
        # As bytes: reductions of bool tensors take several times as long.
        in_real_ball = (squares < real_radii[rows, None]).view(torch.uint8)
        precise |= in_real_ball.amax(dim=0)
        balls = in_real_ball.sum(dim=1, dtype=torch.int32)
        inside += int(balls.sum())
        covered += int(balls.count_nonzero())
        recalled += int((squares < fake_radii).view(torch.uint8).amax(dim=1).sum())
    return Prdc(
        precision=int(precise.sum()) / len(fake),
        recall=recalled / len(real),
        density=inside / (k * len(fake)),
        coverage=covered / len(real),
    )


def measure(comparison: Comparison) -> dict[str, Figure]:
    """`precision`, `recall`, `density`, `coverage`, with as many reals as fakes where there are enough.

    All of them depend on both numbers, and papers use equal ones.
    """
    real, fake = comparison.features()
    k, fewest = comparison.settings.nearest_k, min(len(real), len(fake))
    if fewest <= k:
        raise ConfigError(
            f"prdc with --nearest-k {k} needs at least {k + 1} samples of each kind, and there are {fewest}"
        )
    if len(fake) < len(real):
        chosen = numpy.random.RandomState(comparison.settings.seed).permutation(len(real))[: len(fake)]
        real = real[torch.from_numpy(numpy.sort(chosen)).to(real.device)]
    comparison.neighbor_count = len(real)
    name = f"radii to neighbor {k} of {len(real)}, seed {comparison.settings.seed}"
    return prdc(real, fake, k, partial(comparison.of_reals, name))._asdict()
