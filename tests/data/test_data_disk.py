"""A set that does not fit into memory is kept decoded on the disk, and streams the same images from there."""

from __future__ import annotations

import fcntl
import re
import resource
import sys
from collections import namedtuple

import numpy as np
import pytest
import torch

from ganzoo.core.data_spec import DataSpec
from ganzoo.data import DataOptions, Sampler, cache, load
from ganzoo.data.stream import FileImages, HeldImages
from ganzoo.data.upkeep import kept, prune
from ganzoo.errors import DataError

COUNT = 30
USAGE = namedtuple("USAGE", "total used free")


@pytest.fixture
def options(folder, paint, monkeypatch):
    """30 images of 192 bytes, decoded in blocks of 7, and one that is none."""
    monkeypatch.setattr("ganzoo.data.decode._CHUNK", 7)
    for number in range(COUNT):
        paint(folder / ("ant", "bee")[number % 2] / f"{number}.png", seed=number)
    (folder / "ant" / "13.png").write_bytes(b"")
    return DataOptions(data=str(folder), skip_bad=True, data_memory=0, workers=0)


def files(home):
    return sorted(path for path in home.rglob("*") if path.is_file())


def batches(dataset):
    sampler = Sampler(dataset, 5)
    return [part for size in (4, 4, 70, 1) for part in sampler.next(size)]


def same(one, other):
    return all(torch.equal(a, b) for a, b in zip(batches(one), batches(other), strict=True))


def test_what_streams_is_mapped_and_the_same(options, home, monkeypatch):
    without = load(options.model_copy(update={"data_disk": 0}))
    assert isinstance(without.reader, FileImages)
    assert "decoded images" not in " ".join(without.notes)
    assert [path.suffix for path in files(home)] == [".json"]
    # It is known by now, and decoded once more to be kept.
    mapped = load(options)
    assert isinstance(mapped.reader, HeldImages)
    assert f"30 decoded images, 5.8 kB, are kept in {home / 'data'} and read from there" in mapped.notes
    assert sorted(path.suffix for path in files(home)) == [".json", ".npy", ".npy"]
    monkeypatch.setattr(sys.modules["ganzoo.data.load"], "decode", None)
    again, resident = load(options), load(options.model_copy(update={"data_memory": None}))
    assert (again.mode, resident.mode) == ("stream", "resident")
    assert not [note for note in again.notes if "decoded images" in note]
    assert without.spec == mapped.spec == again.spec == resident.spec
    for dataset in (mapped, again, resident):
        assert same(without, dataset)
    assert [one.spec.name for one in kept()] == ["photos"]
    prune(0)
    assert not files(home)


def test_a_disk_that_fills_up(options, home):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        dataset = load(options)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    (note,) = (note for note in dataset.notes if "decoded images" in note)
    assert re.search(r"30 decoded images could not be kept in .*File too large.*: files are decoded each time", note)
    assert [path.suffix for path in files(home)] == [".json"]
    assert isinstance(dataset.reader, FileImages)
    assert same(dataset, load(options))


@pytest.mark.parametrize(
    ("given", "free", "said"),
    [
        (None, 10_000, r"take 6\.0 kB, too much .*\(the most is 5\.0 kB; --data-disk 1M allows it\): files are"),
        (3_000, 10_000, r"the most is 3\.0 kB; --data-disk 1M allows it"),
        (1 << 30, 5_000, r"too much to keep them in .* \(5\.0 kB are free\): files are decoded each time"),
        (5_952, 5_952, r"30 decoded images, 5\.8 kB, are kept"),
    ],
)
def test_a_disk_without_room(options, home, monkeypatch, given, free, said):
    monkeypatch.setattr("shutil.disk_usage", lambda _: USAGE(1 << 40, 0, free))
    dataset = load(options.model_copy(update={"data_disk": given}))
    assert re.search(said, " ".join(dataset.notes))


def test_what_a_killed_process_left_is_removed(options, home):
    load(options)
    _, images, index = files(home)
    images.unlink()
    dead, alive = (images.with_name(f".{index.stem}.npy.{number:08x}.part") for number in range(2))
    dead.write_bytes(b"half")
    with alive.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert [one.spec for one in kept()][1:] == [None, None]
        assert isinstance(load(options).reader, HeldImages)
        assert (dead.exists(), alive.exists()) == (False, True)
    alive.unlink()
    with pytest.raises(DataError, match=r"13\.png is empty"):
        load(options.model_copy(update={"skip_bad": False}))
    assert len(files(home)) == 3


def test_two_at_once_leave_one_file(home):
    spec = DataSpec(name="two", shape=(1, 2, 2), count=2, digest="d" * 64)
    block = np.arange(8, dtype=np.uint8).reshape(2, 1, 2, 2)
    with cache.Growing("k" * 64, spec) as one, cache.Growing("k" * 64, spec) as other:
        for growing in (one, other):
            growing.add(block)
        assert cache.store("k" * 64, cache.Entry(spec, ()), one, None) is None
        images, _ = cache.fetch("k" * 64, spec)
        before = (home / "data" / "decoded" / f"{spec.digest}.npy").stat().st_ino
        assert cache.store("k" * 64, cache.Entry(spec, ()), other, None) is None
    assert (home / "data" / "decoded" / f"{spec.digest}.npy").stat().st_ino == before
    assert np.array_equal(images, block)
    assert len(files(home)) == 2
