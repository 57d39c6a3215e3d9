"""What can be done with latents: truncate, interpolate, calculate, keep in a file. Imports no torch."""

from __future__ import annotations

import itertools
import math
import zipfile
from collections.abc import Sequence
from pathlib import Path
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from ganzoo.core.latent import LARGEST_SEED, Latent
from ganzoo.errors import ConfigError, DataError
from ganzoo.utils.files import replacing

Latents = NDArray[np.float32]

SMALLEST_GROUP = 3
"""Single samples gave unstable results, means of three consistent ones (DCGAN, arXiv:1511.06434, section 6.3.2)."""

NOISE_SCALE = 0.25
"""Of the uniform noise around a result of latent arithmetic (DCGAN, figure 7)."""

_PARALLEL = 1e-6


def of_seeds(latent: Latent, seeds: Sequence[int]) -> Latents:
    """One latent a seed: the first of `latent.draw(..., seed)`, so the first that `ganzoo sample --seed` shows.

    Args:
        latent: The distribution of a generator's latents.
        seeds: From 0 to `LARGEST_SEED`.

    Returns:
        `(len(seeds), *latent.shape)`.

    Raises:
        ConfigError: If a seed is out of range, or there is none.
    """
    if not seeds:
        raise ConfigError("no seed was given: name at least one")
    for seed in seeds:
        if not 0 <= seed <= LARGEST_SEED:
            raise ConfigError(f"a seed (={seed}) must lie between 0 and {LARGEST_SEED}")
    return np.concatenate([latent.draw(1, seed) for seed in seeds])


def truncate(latents: Latents, latent: Latent, threshold: float) -> Latents:
    """The truncation trick of BigGAN (arXiv:1809.11096, section 3.1): no component beyond a threshold.

    The paper draws components beyond the threshold again until they are within. That is the distribution cut off at
    the threshold, and here its quantile function does it: each component goes to the same quantile of the cut
    distribution. So a seed's sample changes steadily with the threshold instead of becoming another one.

    Args:
        latents: `(N, *latent.shape)`, drawn from `latent`.
        latent: Their distribution.
        threshold: Of N(0, 1): the largest magnitude, above 0; the paper's go from 2 down to 0.04. Of U(low, high): the
            share of the range that is kept, about its middle, up to 1; of U(-1, 1) that is the largest magnitude.

    Returns:
        `(N, *latent.shape)`.

    Raises:
        ConfigError: If the threshold is out of range.
    """
    check_truncation(threshold)
    if latent.distribution == "uniform":
        if threshold > 1:
            raise ConfigError(
                f"a truncation (={threshold:g}) of uniform latents is the share of their range: at most 1"
            )
        middle = (latent.low + latent.high) / 2
        return (middle + threshold * (latents - middle)).astype(np.float32)
    below = _share_below(-threshold)
    # Of the lower half, because shares near 1 have lost the digits of their tail.
    shares = below + np.vectorize(_share_below)(-np.abs(latents.astype(np.float64))) * (1 - 2 * below)
    sizes = -np.vectorize(NormalDist().inv_cdf)(shares.clip(np.finfo(float).tiny, 0.5))
    cut: Latents = np.copysign(np.minimum(sizes, threshold), latents).astype(np.float32)
    return cut


def check_truncation(threshold: float) -> None:
    """Refuse what is no threshold for any distribution.

    Raises:
        ConfigError: If it is not above 0.
    """
    if not 0 < threshold < np.inf:
        raise ConfigError(f"a truncation (={threshold:g}) must be above 0, such as 0.7")


def interpolate(latents: Latents, steps: int, *, spherical: bool) -> Latents:
    """A path through latents in their order.

    Args:
        latents: `(K, ...)`, K at least 2.
        steps: From each to the next, at least 1.
        spherical: Along great circles (slerp; "Sampling Generative Networks", arXiv:1609.04468, section 2.1), which
            keeps to the lengths that normal latents have; otherwise along straight lines. Latents in the same or in
            opposite directions, between which there is no one great circle, are joined by a straight line.

    Returns:
        `((K - 1) * steps + 1, ...)`; every `steps`-th is one of the given, as given.

    Raises:
        ConfigError: If there are fewer than two latents or no step.
    """
    if len(latents) < 2:
        raise ConfigError(f"a path needs at least two latents, and {len(latents)} was given")
    if steps < 1:
        raise ConfigError(f"the steps (={steps}) from one latent to the next must be at least 1")
    join = _great_circle if spherical else _straight
    path = [latents[:1].astype(np.float32)]
    for start, end in itertools.pairwise(latents):
        shares = np.arange(1, steps) / steps
        between = join(start.ravel().astype(np.float64), end.ravel().astype(np.float64), shares[:, None])
        path += [between.reshape(-1, *start.shape).astype(np.float32), end[None].astype(np.float32)]
    return np.concatenate(path)


