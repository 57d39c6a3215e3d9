"""The second run neither decodes nor hashes, and nothing that happens to the cache harms a run."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import torch
from PIL import Image

from ganzoo.data import DataOptions, inspect, load
from ganzoo.data import load as load_set
from ganzoo.errors import DataError


@pytest.fixture
def options(folder, paint):
    for number, name in enumerate(("ant/a.png", "ant/b.png", "bee/c.png")):
        paint(folder / name, seed=number)
    return DataOptions(data=str(folder))


def images(dataset):
    return dataset.gather(torch.arange(len(dataset)))


def spoil(folder):
    """Make the files undecodable without changing their size or time."""
    for file in folder.rglob("*.png"):
        stat = file.stat()
        file.write_bytes(bytes(stat.st_size))
        os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def test_second_load_does_not_decode(options, monkeypatch):
    first = load(options)
    monkeypatch.setattr(sys.modules["ganzoo.data.load"], "decode", None)
    calls = []
    second = load_set(options, progress=lambda *call: calls.append(call))
    assert not calls
    assert second.spec == first.spec == inspect(options)
    assert second.notes == first.notes
    assert torch.equal(second.labels, first.labels)
    assert torch.equal(images(second), images(first))


def test_other_bytes_of_the_same_size_and_time_are_noticed(options, folder):
    load(options)
    spoil(folder)
    with pytest.raises(DataError, match=r"a\.png is not an image"):
        load(options)


def test_a_swap_of_folders_of_equal_sizes_and_times_is_noticed(folder):
    for name, value in (("black", 0), ("white", 255)):
        (folder / name).mkdir()
        for number in range(3):
            file = folder / name / f"{number}.bmp"
            Image.new("L", (8, 8), value).save(file)
            os.utime(file, (1e9, 1e9))
    options = DataOptions(data=str(folder))
    assert images(load(options))[:3].max() == 0
    (folder / "black").rename(folder / "x")
    (folder / "white").rename(folder / "black")
    (folder / "x").rename(folder / "white")
    swapped = load(options)
    assert swapped.spec.class_names == ("black", "white")
    assert images(swapped)[:3].min() == 255


def test_a_streaming_set_is_checked_once(options, folder):
    streaming = options.model_copy(update={"data_memory": 0, "data_disk": 0})
    first, calls = load(streaming), []
    second = load(streaming, progress=lambda *call: calls.append(call))
    assert not calls
    assert second.mode == "stream"
    assert second.spec == first.spec
    # Once it fits, it is decoded, and has the same digest.
    assert load(options).spec == first.spec


def test_changed_file_or_option_decodes_again(options, folder, paint):
    first = load(options)
    assert load(options.model_copy(update={"res": 4})).spec.shape == (3, 4, 4)
    paint(folder / "bee" / "c.png", seed=9)
    assert load(options).spec.digest != first.spec.digest


@pytest.mark.parametrize("suffix", [".npy", ".labels.npy"])
@pytest.mark.parametrize("damage", ["cut", "longer", "empty", "gone"])
def test_damaged_file_is_rebuilt(options, home, suffix, damage):
    first = load(options)
    file = home / "data" / "decoded" / f"{first.spec.digest}{suffix}"
    sound = file.read_bytes()
    if damage == "gone":
        file.unlink()
    else:
        file.write_bytes({"cut": sound[:-1], "longer": sound + b"0", "empty": b""}[damage])
    again = load(options)
    assert torch.equal(images(again), images(first))
    assert torch.equal(again.labels, first.labels)
    assert file.read_bytes() == sound


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"spec": {}}'])
def test_damaged_index_is_rebuilt(options, home, content):
    first = load(options)
    (file,) = (home / "data" / "index").iterdir()
    file.write_bytes(content)
    assert load(options).spec == first.spec
    assert len(file.read_bytes()) > 100


def test_no_half_written_file_stays(options, home, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    dataset = load(options)
    assert images(dataset).shape == (3, 3, 8, 8)
    assert "could not be kept" in dataset.notes[-1]
    assert "No space left" in dataset.notes[-1]
    assert not [file for file in home.rglob("*") if file.is_file()]


def test_home_that_cannot_be_written(options, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("GANZOO_HOME", str(tmp_path / "file" / "home"))
    dataset = load(options)
    assert len(dataset) == 3
    assert "could not be kept" in dataset.notes[-1]


@pytest.mark.slow
def test_two_processes_at_once(home):
    code = "from ganzoo.data import DataOptions, load; print(load(DataOptions(split='test')).spec.digest)"
    both = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    digests = {process.communicate()[0].strip() for process in both}
    assert [process.returncode for process in both] == [0, 0]
    assert digests == {load(DataOptions(split="test")).spec.digest}
    assert sorted(file.suffix for file in (home / "data").rglob("*.*")) == [".json", ".npy", ".npy"]


def test_resident_images_can_be_written(options):
    load(options)
    dataset = load(options)
    images(dataset).zero_()  # torch warns of read-only arrays, and warnings are errors here
    assert images(dataset).max() > 0
