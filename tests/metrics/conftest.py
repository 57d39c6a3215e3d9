from __future__ import annotations

import numpy
import pytest
import torch
from torch import nn

from ganzoo import Generator, Latent
from ganzoo.data import Dataset


@pytest.fixture(autouse=True)
def _own_home(home):
    """Each test has a ganzoo home of its own."""


@pytest.fixture(scope="session")
def features():
    """`features(seed, count)`: correlated, not centered, non-negative: as features are."""
    mixing = numpy.random.RandomState(7).randn(12, 12).astype(numpy.float32)

    def draw(seed, count, shift=0.0):
        latent = numpy.random.RandomState(seed).randn(count, 12).astype(numpy.float32)
        return torch.from_numpy(numpy.abs(latent @ mixing / 3 + shift))

    return draw


@pytest.fixture(scope="session")
def noise():
    """`noise(seed, count)`: a data set of gray images of noise, without labels."""

    def make(seed=0, count=60, size=28, channels=1, labels=None):
        random = numpy.random.RandomState(seed)
        images = random.randint(0, 256, (count, size, size, channels), dtype=numpy.uint8)
        return Dataset.from_arrays(images, labels, name="noise")

    return make


class Tiny(Generator):
    """Batch norm and dropout, so that the mode shows."""

    def __init__(self, size=28, channels=1, broken_after=None):
        super().__init__()
        self.latent = Latent((4,))
        self.size, self.channels, self.broken_after, self.made = size, channels, broken_after, 0
        self.dense = nn.Linear(4, channels * size * size)
        self.norm = nn.BatchNorm1d(channels * size * size)
        self.drop = nn.Dropout(0.5)

    def forward(self, latents, condition=None):
        images = self.drop(self.norm(self.dense(latents))).tanh()
        if condition is not None:
            images = images + condition[:, None] * 0.01
        self.made += len(latents)
        if self.broken_after is not None and self.made > self.broken_after:
            images[-1, 3] = float("nan")
        return images.view(-1, self.channels, self.size, self.size)


@pytest.fixture
def tiny_generator():
    def make(**options):
        torch.manual_seed(0)
        return Tiny(**options)

    return make
