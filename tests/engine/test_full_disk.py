"""A disk that fills up in the middle of a checkpoint loses nothing older."""

import subprocess

import pytest
from engine.runs import assert_same_end, checkpoints

from ganzoo.runs.checkpoint import damage_of

RUN = ("--checkpoint-every", 100, "--sample-every", 100_000, "--out", "run")


def test_a_write_that_fails_in_the_middle_of_a_file(ganzoo, tiny, tmp_path):
    ganzoo(*tiny.train, *RUN, "--images", 300)
    before = {path: path.read_bytes() for path in tmp_path.glob("run/checkpoints/*/*")}
    sizes = {path.name: path.stat().st_size for path in checkpoints(tmp_path / "run")[-1].iterdir()}
    room = (sizes["generator.safetensors"] + sizes["generator_optimizer.safetensors"]) // 2
    assert sizes["generator.safetensors"] < room < sizes["generator_optimizer.safetensors"]

    failed = ganzoo("resume", "run", "--images", 1000, file_bytes=room, code=1)
    assert failed.err.startswith("error: checkpoint run/checkpoints/0000000400 could not be written (File too large)")
    assert "the last good checkpoint is run/checkpoints/0000000300. Go on with: ganzoo resume run" in failed.err
    assert len(failed.err.splitlines()) == 1
    assert {path: path.read_bytes() for path in tmp_path.glob("run/checkpoints/*/*")} == before
    assert not list(tmp_path.glob("run/checkpoints/.*"))

    ganzoo("resume", "run")
    ganzoo(*tiny.train, *RUN[:-1], "unbroken", "--images", 1000)
    assert_same_end(tmp_path / "unbroken", tmp_path / "run")


@pytest.fixture
def small_disk(tmp_path):
    path = tmp_path / "disk"
    path.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", path], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("mounting a tmpfs is not permitted here")
    yield path
    subprocess.run(["umount", path], check=True)


@pytest.mark.slow
def test_a_disk_without_room(ganzoo, tiny, small_disk, tmp_path):
    options = (*RUN[:-1], small_disk / "run", "--keep", 100, "--images", 2000)
    failed = ganzoo(*tiny.train, *options, code=1)
    assert "No space left on device" in failed.err
    assert len(failed.err.splitlines()) == 1
    assert "bug" not in failed.err
    left = checkpoints(small_disk / "run")
    assert len(left) > 1
    assert [damage_of(path) for path in left] == [""] * len(left)
    assert not list(small_disk.glob("run/checkpoints/.*"))

    subprocess.run(["mount", "-o", "remount,size=64m", small_disk], check=True)
    ganzoo("resume", small_disk / "run")
    ganzoo(*tiny.train, *RUN[:-1], "unbroken", "--images", 2000)
    assert_same_end(tmp_path / "unbroken", small_disk / "run")


@pytest.mark.slow
def test_looking_works_where_nothing_can_be_written(ganzoo, tiny, small_disk, tmp_path):
    ganzoo(*tiny.train, "--images", 100, "--out", small_disk / "run")
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    assert "finished" in ganzoo("runs", small_disk).out
    ganzoo("report", small_disk / "run", "--out", tmp_path / "report.html")
    refused = ganzoo("resume", small_disk / "run", "--images", 200, code=1)
    assert refused.err == f"error: {small_disk}/run cannot be written: Read-only file system\n"
    subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)

    with pytest.raises(OSError, match="No space left"):
        (small_disk / "fill").write_bytes(bytes(2 << 20))
    full = ganzoo("resume", small_disk / "run", "--images", 200, code=1)
    assert full.err == f"error: {small_disk}/run/config.json cannot be written: No space left on device\n"
    (small_disk / "fill").unlink()
    ganzoo("resume", small_disk / "run", "--images", 200)
    assert checkpoints(small_disk / "run")[-1].name == "0000000200"
