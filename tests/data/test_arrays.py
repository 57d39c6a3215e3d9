"""`.npz` files and `Dataset.from_arrays`."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ganzoo.data import DataOptions, Dataset, Sampler, inspect, load
from ganzoo.errors import ConfigError, DataError

RGB = np.random.default_rng(0).integers(0, 256, (6, 8, 8, 3), np.uint8)
LABELS = np.array([0, 1, 2, 0, 1, 2])


@pytest.fixture
def save(tmp_path):
    def save(**arrays):
        np.savez(tmp_path / "set.npz", **arrays)
        return DataOptions(data=str(tmp_path / "set.npz"))

    return save


def test_images_and_labels(save):
    options = save(images=RGB, labels=LABELS.astype(np.uint8))
    assert inspect(options).class_names == ("0", "1", "2")
    dataset = load(options)
    assert np.array_equal(dataset.gather(torch.arange(6)).permute(0, 2, 3, 1), RGB)
    assert dataset.labels.tolist() == LABELS.tolist()
    assert dataset.labels.dtype == torch.int64
    assert dataset.spec.digest == Dataset.from_arrays(RGB, LABELS).spec.digest


def test_gray_without_labels(save):
    dataset = load(save(images=RGB[..., 0]))
    assert dataset.spec.shape == (1, 8, 8)
    assert dataset.labels is None


def test_class_names(save):
    options = save(images=RGB, labels=LABELS, classes=np.array(["ant", "bee", "cat", "dog"]))
    assert inspect(options).class_names == ("ant", "bee", "cat", "dog")
    chosen = load(options.model_copy(update={"classes": ("cat", 0)}))
    assert chosen.spec.class_names == ("ant", "cat")
    assert chosen.labels.tolist() == [0, 1, 0, 1]
    with pytest.raises(DataError, match="set has no image of the classes dog"):
        inspect(options.model_copy(update={"classes": ("dog",)}))


def test_transparent_and_resized(save):
    dataset = load(save(images=np.zeros((5, 8, 8, 4), np.uint8)).model_copy(update={"res": 4}))
    assert dataset.spec.shape == (3, 4, 4)
    assert dataset.gather(torch.tensor([0])).min() == 255
    assert "5 of 5 images had transparency" in dataset.notes[0]


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"pictures": RGB}, r"set\.npz has no array `images`, only: pictures"),
        ({"images": RGB / 255}, r"set\.npz are float64, but must be uint8"),
        ({"images": RGB.astype(np.uint16)}, r"set\.npz are uint16, but must be uint8"),
        (
            {"images": RGB.transpose(0, 3, 1, 2)},
            r"set\.npz have shape \(6, 3, 8, 8\), with channels first: save images",
        ),
        ({"images": RGB[0, 0]}, r"set\.npz have shape \(8, 3\), but must be \(N, H, W\)"),
        ({"images": RGB[:0]}, r"set\.npz have shape \(0, 8, 8, 3\): there is no image"),
        ({"images": np.array([None, "x"], object)}, r"set\.npz are object, but must be uint8"),
        ({"images": RGB, "labels": LABELS - 1}, r"set\.npz: labels\[0\] is -1, but labels must lie in 0\.\."),
        ({"images": RGB, "labels": LABELS * 10**9}, r"labels\[1\] is 1000000000"),
        ({"images": RGB, "labels": LABELS / 2}, r"labels are float64, but must be whole numbers"),
        ({"images": RGB, "labels": LABELS[:4]}, r"labels have shape \(4,\), but must be \(6,\)"),
        ({"images": RGB, "labels": LABELS.astype(object)}, r"set\.npz: the array `labels` cannot be read .*pickled"),
        ({"images": RGB, "labels": LABELS, "classes": np.array(["a", "b"])}, r"labels\[2\] is 2, .* 2 class names"),
        ({"images": RGB, "labels": LABELS, "classes": LABELS}, r"set\.npz: classes are int64"),
    ],
)
def test_refused(save, arrays, sentence):
    options = save(**arrays)
    for refuse in (inspect, load):
        with pytest.raises(DataError, match=sentence):
            refuse(options)


def test_classes_of_an_unlabeled_set(save):
    with pytest.raises(ConfigError, match="--classes: set has no labels"):
        inspect(save(images=RGB).model_copy(update={"classes": (1,)}))


@pytest.mark.parametrize("keep", [0.5, 0.0])
def test_damaged_file(save, tmp_path, keep):
    options = save(images=RGB)
    path = tmp_path / "set.npz"
    path.write_bytes(path.read_bytes()[: int(keep * path.stat().st_size)])
    with pytest.raises(DataError, match=r"set\.npz is not a readable \.npz"):
        inspect(options)


def test_damaged_content(save, tmp_path):
    options = save(images=RGB)
    path = tmp_path / "set.npz"
    data = bytearray(path.read_bytes())
    data[600] ^= 255
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"set\.npz: the array `images` cannot be read"):
        load(options)


def test_cifar(shared):
    dataset = load(DataOptions(data=str(shared / "cifar10" / "cifar10_train_10k.npz")))
    assert dataset.spec.shape == (3, 32, 32)
    assert dataset.spec.class_names[:3] == ("airplane", "automobile", "bird")
    assert torch.bincount(dataset.labels).tolist() == [1000] * 10
    means = dataset.gather(torch.arange(10000)).float().mean((0, 2, 3)) / 255
    assert means.tolist() == pytest.approx([0.4918, 0.4830, 0.4478], abs=1e-4)


def test_from_arrays_copies():
    images = RGB.copy()
    dataset = Dataset.from_arrays(images, LABELS, name="mine", class_names=["a", "b", "c"])
    images[:] = 0
    assert dataset.gather(torch.arange(6)).max() > 0
    assert (dataset.spec.name, dataset.spec.class_names) == ("mine", ("a", "b", "c"))


def test_vectors():
    points = np.random.default_rng(0).normal(size=(5, 2)).astype(np.float32)
    dataset = Dataset.from_arrays(points)
    assert (dataset.spec.kind, dataset.spec.shape) == ("vector", (2,))
    drawn, labels = Sampler(dataset, 0).next(5)
    assert labels is None
    assert sorted(drawn[:, 0].tolist()) == sorted(points[:, 0].tolist())


@pytest.mark.parametrize("bad", [np.zeros((3, 2)), np.full((3, 2), np.nan, np.float32), np.zeros((0, 2), np.float32)])
def test_bad_vectors(bad):
    with pytest.raises(DataError, match="the samples of arrays"):
        Dataset.from_arrays(bad)


def test_digest_knows_pixels_shape_and_labels():
    digests = {
        Dataset.from_arrays(images, labels).spec.digest
        for images, labels in [
            (RGB, LABELS),
            (RGB, None),
            (RGB, LABELS[::-1].copy()),
            (RGB[::-1], LABELS),
            (np.ascontiguousarray(RGB.transpose(0, 3, 1, 2)).reshape(18, 8, 8), None),
        ]
    }
    assert len(digests) == 5