def combine(plus: Sequence[Latents], minus: Sequence[Latents] = ()) -> Latents:
    """Latent arithmetic (DCGAN, section 6.3.2): means of groups, added and subtracted.

    Nothing is rescaled, as in the paper: the mean of three normal latents has 1 / sqrt(3) of one latent's length, and
    of three such means, as in a - b + c, the result has the length of one latent again.

    Args:
        plus: At least one group `(k, ...)` of at least three latents.
        minus: Such groups.

    Returns:
        One latent `(...)`.

    Raises:
        ConfigError: If there is no group to add, or a group is too small.
    """
    if not plus:
        raise ConfigError("latent arithmetic needs at least one group to add")
    for group in (*plus, *minus):
        check_group(len(group), "a group")
    means = [group.mean(axis=0) for group in plus] + [-group.mean(axis=0) for group in minus]
    return np.asarray(np.sum(means, axis=0, dtype=np.float64), np.float32)


def check_group(size: int, name: str) -> None:
    """Refuse a group for `combine` that is too small; `name` is what the sentence calls it."""
    if size < SMALLEST_GROUP:
        raise ConfigError(
            f"{name} has {size} {'seed' if size == 1 else 'seeds'}: a mean of fewer than {SMALLEST_GROUP} samples is "
            f"not stable, so name at least {SMALLEST_GROUP}, such as 3,17,42"
        )


def check_groups(plus: Sequence[Sequence[int]], minus: Sequence[Sequence[int]]) -> None:
    """Refuse groups of seeds that cannot be added and subtracted.

    Raises:
        ConfigError: If there is nothing to add, or a group is too small.
    """
    if not plus:
        raise ConfigError("what shall be added? Give groups of seeds, such as --plus 3,17,42 --minus 5,8,21")
    for option, groups in (("--plus", plus), ("--minus", minus)):
        for seeds in groups:
            check_group(len(seeds), f"{option} {','.join(map(str, seeds))}")


def around(latent: Latents, count: int, seed: int, scale: float = NOISE_SCALE) -> Latents:
    """`(count, ...)` neighbors of one latent `(...)`: uniform noise from -scale to scale added (DCGAN, figure 7)."""
    noise = np.random.RandomState(seed).uniform(-scale, scale, (count, *latent.shape))
    return (latent + noise).astype(np.float32)


def save(path: Path, latents: Latents, labels: NDArray[np.int64] | None = None, **more: NDArray[np.generic]) -> None:
    """Write an `.npz` of `latents` `(N, ...)`, their `labels` `(N,)` if they have any, and more arrays, in one move."""
    arrays = {"latents": latents, **({} if labels is None else {"labels": labels}), **more}
    with replacing(path) as aside, aside.open("wb") as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]


def read(path: Path, latent: Latent) -> tuple[Latents, NDArray[np.int64] | None]:
    """Read what `save` wrote.

    Args:
        path: An `.npz`.
        latent: The distribution whose shape the latents must have.

    Returns:
        Latents `(N, *latent.shape)`, and their labels `(N,)` or None.

    Raises:
        DataError: If there is no such file, or it holds no such latents.
    """
    try:
        # Opened here, because numpy leaves a file open that it cannot read.
        with path.open("rb") as opened, np.load(opened) as file:
            latents = file["latents"]
            labels = file.get("labels")
    except KeyError as error:
        raise DataError(f"{path} has no array `latents`: `ganzoo nearest --npz` writes one") from error
    except (OSError, ValueError, EOFError, TypeError, zipfile.BadZipFile) as error:
        raise DataError(f"{path} is not a readable .npz ({error})") from error
    if latents.shape[1:] != latent.shape or not len(latents) or latents.dtype.kind != "f":
        raise DataError(
            f"the latents of {path} are {latents.dtype} {latents.shape}, but this model's are float32 (N, "
            f"{', '.join(map(str, latent.shape))})"
        )
    if not np.isfinite(latents).all():
        raise DataError(f"the latents of {path} are not all finite")
    if labels is not None and (labels.shape != (len(latents),) or labels.dtype.kind not in "iu"):
        raise DataError(f"the labels of {path} are {labels.dtype} {labels.shape}, but must be int64 ({len(latents)},)")
    return latents.astype(np.float32), None if labels is None else labels.astype(np.int64)


def _share_below(value: float) -> float:
    """Of N(0, 1). By erfc, which keeps the digits of the lower tail."""
    return math.erfc(-value / math.sqrt(2)) / 2


def _straight(start: NDArray[np.float64], end: NDArray[np.float64], shares: NDArray[np.float64]) -> NDArray[np.float64]:
    return start + shares * (end - start)


def _great_circle(
    start: NDArray[np.float64], end: NDArray[np.float64], shares: NDArray[np.float64]
) -> NDArray[np.float64]:
    lengths = np.linalg.norm(start) * np.linalg.norm(end)
    angle = np.arccos(np.clip(start @ end / lengths, -1, 1)) if lengths else 0.0
    if np.sin(angle) < _PARALLEL:
        return _straight(start, end, shares)
    path: NDArray[np.float64] = (np.sin((1 - shares) * angle) * start + np.sin(shares * angle) * end) / np.sin(angle)
    return path
