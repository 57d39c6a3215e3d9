"""Every layout of pairs and of two sets that datasets come in, as real files; and what is refused of them."""

import json
import shutil

import numpy as np
import pytest
import torch
from translation.pictures import beside, firsts, folders, picture, save

from ganzoo import ConfigError
from ganzoo.data import inspect, load
from ganzoo.data.options import DataOptions
from ganzoo.data.sampler import Sampler
from ganzoo.errors import DataError

pytestmark = pytest.mark.usefixtures("home")


def options(folder, source="paired", **given):
    return DataOptions.parse({"data": folder, "source": source, **given})


def both(folder, source="paired", **given):
    """First pixels of sources and of targets."""
    dataset = load(options(folder, source, **given))
    assert inspect(options(folder, source, **given)) == dataset.spec
    return firsts(dataset.sources), firsts(dataset)


def test_side_by_side(tmp_path):
    beside(tmp_path / "train", 4)
    beside(tmp_path / "test", 2, start=50)
    assert both(tmp_path) == ([0, 1, 2, 3], [100, 101, 102, 103])
    assert both(tmp_path, direction="BtoA") == ([100, 101, 102, 103], [0, 1, 2, 3])
    assert both(tmp_path, split="test") == ([50, 51], [150, 151])
    assert len(both(tmp_path, split="all")[0]) == 6
    spec = load(options(tmp_path)).spec
    assert (spec.shape, spec.source.shape, spec.pairing, spec.classes) == ((3, 8, 8), (3, 8, 8), "paired", 0)


def test_side_by_side_without_splits_and_in_a_zip(tmp_path):
    beside(tmp_path / "set", 3)
    shutil.make_archive(tmp_path / "set", "zip", tmp_path / "set")
    assert both(tmp_path / "set") == both(tmp_path / "set.zip") == ([0, 1, 2], [100, 101, 102])


def test_pixels_are_those_of_the_files(tmp_path):
    beside(tmp_path, 1)
    dataset = load(options(tmp_path))
    every = torch.arange(1)
    assert np.array_equal(dataset.gather(every)[0].permute(1, 2, 0), picture(100))
    assert np.array_equal(dataset.sources.gather(every)[0].permute(1, 2, 0), picture(0))


@pytest.mark.parametrize("inside", [True, False])
def test_folders_a_and_b(tmp_path, inside):
    for split, count, start in (("train", 3, 0), ("test", 2, 50)):
        a, b = (tmp_path / side / split if inside else tmp_path / split / side for side in "AB")
        folders(a, b, count, channels=1, start=start)
    assert both(tmp_path) == ([0, 1, 2], [100, 101, 102])
    assert both(tmp_path, split="test", direction="BtoA") == ([150, 151], [50, 51])
    spec = load(options(tmp_path)).spec
    assert (spec.shape, spec.source.shape) == ((3, 8, 8), (1, 8, 8))


def test_what_the_tool_that_joins_pairs_leaves_behind_is_not_used(tmp_path):
    folders(tmp_path / "A/train", tmp_path / "B/train", 2)
    beside(tmp_path / "AB/train", 2)
    assert both(tmp_path) == ([0, 1], [100, 101])
    assert "2 images of" in str(load(options(tmp_path)).notes)


def test_other_endings_are_partners_too(tmp_path):
    save(tmp_path / "A/x.png", picture(1))
    save(tmp_path / "B/x.bmp", picture(2))
    assert both(tmp_path) == ([1], [2])


@pytest.mark.parametrize("names", [("trainA", "trainB"), ("train_A", "train_B"), ("horse", "zebra")])
def test_two_sets(tmp_path, names):
    for number in range(5):
        save(tmp_path / names[0] / f"{number}.png", picture(number))
    for number in range(3):
        save(tmp_path / names[1] / f"x{number}.png", picture(100 + number))
    assert both(tmp_path, "unpaired") == ([0, 1, 2, 3, 4], [100, 101, 102])
    assert both(tmp_path, "unpaired", direction="BtoA") == ([100, 101, 102], [0, 1, 2, 3, 4])
    spec = load(options(tmp_path, "unpaired")).spec
    assert (spec.pairing, spec.count) == ("unpaired", 3)


