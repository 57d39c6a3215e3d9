"""Stacked MNIST: composed of the digits that it says, pixel for pixel."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ganzoo.data import DataOptions, inspect, load
from ganzoo.data.sources.mnist import mnist
from ganzoo.data.sources.stacked_mnist import choose, stacked_mnist, triple_labels

FEW = DataOptions(data="stacked-mnist", split="test", limit=300)


@pytest.fixture(scope="module")
def test_part():
    return stacked_mnist("test")


def test_channels_are_the_digits(test_part):
    digits, chosen = mnist("test"), choose(10_000, 26_000)
    for index in (0, 1, 17, 25_999):
        for channel in range(3):
            number = chosen[index, channel]
            assert np.array_equal(test_part.images[index, :, :, channel], digits.images[number, :, :, 0])
        expected = "".join(str(label) for label in digits.labels[chosen[index]])
        assert test_part.class_names[test_part.labels[index]] == expected


def test_labels_are_triples():
    assert triple_labels(np.array([[3, 0, 7], [0, 0, 0], [9, 9, 9]])).tolist() == [307, 0, 999]


def test_all_thousand_classes(test_part):
    assert len(np.unique(stacked_mnist("train").labels)) == 1000
    assert len(np.unique(test_part.labels)) == 1000
    assert test_part.class_names[7] == "007"


def test_as_a_data_set(test_part):
    spec = inspect(DataOptions(data="stacked-mnist"))
    assert (spec.name, spec.shape, spec.count, spec.classes) == ("stacked-mnist", (3, 28, 28), 128_000, 1000)
    dataset = load(FEW)
    assert dataset.spec.shape == (3, 28, 28)
    assert dataset.spec.digest == load(FEW.model_copy(update={"data": "Stacked_MNIST"})).spec.digest
    pixels = dataset.gather(torch.arange(300)).permute(0, 2, 3, 1).numpy()
    where = np.flatnonzero((test_part.images == pixels[0]).all(axis=(1, 2, 3)))
    assert dataset.labels[0] == test_part.labels[where[0]]


def test_padded_to_32():
    dataset = load(FEW.model_copy(update={"res": 32}))
    assert dataset.spec.shape == (3, 32, 32)
    assert dataset.spec.fit == "padded from 28 to 32"
