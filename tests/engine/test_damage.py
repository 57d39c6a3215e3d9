"""Broken checkpoints are found, named and passed over."""

import shutil
import subprocess
import sys

import numpy
import pytest
from engine.runs import TINY, assert_same_end, checkpoints, save_noise

from ganzoo.runs.checkpoint import damage_of

RUN = ("--checkpoint-every", 100, "--sample-every", 100_000, "--images", 300)


def truncate(checkpoint):
    path = checkpoint / "discriminator.safetensors"
    path.write_bytes(path.read_bytes()[:-7])


def flip_one_bit(checkpoint):
    path = checkpoint / "generator_optimizer.safetensors"
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes(data)


def remove_a_file(checkpoint):
    (checkpoint / "ema.safetensors").unlink()


def remove_the_manifest(checkpoint):
    (checkpoint / "manifest.json").unlink()


def cut_the_manifest(checkpoint):
    (checkpoint / "manifest.json").write_text('{"files": {"ema.saf')


def empty_the_manifest(checkpoint):
    (checkpoint / "manifest.json").write_text("[]")


def manifest_without_files(checkpoint):
    (checkpoint / "manifest.json").write_text('{"files": {}}')


def manifest_of_wrong_types(checkpoint):
    (checkpoint / "manifest.json").write_text('{"files": {"state.json": 7}}')


def empty_folder(checkpoint):
    shutil.rmtree(checkpoint)
    checkpoint.mkdir()


DAMAGES = {
    truncate: "discriminator.safetensors has",
    flip_one_bit: "generator_optimizer.safetensors does not match its sha256",
    remove_a_file: "ema.safetensors: No such file",
    remove_the_manifest: "manifest.json: No such file",
    cut_the_manifest: "manifest.json cannot be read",
    empty_the_manifest: "manifest.json cannot be read",
    manifest_without_files: "manifest.json does not name state.json",
    manifest_of_wrong_types: "manifest.json cannot be read",
    empty_folder: "manifest.json: No such file",
}


@pytest.fixture(scope="module")
def made(forge, tmp_path_factory):
    """A run of 300 images with checkpoints at 100, 200 and 300."""
    folder = tmp_path_factory.mktemp("made")
    save_noise(folder)
    command = forge.start(folder, (*TINY, *RUN, "--out", "run"))
    assert command.wait() == 0, command.err
    return folder


@pytest.fixture
def run(made, tmp_path):
    """A copy of it that lacks the last hundred images."""
    shutil.copytree(made / "run", tmp_path / "run")
    shutil.copy(made / "tiny.npz", tmp_path)
    config = tmp_path / "run/config.json"
    config.write_text(config.read_text().replace(str(made / "tiny.npz"), str(tmp_path / "tiny.npz")))
    return tmp_path / "run"


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_damage_is_found(run, damage):
    *older, newest = checkpoints(run)
    assert [damage_of(path) for path in (*older, newest)] == ["", "", ""]
    damage(newest)
    assert DAMAGES[damage] in damage_of(newest)
    assert damage_of(older[-1]) == ""


@pytest.mark.parametrize("damage", [flip_one_bit, remove_the_manifest], ids=lambda damage: damage.__name__)
def test_the_newest_valid_one_wins_and_the_broken_is_named(made, run, damage, ganzoo):
    _, middle, newest = checkpoints(run)
    shutil.rmtree(newest)
    damage(middle)
    said = ganzoo("resume", "run").out
    assert "checkpoint run/checkpoints/0000000200 is broken" in said
    assert DAMAGES[damage] in said
    assert_same_end(made / "run", run)
    assert damage_of(middle) == ""


LISTENING = """
import os, sys
from pathlib import Path
seen = set()
def listen(event, arguments):
    if event == "open" and "checkpoints" in str(arguments[0]):
        seen.add(Path(os.fsdecode(arguments[0])).name)
sys.addaudithook(listen)
import ganzoo
images = ganzoo.load("run").images
print(images, *sorted(seen))
"""


@pytest.mark.slow
def test_who_samples_reads_neither_optimizers_nor_the_discriminator(run):
    """Python's own record of what it opens; safetensors loads the average past it, and nothing else."""
    code = [sys.executable, "-c", LISTENING]
    said = subprocess.run(code, cwd=run.parent, capture_output=True, text=True, check=True).stdout.split()
    assert said == ["300", "ema.safetensors", "manifest.json", "state.json"]
    newest = checkpoints(run)[-1]
    flip_one_bit(newest)
    assert damage_of(newest) != ""
    assert damage_of(newest, ["ema"]) == ""
    assert damage_of(newest, ["nothing"]) == "manifest.json does not name nothing.safetensors"
    (newest / "ema.safetensors").write_bytes(b"")
    said = subprocess.run(code, cwd=run.parent, capture_output=True, text=True, check=True).stdout.split()
    assert said[0] == "200"


def test_a_finished_run_with_a_broken_end_is_finished_again(made, run, ganzoo):
    truncate(checkpoints(run)[-1])
    ganzoo("resume", "run")
    assert_same_end(made / "run", run)


def test_all_broken_starts_again_from_nothing_to_the_same_bits(made, run, ganzoo):
    shutil.rmtree(checkpoints(run)[-1])
    for path in checkpoints(run):
        truncate(path)
    said = ganzoo("resume", "run").out
    assert said.count("is broken") == 2
    assert_same_end(made / "run", run)


def test_what_a_kill_left_half_written_is_cleared(made, run, ganzoo):
    newest = checkpoints(run)[-1]
    newest.rename(newest.with_name(".writing-0000000300"))
    (run / "checkpoints/.replaced-0000000100").mkdir()
    with (run / "metrics.jsonl").open("a") as file:
        file.write('{"images": 300, "sec')
    ganzoo("resume", "run")
    assert_same_end(made / "run", run)
    assert not list(run.glob("checkpoints/.*"))


@pytest.mark.parametrize(("keep", "left"), [(1, [300]), (2, [200, 300]), (9, [100, 200, 300])])
def test_keep_drops_the_oldest(keep, left, ganzoo, tiny, tmp_path):
    ganzoo(*tiny.train, *RUN, "--out", "kept", "--keep", keep)
    assert [int(path.name) for path in checkpoints(tmp_path / "kept")] == left


def test_other_data_is_refused(run, ganzoo):
    shutil.rmtree(checkpoints(run)[-1])
    numpy.savez(run.parent / "tiny.npz", images=numpy.zeros((50, 8, 8), numpy.uint8))
    assert "run was trained on other data" in ganzoo("resume", "run", code=1).err


def test_a_checkpoint_of_other_networks_is_refused_in_one_sentence(run, ganzoo):
    config = run / "config.json"
    config.write_text(config.read_text().replace('"latent_dim": 4', '"latent_dim": 5'))
    shutil.rmtree(checkpoints(run)[-1])
    failed = ganzoo("resume", "run", code=1)
    assert "run/checkpoints/0000000200 does not fit the run's config" in failed.err
    assert len(failed.err.splitlines()) == 1
