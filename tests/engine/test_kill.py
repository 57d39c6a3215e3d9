"""A training that is killed twenty times ends with the bits of one that never was."""

import itertools
import json
import random
import signal
import subprocess
import sys
import time

import pytest
from engine.runs import assert_same_end, checkpoints, records, wait_for

OPTIONS = (
    "train", "dcgan", "--device", "cpu", "--width", "4", "--batch-size", "16", "--limit", "500", "--images", "16000",
    "--checkpoint-every", "250", "--log-every", "100", "--sample-every", "4000", "--keep", "2",
)  # fmt: skip
MEASURED = {"seconds", "images_per_second", "memory_bytes"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Holds `unbroken`, a run made by an ordinary process from start to end."""
    path = tmp_path_factory.mktemp("kill")
    plain(path, *OPTIONS, "--out", "unbroken")
    return path


@pytest.mark.slow
def test_killed_twenty_times_is_bit_identical(folder, start):
    moments, run = random.Random(0), folder / "killed"
    # Twenty.
    kinds = [starting_up] * 4 + [writing_a_checkpoint] * 5 + [training] * 11
    moments.shuffle(kinds)
    for kind in kinds:
        resumed = (run / "config.json").exists()
        command = start(*(("resume", run) if resumed else (*OPTIONS, "--out", run)), folder=folder)
        kind(run, moments)
        command.kill(signal.SIGKILL)
        assert command.wait() == -signal.SIGKILL, command.out + command.err
        if not (run / "config.json").exists():
            # Killed before there was a run; at most an empty directory is in the way, and is taken.
            assert not run.exists() or not list(run.glob("[!.]*"))
    plain(folder, "resume", run)

    assert_same_end(folder / "unbroken", run)
    assert checkpoints(run)[-1].name == "0000016000"
    assert same_lines(folder / "unbroken") == same_lines(run)
    samples = [{path.name for path in folder.glob(f"{name}/samples/*")} for name in ("unbroken", "killed")]
    assert samples[0] == samples[1]
    assert not list(run.glob("checkpoints/.*"))


def starting_up(run, moments):
    time.sleep(moments.uniform(0, 0.6))


def training(run, moments):
    """Wait for some hundred images more than the newest checkpoint has, then for a moment."""
    goal = images_of(run) + moments.randrange(100, 1500)
    wait_for(lambda: last_tick(run) >= goal)
    time.sleep(moments.uniform(0, 0.05))


def writing_a_checkpoint(run, moments):
    before = images_of(run)
    wait_for(lambda: [p for p in run.glob("checkpoints/.writing-*") if int(p.name.rpartition("-")[2]) > before])
    time.sleep(moments.uniform(0, 0.01))


def images_of(run):
    return max((int(path.name) for path in checkpoints(run)), default=0)


def last_tick(run):
    try:
        lines = (run / "metrics.jsonl").read_text().splitlines()
        return json.loads(lines[-1])["images"]
    except (OSError, IndexError, ValueError):
        return 0


def same_lines(run):
    """The journal without what a clock or the system measured."""
    lines = records(run)
    images = [record["images"] for record in lines if "event" not in record]
    assert all(a < b for a, b in itertools.pairwise(images))
    return [{name: value for name, value in record.items() if name not in MEASURED} for record in lines]


def plain(folder, *arguments):
    """Run a command in a process that is not forked off another."""
    code = (
        f"import os, sys; os.environ['GANZOO_HOME'] = {str(folder / 'home')!r};"
        f"sys.argv = {['ganzoo', *map(str, arguments)]!r}; from ganzoo.cli.app import main; main()"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
