"""Stacked MNIST: three random digits as the three color channels, 1,000 classes (PacGAN, arXiv:1712.04086, 4.2)."""

from __future__ import annotations

from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ganzoo.data.arrays import Labels
from ganzoo.data.images import Pixels
from ganzoo.data.sources.base import ArraySource
from ganzoo.data.sources.mnist import LICENSE, mnist

CLASSES = 1000

# PacGAN trains on 128,000 images (of train and test digits: `--split all`), and scores 26,000.
COUNTS = {"train": 128_000, "test": 26_000, "all": 128_000}
# Any number would do; it must never change, or `--data stacked-mnist` would mean other images.
_SEED = 0


def stacked_mnist(split: Literal["train", "test", "all"]) -> ArraySource:
    """Stacks of the digits of one part of MNIST: always the same, 28x28, labeled by `triple_labels`.

    Raises:
        DataError: If a file of MNIST is missing or damaged.
    """
    digits = mnist(split)
    assert digits.labels is not None
    chosen = choose(len(digits), COUNTS[split])
    return ArraySource(
        name="stacked-mnist",
        labels=triple_labels(digits.labels[chosen]),
        class_names=tuple(f"{number:03d}" for number in range(CLASSES)),
        license=LICENSE,
        shape=(len(chosen), 28, 28, 3),
        load=partial(_stack, digits, chosen),
        place="stacked-mnist",
        extractor="stacked-digits",
    )


def stacked_mnist_source(argument: str, split: Literal["train", "test", "all"]) -> ArraySource:
    """What its `DataSource` names."""
    return stacked_mnist(split)


def choose(digits: int, count: int) -> NDArray[np.int64]:
    """Which digits are stacked: `(count, 3)` in `0..digits - 1`, in the order red, green, blue."""
    # RandomState and not default_rng: numpy promises that its stream never changes.
    return np.random.RandomState(_SEED).randint(0, digits, (count, 3)).astype(np.int64)


def triple_labels(digits: NDArray[np.integer]) -> Labels:
    """The class `(N,)` of stacks whose channels show the digits `(N, 3)`: 3, 0, 7 is class 307."""
    labels: Labels = digits.astype(np.int64) @ np.array([100, 10, 1])
    return labels


def _stack(digits: ArraySource, chosen: NDArray[np.int64]) -> Pixels:
    stacks = np.empty((len(chosen), 28, 28, 3), np.uint8)
    for channel in range(3):
        stacks[..., channel] = digits.images[chosen[:, channel], :, :, 0]
    return stacks
