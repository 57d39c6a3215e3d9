"""What `--data` may name, and torchvision sets."""

from __future__ import annotations

import shutil
import urllib.request

import pytest
import torch

from ganzoo.data import DataOptions, inspect, load
from ganzoo.data.sources.torchvision_sets import known_sets, spelled
from ganzoo.errors import ConfigError, DataError


@pytest.fixture
def offline(monkeypatch):
    def refuse(*_, **__):
        raise OSError("the network is not to be used")

    monkeypatch.setattr(urllib.request, "urlopen", refuse)


def test_close_matches():
    with pytest.raises(ConfigError, match=r"called 'fasion-mnist'\. Did you mean fashion-mnist"):
        inspect(DataOptions(data="fasion-mnist"))
    with pytest.raises(ConfigError, match="Did you mean mnist"):
        inspect(DataOptions(data="nmist"))


@pytest.mark.parametrize("path", ["./mnist", "no/such/folder", "photos.zip", "~/no-such-folder"])
def test_missing_path(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"--data takes mnist, .*a folder of images"):
        inspect(DataOptions(data=path))


def test_a_name_wins_over_a_path(tmp_path, monkeypatch, paint):
    paint(tmp_path / "mnist" / "a.png")
    monkeypatch.chdir(tmp_path)
    assert inspect(DataOptions(data="mnist")).count == 60000
    assert inspect(DataOptions(data="./mnist")).count == 1
    assert inspect(DataOptions(data=str(tmp_path / "mnist"))).name == "mnist"


def test_a_folder_by_its_bare_name(tmp_path, monkeypatch, paint):
    paint(tmp_path / "photos" / "a.png")
    monkeypatch.chdir(tmp_path)
    assert inspect(DataOptions(data="photos")).count == 1


def test_another_kind_of_file(tmp_path, paint):
    paint(tmp_path / "a.png")
    with pytest.raises(DataError, match=r"a\.png is not a folder, a \.zip, an \.npz or a \.csv"):
        inspect(DataOptions(data=str(tmp_path / "a.png")))


def test_spellings():
    assert spelled("FashionMNIST") == "fashion-mnist"
    assert spelled("CIFAR10") == "cifar10"
    assert known_sets()["fashionmnist"] == "FashionMNIST"
    assert "imagefolder" not in known_sets()


@pytest.mark.parametrize("name", ["fashion-mnist", "FashionMNIST"])
def test_fashion_mnist_from_a_root_with_the_files(tmp_path, shared, offline, name):
    for part in ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"):
        for split in (part, part.replace("t10k", "train")):  # torchvision wants all four, though it reads two
            target = tmp_path / "FashionMNIST" / "raw" / split
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(shared / "FashionMNIST" / "raw" / split, target)
    options = DataOptions(data=name, data_root=tmp_path, split="test", res=32)
    assert inspect(options) is None
    dataset = load(options)
    assert dataset.spec.name == "fashion-mnist"
    assert dataset.spec.class_names[9] == "Ankle boot"
    assert (len(dataset), int(dataset.labels[0])) == (10000, 9)
    assert dataset.spec.fit == "padded from 28 to 32"
    assert "MIT" in dataset.spec.license
    # Known now, so that it can be told without torchvision.
    assert inspect(options) == dataset.spec


@pytest.mark.parametrize("name", ["fashion-mnist", "cifar10", "stl10"])
def test_no_network(tmp_path, offline, name):
    with pytest.raises(DataError, match=f"{name} is not in .* could not be downloaded .*--data-root"):
        load(DataOptions(data=name, data_root=tmp_path))


@pytest.fixture
def eurosat(tmp_path, paint):
    for number, name in enumerate(("Forest/a.jpg", "Forest/b.jpg", "River/c.jpg")):
        paint(tmp_path / "eurosat" / "2750" / name, seed=number)
    return DataOptions(data="euro-sat", data_root=tmp_path)


def test_a_set_of_files(eurosat, offline):
    dataset = load(eurosat)
    assert dataset.spec.shape == (3, 8, 8)
    assert dataset.spec.class_names == ("Forest", "River")
    assert dataset.labels.tolist() == [0, 0, 1]
    with pytest.raises(ConfigError, match="euro-sat has one part only"):
        load(eurosat.model_copy(update={"split": "test"}))


def test_a_set_of_files_streams(eurosat, offline):
    stream = load(eurosat.model_copy(update={"data_memory": 0}))
    assert stream.mode == "stream"
    assert torch.equal(stream.gather(torch.arange(3)), load(eurosat).gather(torch.arange(3)))


def test_a_set_that_needs_more_than_a_name(tmp_path, offline):
    with pytest.raises(DataError, match=r"kinetics cannot be opened by its name alone: .*frames_per_clip"):
        load(DataOptions(data="kinetics", data_root=tmp_path))


def test_an_unknown_part(tmp_path, offline):
    with pytest.raises(ConfigError, match=r"EMNIST has no such part .*byclass"):
        load(DataOptions(data="emnist", data_root=tmp_path))
