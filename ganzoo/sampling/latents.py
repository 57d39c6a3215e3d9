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

from ganzoo.core.latent import LARGEST_SEED, Categorical, Latent, Normal, Uniform
from ganzoo.errors import ConfigError, DataError
from ganzoo.utils.files import replacing

Latents = NDArray[np.float32]

SMALLEST_GROUP = 3
"""Single samples gave unstable results, means of three consistent ones (DCGAN, arXiv:1511.06434, section 6.3.2)."""

NOISE_SCALE = 0.25
"""Of the uniform noise around a result of latent arithmetic (DCGAN, figure 7)."""

_PARALLEL = 1e-6

_ARRAYS = {"z": "latents", "w": "w"}
"""Names of arrays in a file, by space."""


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
            share of the range that is kept, about its middle, up to 1; of U(-1, 1) that is the largest magnitude. Of
            a latent of parts each is cut as it is distributed, a categorical one not at all.

    Returns:
        `(N, *latent.shape)`.

    Raises:
        ConfigError: If the threshold is out of range.
    """
    check_truncation(threshold)
    parts = [part for _, part, _ in latent.pieces()]
    # Beside normal parts a larger one says something; uniform ones it leaves as they are.
    if threshold > 1 and not any(isinstance(part, Normal) for part in parts):
        raise ConfigError(f"a truncation (={threshold:g}) of uniform latents is the share of their range: at most 1")
    flat = latents.reshape(len(latents), -1).astype(np.float32)
    for _, part, place in latent.pieces():
        if isinstance(part, Normal):
            flat[:, place] = _cut(flat[:, place], threshold)
        elif isinstance(part, Uniform):
            middle = (part.low + part.high) / 2
            flat[:, place] = middle + min(threshold, 1.0) * (flat[:, place] - middle)
    return flat.reshape(latents.shape)


def _cut(latents: Latents, threshold: float) -> Latents:
    """Components of N(0, 1), each at the same quantile of what the threshold leaves of that distribution."""
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


def walk(latents: Latents, latent: Latent, steps: int, *, spherical: bool | None = None) -> Latents:
    """A path through latents, each part of them joined as it is distributed.

    Args:
        latents: `(K, *latent.shape)`, K at least 2.
        latent: Their distribution.
        steps: From each to the next, at least 1.
        spherical: Along great circles, or along straight lines; None: normal parts along great circles, others
            straight. A categorical part goes straight from one choice to the other, as shares of both.

    Returns:
        As `interpolate`.

    Raises:
        ConfigError: As `interpolate`.
    """
    flat, path = latents.reshape(len(latents), -1), []
    for _, part, place in latent.pieces():
        along = isinstance(part, Normal) if spherical is None else spherical and not isinstance(part, Categorical)
        path.append(interpolate(flat[:, place], steps, spherical=along))
    return np.concatenate(path, axis=1).reshape(-1, *latent.shape)


def one_hot(latents: Latents, latent: Latent, like: Latents | None = None) -> Latents:
    """Latents `(N, *latent.shape)` whose categorical parts are one choice each: the one with the largest share.

    Args:
        latents: After arithmetic, say.
        latent: Their distribution.
        like: One latent, whose choices are taken instead.
    """
    codes = [(part, place) for _, part, place in latent.pieces() if isinstance(part, Categorical)]
    if not codes:
        return latents
    made = latents.copy()
    for part, place in codes:
        shares = made[:, place] if like is None else like[None, place]
        made[:, place] = np.eye(part.size, dtype=np.float32)[shares.argmax(1)]
    return made


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


def save(
    path: Path,
    points: Latents,
    labels: NDArray[np.int64] | None = None,
    *,
    space: str = "z",
    **more: NDArray[np.generic],
) -> None:
    """Write an `.npz` of `latents` or `w` `(N, ...)`, their `labels` `(N,)` if there are any, and more, in one move."""
    arrays = {_ARRAYS[space]: points, **({} if labels is None else {"labels": labels}), **more}
    with replacing(path) as aside, aside.open("wb") as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]


def space_kept(path: Path) -> str:
    """`"w"` of a file in which `save` kept w, else `"z"`; whether it can be read is `read`'s business."""
    try:
        with zipfile.ZipFile(path) as file:
            return "w" if f"{_ARRAYS['w']}.npy" in file.namelist() else "z"
    except (OSError, zipfile.BadZipFile):
        return "z"


def read(
    path: Path, latent: Latent, *, w_shape: tuple[int, ...] | None = None
) -> tuple[Latents, NDArray[np.int64] | None]:
    """Read what `save` wrote.

    Args:
        path: An `.npz`.
        latent: The distribution whose shape the latents must have.
        w_shape: Instead of latents w of this shape is read.

    Returns:
        Latents `(N, *latent.shape)` or w `(N, *w_shape)`, and their labels `(N,)` or None.

    Raises:
        DataError: If there is no such file, or it holds no such latents.
    """
    name, shape = (_ARRAYS["z"], latent.shape) if w_shape is None else (_ARRAYS["w"], w_shape)
    try:
        # Opened here, because numpy leaves a file open that it cannot read.
        with path.open("rb") as opened, np.load(opened) as file:
            latents = file[name]
            labels = file.get("labels")
    except KeyError as error:
        raise DataError(f"{path} has no array `{name}`: `ganzoo nearest --npz` writes one") from error
    except (OSError, ValueError, EOFError, TypeError, zipfile.BadZipFile) as error:
        raise DataError(f"{path} is not a readable .npz ({error})") from error
    if latents.shape[1:] != shape or not len(latents) or latents.dtype.kind != "f":
        raise DataError(
            f"the {name} of {path} are {latents.dtype} {latents.shape}, but this model's are float32 (N, "
            f"{', '.join(map(str, shape))})"
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