def test_the_test_part_of_two_sets(tmp_path):
    folders(tmp_path / "trainA", tmp_path / "trainB", 4)
    folders(tmp_path / "testA", tmp_path / "testB", 2, start=50)
    assert both(tmp_path, "unpaired", split="test") == ([50, 51], [150, 151])
    assert len(both(tmp_path, "unpaired")[0]) == 4
    with pytest.raises(ConfigError, match=r"--split val: .* has train 4, test 2: use one of these"):
        load(options(tmp_path, "unpaired", split="val"))


@pytest.mark.parametrize("names", [("lr", "hr"), ("LQ", "GT"), ("input", "target")])
def test_targets_may_be_larger_by_a_factor(tmp_path, names):
    folders(tmp_path / names[0], tmp_path / names[1], 3, size=8, scale=2)
    spec = load(options(tmp_path)).spec
    assert (spec.shape, spec.source.shape) == ((3, 16, 16), (3, 8, 8))
    small = load(options(tmp_path, res=8)).spec
    assert (small.shape, small.source.shape) == ((3, 8, 8), (3, 4, 4))
    with pytest.raises(ConfigError, match=r"--res 9: targets are 2 times as large .*: give a multiple of 2"):
        load(options(tmp_path, res=9))
    assert both(tmp_path, direction="BtoA")[1] == [0, 1, 2]


def test_limit_takes_the_same_pairs_of_both(tmp_path):
    folders(tmp_path / "A", tmp_path / "B", 20)
    sources, targets = both(tmp_path, limit=6)
    assert [number + 100 for number in sources] == targets
    assert len(targets) == 6


def test_a_pair_of_which_one_is_broken_is_left_out_with_the_other(tmp_path):
    folders(tmp_path / "A", tmp_path / "B", 6)
    (tmp_path / "A/1.png").write_bytes(b"no image")
    (tmp_path / "B/4.png").write_bytes(b"no image")
    with pytest.raises(DataError, match=r"1\.png is not an image"):
        load(options(tmp_path))
    dataset = load(options(tmp_path, skip_bad=True))
    assert (firsts(dataset.sources), firsts(dataset)) == ([0, 2, 3, 5], [100, 102, 103, 105])
    again = load(options(tmp_path, skip_bad=True))  # from the cache
    assert again.spec.digest == dataset.spec.digest
    assert firsts(again.sources) == [0, 2, 3, 5]


def test_pairs_stream_as_they_are_drawn_from_memory(tmp_path):
    beside(tmp_path, 9)
    resident, streamed = load(options(tmp_path)), load(options(tmp_path, data_memory=0, workers=0))
    assert (streamed.mode, streamed.sources.mode, streamed.spec.digest) == ("stream", "stream", resident.spec.digest)
    samplers = [Sampler(dataset, 4) for dataset in (resident, streamed)]
    for size in (4, 7):
        for one, other in zip(*(sampler.next(size) for sampler in samplers), strict=True):
            assert torch.equal(one, other)


def test_the_digest_is_of_both_and_of_the_direction(tmp_path):
    beside(tmp_path / "one", 3)
    beside(tmp_path / "other", 3)
    save(tmp_path / "other/0.png", np.concatenate([picture(77), picture(100)], axis=1))
    digests = {load(options(tmp_path / name)).spec.digest for name in ("one", "other")}
    digests.add(load(options(tmp_path / "one", direction="BtoA")).spec.digest)
    assert len(digests) == 3


def test_pairs_without_partners_are_listed(tmp_path):
    folders(tmp_path / "A", tmp_path / "B", 3)
    for number in range(10, 17):
        save(tmp_path / "A" / f"{number}.png", picture(number))
    with pytest.raises(DataError, match=r"7 images of .* have no partner .*: A/10.png, .*A/14.png, \.\.\.; move them"):
        load(options(tmp_path))


