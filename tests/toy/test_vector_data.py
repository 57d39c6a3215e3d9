"""Mixtures and `.npz` vectors as data sets."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ganzoo.data import DataOptions, Dataset, Sampler, inspect, load
from ganzoo.data.mixtures import MIXTURES, mixture_of
from ganzoo.errors import ConfigError, DataError

VECTORS = np.random.RandomState(0).standard_normal((20, 3)).astype(np.float32)


def everything(dataset):
    return dataset.gather(torch.arange(len(dataset))).numpy()


@pytest.fixture
def save(tmp_path):
    def save(name="points.npz", **arrays):
        np.savez(tmp_path / name, **arrays)
        return DataOptions(data=str(tmp_path / name))

    return save


@pytest.mark.parametrize("name", MIXTURES)
def test_a_mixture(name):
    options = DataOptions(data=name)
    spec = inspect(options)
    assert (spec.name, spec.kind, spec.count, spec.classes) == (name, "vector", 100_000, 0)
    assert (spec.shape, spec.digest) == ((MIXTURES[name].dimensions,), None)
    dataset = load(options)
    assert dataset.spec.shape == spec.shape
    assert dataset.labels is None
    assert everything(dataset).dtype == np.float32
    assert np.array_equal(everything(dataset), MIXTURES[name].draw(100_000, 0))


def test_same_points_each_time(home):
    first, second = load(DataOptions(data="ring")), load(DataOptions(data="Ring"))
    assert first.spec.digest == second.spec.digest != load(DataOptions(data="grid")).spec.digest
    assert np.array_equal(everything(first), everything(second))
    # ResolvedRevision, so that a resumed run of an older version finds the data that it learned.
    assert everything(first)[0] == pytest.approx([-0.990885, 0.000795], abs=1e-5)
    assert not list(home.rglob("*.npy")), "toy data is not worth a cache"


def test_limit():
    few = load(DataOptions(data="ring", limit=500))
    assert few.spec.count == inspect(DataOptions(data="ring", limit=500)).count == 500
    everyone = {tuple(point) for point in everything(load(DataOptions(data="ring")))}
    assert {tuple(point) for point in everything(few)} <= everyone
    assert few.spec.digest != load(DataOptions(data="ring")).spec.digest
    assert "more than the 100000" in load(DataOptions(data="ring", limit=200_000)).notes[0]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"res": 32}, "--res is for images, and ring is vectors"),
        ({"channels": 1}, "--channels is for images"),
        ({"classes": (1,)}, "--classes: ring has no labels"),
        ({"split": "test"}, "--split test: ring has one part only"),
    ],
)
@pytest.mark.parametrize("act", [inspect, load])
def test_refused_options(options, sentence, act):
    with pytest.raises(ConfigError, match=sentence):
        act(DataOptions(data="ring", **options))


def test_close_names():
    with pytest.raises(
        ConfigError,
        match=r"'rings'\. Did you mean ring.*stacked-mnist, ring, grid, cities, normal1d, a torchvision set",
    ):
        inspect(DataOptions(data="rings"))
    with pytest.raises(ConfigError, match="Did you mean stacked-mnist"):
        inspect(DataOptions(data="stackd-mnist"))


def test_batches_are_not_scaled():
    dataset = load(DataOptions(data="grid", limit=50))
    batch, labels = Sampler(dataset, seed=0).next(50)
    assert labels is None
    assert np.array_equal(np.sort(batch.numpy(), axis=0), np.sort(everything(dataset), axis=0))


def test_npz(save):
    options = save(samples=VECTORS)
    assert inspect(options).kind == "vector"
    dataset = load(options)
    assert (dataset.spec.name, dataset.spec.shape) == ("points", (3,))
    assert np.array_equal(everything(dataset), VECTORS)
    assert dataset.spec.digest == Dataset.from_arrays(VECTORS).spec.digest


def test_npz_with_labels(save):
    dataset = load(save(samples=VECTORS, labels=np.arange(20) % 2, classes=np.array(["warm", "cold"])))
    assert dataset.spec.class_names == ("warm", "cold")
    assert dataset.labels.tolist() == [0, 1] * 10
    cold = load(DataOptions(data=dataset_path(save), classes=("cold",)))
    assert np.array_equal(everything(cold), VECTORS[1::2])


def dataset_path(save):
    return save(samples=VECTORS, labels=np.arange(20) % 2, classes=np.array(["warm", "cold"])).data


def test_a_file_is_never_taken_for_a_mixture(save):
    spec = inspect(save("ring.npz", samples=VECTORS[:, :2]))
    assert spec.name == "ring"
    assert mixture_of(spec) is None


def test_a_toy_says_its_density():
    for spec in (inspect(DataOptions(data="ring", limit=50)), load(DataOptions(data="ring", limit=50)).spec):
        assert np.array_equal(mixture_of(spec).means, MIXTURES["ring"].means)


@pytest.mark.parametrize(
    ("samples", "sentence"),
    [
        (VECTORS.astype(np.float64), r"points\.npz are float64 .* save samples\.astype\('float32'\)"),
        (VECTORS[0], r"are float32 \(3,\), but vectors must be float32 \(N, D\)"),
        (VECTORS[:0], r"\(0, 3\), but vectors"),
        (np.where(VECTORS > 2, np.nan, VECTORS), r"points\.npz have values that are infinite or not a number"),
    ],
)
def test_refused_npz(save, samples, sentence):
    with pytest.raises(DataError, match=sentence):
        load(save(samples=samples))


def test_an_npz_without_either(save):
    with pytest.raises(DataError, match="no array `images`, only: points; vectors go into `samples`"):
        inspect(save(points=VECTORS))
