"""Order, exactness and resume; a streaming set gives the batches of the resident one, bit for bit."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal

import numpy as np
import pytest
import torch
from PIL import Image

from ganzoo.core.data_spec import DataSpec
from ganzoo.data import DataOptions, Dataset, Sampler, load
from ganzoo.data.stream import HeldImages
from ganzoo.errors import DataError
from ganzoo.plugins.modalities import modality_of

COUNT = 11


def numbered(count=COUNT):
    """Images that carry their own number, with it as label."""
    images = np.broadcast_to(np.arange(count, dtype=np.uint8)[:, None, None], (count, 2, 2))
    return Dataset.from_arrays(images, np.arange(count))


def numbers(reals):
    return ((reals[:, 0, 0, 0] + 1) * 127.5).round().int().tolist()


def test_scale_is_exact():
    every = modality_of("image").to_network(torch.arange(256, dtype=torch.uint8), DataSpec("levels", (1, 16, 16), 1))
    assert (every[0], every[255]) == (-1, 1)
    assert torch.allclose(every, torch.linspace(-1, 1, 256), atol=1e-6)
    assert every.dtype == torch.float32


def test_epochs_are_permutations_and_differ():
    sampler = Sampler(numbered(), seed=3)
    epochs = [numbers(sampler.next(COUNT)[0]) for _ in range(4)]
    assert all(sorted(epoch) == list(range(COUNT)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 4
    other = Sampler(numbered(), seed=4)
    assert numbers(other.next(COUNT)[0]) not in epochs


def test_batch_sizes_do_not_matter():
    whole = numbers(Sampler(numbered(), 0).next(60)[0])
    parts = Sampler(numbered(), 0)
    drawn = [numbers(parts.next(size)[0]) for size in (1, 4, 7, 30, 5, 11, 2)]
    assert [number for batch in drawn for number in batch] == whole
    assert parts.position == 60


def test_labels_follow_images():
    sampler = Sampler(numbered(), 0)
    reals, labels = sampler.next(40)
    assert labels.tolist() == numbers(reals)
    assert (reals.shape, reals.dtype, labels.dtype) == ((40, 1, 2, 2), torch.float32, torch.int64)


@pytest.mark.parametrize("count", [1, 2])
def test_tiny_sets_repeat(count):
    sampler = Sampler(numbered(count), 0)
    assert sorted(numbers(sampler.next(6 * count)[0])) == sorted(list(range(count)) * 6)


@pytest.mark.parametrize("position", [0, 5, COUNT - 1, COUNT, 3 * COUNT + 7])
def test_restore(position):
    straight = Sampler(numbered(), 9)
    if position:
        straight.next(position)
    resumed = Sampler(numbered(), 9)
    resumed.next(2)
    resumed.restore(straight.state())
    assert resumed.position == position
    for size in (3, 20, 1):
        assert torch.equal(straight.next(size)[0], resumed.next(size)[0])
    assert straight.state() == resumed.state() == {"position": position + 24}


def test_reals_are_the_callers():
    sampler = Sampler(numbered(), 0)
    sampler.next(COUNT)[0].zero_()
    assert sorted(numbers(sampler.next(COUNT)[0])) == list(range(COUNT))


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    path = tmp_path_factory.mktemp("photos")
    for number in range(COUNT):
        pixels = np.random.default_rng(number).integers(0, 256, (8, 8, 3), np.uint8)
        (path / f"class{number % 3}").mkdir(exist_ok=True)
        Image.fromarray(pixels).save(path / f"class{number % 3}" / f"{number}.png")
    (path / "class1" / "bad.png").write_bytes(b"")
    return path


def both(photos, monkeypatch, tmp_path, workers):
    """The photos resident and streaming, each time decoded; homes differ, so that it does not find the decoded set."""
    monkeypatch.setenv("GANZOO_HOME", str(tmp_path / "resident"))
    resident = load(DataOptions(data=str(photos), skip_bad=True))
    monkeypatch.setenv("GANZOO_HOME", str(tmp_path / "stream"))
    stream = load(DataOptions(data=str(photos), skip_bad=True, data_memory=0, data_disk=0, workers=workers))
    assert (resident.mode, stream.mode) == ("resident", "stream")
    return resident, stream


@pytest.mark.slow
@pytest.mark.parametrize("workers", [0, 2])
def test_stream_is_resident_bit_for_bit(photos, monkeypatch, tmp_path, workers):
    resident, stream = both(photos, monkeypatch, tmp_path, workers)
    assert resident.spec == stream.spec
    assert resident.notes == stream.notes
    assert torch.equal(resident.labels, stream.labels)
    expected, sampler = Sampler(resident, 5), Sampler(stream, 5)
    before = torch.get_rng_state()
    sizes = (4, 4, 4, 30) if workers else (4, 4, 4, 30, 1, 11)
    for size in sizes:
        for left, right in zip(expected.next(size), sampler.next(size), strict=True):
            assert torch.equal(left, right)
    for each in (expected, sampler):
        each.restore({"position": 2 * COUNT + 7})
    for left, right in zip(expected.next(9), sampler.next(9), strict=True):
        assert torch.equal(left, right)
    assert torch.equal(before, torch.get_rng_state())
    every = torch.arange(COUNT)
    assert torch.equal(resident.gather(every), stream.gather(every))
    sampler.close()
    assert not multiprocessing.active_children()


def test_a_zip_streams_in_workers(shared):
    path = shared / "clothing10" / "clothing10_128.zip"
    options = {"data": str(path), "res": 16, "limit": 40, "workers": 2}
    stream = load(DataOptions(**options, data_memory=0, data_disk=0))
    resident = load(DataOptions(**options))
    expected, sampler = Sampler(resident, 0), Sampler(stream, 0)
    for _ in range(4):
        assert torch.equal(expected.next(16)[0], sampler.next(16)[0])
    sampler.close()


def test_arrays_stream_from_memory(photos, tmp_path):
    options = DataOptions(split="test", limit=100, data_memory=1000)
    stream, resident = load(options), load(options.model_copy(update={"data_memory": None}))
    assert isinstance(stream.reader, HeldImages)
    expected, sampler = Sampler(resident, 0), Sampler(stream, 0)
    for size in (30, 30, 300):
        assert torch.equal(expected.next(size)[0], sampler.next(size)[0])


@pytest.mark.parametrize("workers", [0, 1])
def test_a_file_that_vanishes_is_named(photos, monkeypatch, tmp_path, workers):
    copy = shutil.copytree(photos, tmp_path / "copy")
    _, stream = both(copy, monkeypatch, tmp_path, workers)
    (copy / "class0" / "3.png").unlink()
    sampler = Sampler(stream, 0)
    with pytest.raises(DataError, match=r"class0/3\.png cannot be decoded \(.*could be used when the run began"):
        sampler.next(COUNT)
    sampler.close()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_killed_workers_are_replaced(photos, monkeypatch, tmp_path, number):
    resident, stream = both(photos, monkeypatch, tmp_path, workers=1)
    expected, sampler = Sampler(resident, 0), Sampler(stream, 0)
    for batch in range(30):
        assert torch.equal(sampler.next(2)[0], expected.next(2)[0])
        if batch == 3:
            (worker,) = multiprocessing.active_children()
            os.kill(worker.pid, number)
    assert worker.is_alive() == (number == signal.SIGINT)
    sampler.close()
    assert not multiprocessing.active_children()


@pytest.mark.slow
def test_workers_that_cannot_live(photos, monkeypatch):
    stream = load(DataOptions(data=str(photos), skip_bad=True, data_memory=0, data_disk=0, workers=1))
    monkeypatch.setattr("ganzoo.data.stream._ignore_interrupt", os._exit)
    with pytest.raises(DataError, match=r"end as soon as they start.*--workers 0"):
        Sampler(stream, 0).next(2)


def test_global_generators_are_left_alone():
    torch.manual_seed(0)
    before = torch.get_rng_state()
    Sampler(numbered(), 0).next(40)
    assert torch.equal(before, torch.get_rng_state())


def test_mirrored_halves_the_images_and_resumes_anywhere():
    pixels = np.random.RandomState(0).randint(0, 256, (50, 6, 8, 3)).astype(np.uint8)
    dataset = Dataset.from_arrays(pixels)
    plain, mirrored = Sampler(dataset, 3).next(400)[0], Sampler(dataset, 3, mirror=True).next(400)[0]
    flipped = [torch.equal(a.flip(-1), b) for a, b in zip(plain, mirrored, strict=True)]
    assert all(torch.equal(b, a.flip(-1) if flip else a) for a, b, flip in zip(plain, mirrored, flipped, strict=True))
    assert 150 < sum(flipped) < 250
    # An image is not flipped in every epoch alike.
    assert flipped[:50] != flipped[50:100]
    parts = Sampler(dataset, 3, mirror=True)
    parts.restore({"position": 130})
    assert torch.equal(torch.cat([parts.next(7)[0], parts.next(120)[0]]), mirrored[130:257])


@pytest.mark.parametrize("paired", [True, False])
def test_a_pair_is_mirrored_together(paired):
    pixels = np.random.RandomState(0).randint(0, 256, (40, 4, 4, 1)).astype(np.uint8)
    dataset = Dataset.from_arrays(pixels).of_sources(Dataset.from_arrays(pixels), paired=paired)
    reals, sources = Sampler(dataset, 3, mirror=True).next(40)
    assert torch.equal(reals, sources) == paired