@pytest.mark.parametrize("res", [None, 8])
def test_pairs_of_other_sizes_are_listed(tmp_path, res):
    folders(tmp_path / "A", tmp_path / "B", 9)
    for number in range(7):
        save(tmp_path / "B" / f"{number + 1}.png", np.zeros((12, 10 + number, 3), np.uint8))
    with pytest.raises(
        DataError, match=r"7 of 9 pairs have targets of another size .*1\.png \(8x8\) and 10x12; .*; \.\.\."
    ):
        load(options(tmp_path, res=res))


def test_what_is_no_layout_is_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    save(tmp_path / "one/x.png", picture(1))
    folders(tmp_path / "half/trainA", tmp_path / "half/testB", 2)
    for name in ("ant", "bee", "cat"):
        save(tmp_path / "three" / name / "x.png", picture(1))
    for name, source, said in (
        ("empty", "paired", "has no image"),
        ("one", "unpaired", "is one set of images, and two are needed: put them into trainA and trainB"),
        ("one", "paired", "x.png is 8x8, and two images side by side are twice as wide as high"),
        ("half", "unpaired", "--split train: .* has test 2|has no train image in B, and 2 in the other set"),
        ("three", "unpaired", "is no layout of two sets of images: it may have images with source and target"),
    ):
        with pytest.raises((DataError, ConfigError), match=said):
            load(options(tmp_path / name, source))
    np.savez(tmp_path / "x.npz", images=np.zeros((2, 8, 8), np.uint8))
    with pytest.raises(DataError, match=r"is no folder and no .zip, and images of images are learned from"):
        load(options(tmp_path / "x.npz"))
    with pytest.raises(ConfigError, match=r"mnist is no folder and no .zip, and images of images are learned from"):
        load(options("mnist"))
    with pytest.raises(ConfigError, match="--direction BtoA says which of two images"):
        load(options(tmp_path / "one", "none", direction="BtoA"))


def test_two_domains_are_no_classes(tmp_path):
    folders(tmp_path / "trainA", tmp_path / "trainB", 2)
    with pytest.raises(DataError, match="look like two domains for image-to-image translation"):
        load(options(tmp_path, "none"))


@pytest.mark.slow
def test_check_looks_at_both(tmp_path, ganzoo):
    folders(tmp_path / "set/A", tmp_path / "set/B", 3, channels=1)
    found = json.loads(ganzoo("data", "check", "set", "--source", "paired", "--json").out)
    assert (found["count"], found["sources"]["count"], found["refused"]) == (3, 3, None)
    assert (found["channels"], found["sources"]["channels"]) == ({"color": 3}, {"gray": 3})
    save(tmp_path / "set/A/0.png", picture(0, size=4))
    said = ganzoo("data", "check", "set", "--source", "paired", code=1)
    assert "2 of 3 pairs have targets of another size than their sources, times 2" in said.out.replace("\n", " ")
    assert "and, made of these" in said.out


@pytest.mark.slow
def test_a_variant_says_what_it_takes(tmp_path, ganzoo):
    beside(tmp_path / "pairs", 6)
    train = ("train", "translator", "--device", "cpu", "--images", 12, "--batch-size", 4)
    ganzoo(*train, "--data", "pairs", "--out", "run")
    config = json.loads((tmp_path / "run/config.json").read_text())
    assert config["data"]["source"] == "paired"
    assert config["spec"]["condition"] == {"shape": [3, 8, 8], "paired": True}
    for arguments, code, said in (
        ((*train, "--data", "mnist"), 2, "mnist is no folder and no .zip"),
        ((*train, "--data", "pairs", "--source", "none"), 2, "--source none: translator decides it, as paired"),
        (("train", "vanilla", "--direction", "BtoA"), 2, "vanilla makes images of no other images"),
        (("train", "turner", "--data", "pairs"), 1, "is one set of images, and two are needed"),
    ):
        assert said in " ".join(ganzoo(*arguments, "--out", "no", code=code).err.split())
