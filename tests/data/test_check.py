"""`ganzoo.data.check`, `ganzoo data check` and `ganzoo data cache`, on real files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from ganzoo.data import DataOptions, check, load, upkeep
from ganzoo.errors import ConfigError

HOUR = 3600


def ganzoo(*words):
    command = [sys.executable, "-m", "ganzoo.cli.app", *map(str, words)]
    code = "import sys; from ganzoo.cli.app import main; sys.argv = sys.argv[1:]; main()"
    return subprocess.run([sys.executable, "-c", code, "ganzoo", *command[3:]], capture_output=True, text=True)


@pytest.fixture
def photos(folder, paint):
    for number, name in enumerate(("0/a.png", "0/b.png", "1/c.png")):
        paint(folder / name, seed=number)
    paint(folder / "1/d.png", mode="L", seed=9)
    Image.open(folder / "0/a.png").save(folder / "1/copy.bmp")
    (folder / "notes.txt").write_text("")
    return folder


def test_a_sound_set(photos):
    found = check(str(photos))
    assert (found.kind, found.count, found.refused) == ("image", 5, None)
    assert found.sizes == {"8x8": 5}
    assert found.channels == {"color": 4, "gray": 1}
    assert found.classes == {"0": 2, "1": 3}
    assert found.duplicates == ((str(photos / "0/a.png"), str(photos / "1/copy.bmp")),)
    assert "the classes are numbers, and are ordered as numbers" in found.looks
    assert "5 images are few for a GAN" in found.advice[0]
    assert "1 images are exact copies" in found.advice[-1]
    assert {note.kind for note in found.notes} == {"ignored", "gray"}
    assert json.loads(json.dumps(found.to_dict()))["count"] == 5


def test_what_a_training_refuses_is_refused(photos, paint):
    paint(photos / "0/wide.png", (10, 8))
    (photos / "1/empty.png").write_bytes(b"")
    found = check(DataOptions(data=str(photos)))
    assert found.sizes == {"8x8": 5, "10x8": 1}
    assert len(found.broken) == 1
    assert "empty.png is empty" in found.broken[0]
    assert "wide.png is 10x8" in found.refused
    assert check(DataOptions(data=str(photos), skip_bad=True, res=8)).refused is None


@pytest.mark.parametrize("names", [("A/1.png", "B/1.png"), ("train/a.png", "test/b.png", "more/c.png"), ()])
def test_a_set_that_cannot_be_opened(folder, paint, names):
    for name in names:
        paint(folder / name)
    assert check(str(folder)).refused


def test_dark_pixels_are_refused(folder):
    Image.fromarray(np.eye(8, dtype=np.uint8)).save(folder / "a.png")
    assert "--range 0,1" in check(str(folder)).refused
    assert check(DataOptions(data=str(folder), range=(0, 1))).refused is None


def test_splits_are_counted(folder, paint):
    for name in ("train/a.png", "train/b.png", "val/c.png"):
        paint(folder / name)
    found = check(str(folder))
    assert (found.count, found.splits) == (2, {"train": 2, "val": 1})


def test_a_film_is_seen(folder):
    for number in range(40):
        image = Image.new("L", (64, 64))
        image.paste(255, (number, 16, number + 24, 48))
        image.save(folder / f"frame{number:03d}.png")
    assert "frames of a video?" in " ".join(check(str(folder)).looks)


def test_other_looks(folder, paint):
    for name in ("x/north.png", "x/south.png", "y/north.png", "y/south.png"):
        pixels = np.random.default_rng(len(name)).integers(0, 256, (8, 16), np.uint8)
        (folder / name).parent.mkdir(exist_ok=True)
        Image.fromarray(np.stack([pixels] * 3, axis=2)).save(folder / name)
    looks = " ".join(check(DataOptions(data=str(folder), res=8)).looks)
    assert "pairs side by side" in looks
    assert "--channels 1" in looks
    assert "the folders x, y have files of the same names" in looks


def test_names_arrays_and_vectors(tmp_path):
    assert check(DataOptions(data="mnist", split="test", limit=50)).refused is None
    assert (check("ring").kind, check("ring").count) == ("vector", 100_000)
    np.savez(tmp_path / "a.npz", samples=np.full((3, 2), np.nan, np.float32))
    assert "infinite or not a number" in check(str(tmp_path / "a.npz")).refused
    with pytest.raises(ConfigError, match="no data set, folder or file"):
        check("nmist")


@pytest.mark.slow
def test_command(photos):
    done = ganzoo("data", "check", photos)
    assert done.returncode == 0, done.stderr
    for line in ("count      5", "sizes      8x8 (5)", "channels   color (4), gray (1)", "classes    0 (2), 1 (3)"):
        assert line in done.stdout
    assert "training   would be accepted" in done.stdout
    shown = json.loads(ganzoo("data", "check", photos, "--json").stdout)
    assert (shown["refused"], shown["classes"]) == (None, {"0": 2, "1": 3})


@pytest.mark.slow
def test_command_of_a_set_that_is_refused(photos):
    (photos / "0/a.png").write_bytes(b"")
    done = ganzoo("data", "check", photos)
    assert done.returncode == 1
    assert "would be refused" in done.stdout
    assert "broken" in done.stdout
    assert ganzoo("data", "check", photos, "--skip-bad").returncode == 0
    assert ganzoo("data", "check", "nmist").returncode == 2


@pytest.fixture
def cached(photos):
    load(DataOptions(data=str(photos)))
    load(DataOptions(data=str(photos), res=4))
    return photos


@pytest.mark.slow
def test_cache_lists_sets(cached, home):
    sets = upkeep.kept()
    assert [one.spec.name for one in sets] == ["photos", "photos"]
    assert {one.spec.shape for one in sets} == {(3, 8, 8), (3, 4, 4)}
    assert all(one.size == sum(file.stat().st_size for file in one.files) for one in sets)
    listed = json.loads(ganzoo("data", "cache", "list", "--json").stdout)
    assert {one["digest"] for one in listed} == {one.digest for one in sets}
    assert "2 sets" in ganzoo("data", "cache").stdout


def age(files, hours):
    for file in files:
        os.utime(file, (time.time() - hours * HOUR,) * 2)


@pytest.mark.slow
def test_prune_removes_what_was_not_used_for_long(cached, home):
    old, new = sorted(upkeep.kept(), key=lambda one: one.spec.shape)
    age(old.files, 31 * 24)
    done = ganzoo("data", "cache", "prune")
    assert "removed 1 sets" in done.stdout
    assert [one.digest for one in upkeep.kept()] == [new.digest]
    # It is decoded again when it is asked for.
    assert load(DataOptions(data=str(cached), res=4)).spec.digest == old.digest


def test_use_keeps_a_set(cached, home):
    for one in upkeep.kept():
        age(one.files, 31 * 24)
    load(DataOptions(data=str(cached)))
    assert len(upkeep.prune(30 * 24 * HOUR)) == 1
    assert upkeep.kept()[0].spec.shape == (3, 8, 8)


def test_prune_leaves_what_is_being_written_and_what_is_not_ours(cached, home):
    decoded = home / "data" / "decoded"
    young, old = decoded / f".{'a' * 64}.npy.01234567.part", decoded / f".{'b' * 64}.npy.01234567.part"
    orphan, foreign = decoded / f"{'c' * 64}.npy", decoded / "mine.npy"
    for file in (young, old, orphan, foreign):
        file.write_bytes(b"x")
    age([old, orphan, foreign], 2)
    removed = {file for one in upkeep.prune(30 * 24 * HOUR) for file in one.files}
    assert removed == {old, orphan}
    assert young.exists()
    assert foreign.exists()
    assert len(upkeep.prune(0)) == 2
    assert sorted(file.name for file in decoded.iterdir()) == sorted([young.name, foreign.name])
