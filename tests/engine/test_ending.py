"""Whatever ends a training that could still save saves first, and says the command that goes on."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time

import pytest
from engine.runs import TINY, assert_same_end, checkpoints, records, wait_for
from PIL import Image
from plugins.installed import describe

MEASURED = {"seconds", "images_per_second", "memory_bytes"}
LONG = ("--images", "10M", "--checkpoint-every", "10M", "--log-every", 500, "--sample-every", "10M")


def lines_of(run):
    """The journal as it is in the file, without what a clock or the system measured."""
    return [
        json.dumps({name: value for name, value in record.items() if name not in MEASURED}) for record in records(run)
    ]


def advice(error):
    """The command that a message ends with, as words."""
    return shlex.split(error.strip().rpartition("Go on with: ")[2])


@pytest.fixture
def begun(start, tiny, tmp_path):
    """`begun(*options)`: a training that has come some way and has no checkpoint yet."""

    def begin(*options):
        command = start(*tiny.train, *LONG, "--out", "run", *options)
        wait_for(lambda: (tmp_path / "run/metrics.jsonl").exists(), lambda: command.out + command.err)
        return command

    return begin


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGXCPU])
def test_a_signal_saves_and_says_what_goes_on(begun, number, ganzoo, tmp_path):
    command = begun()
    command.kill(number)
    assert command.wait() == 128 + number
    (saved,) = checkpoints(tmp_path / "run")
    assert (
        f"stopped by {number.name} at {int(saved.name):,} images; saved as run/checkpoints/{saved.name}" in command.err
    )
    assert advice(command.err) == ["ganzoo", "resume", "run"]
    ganzoo(*advice(command.err)[1:], "--images", int(saved.name) + 100)


@pytest.mark.slow
def test_nohup_stays_nohup(tiny, tmp_path):
    command_line = [sys.executable, "-m", "ganzoo", *map(str, (*TINY, *LONG)), "--out", "run"]
    command = subprocess.Popen(
        ["nohup", *command_line], cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(lambda: (tmp_path / "run/metrics.jsonl").exists())
        command.send_signal(signal.SIGHUP)
        before = len(records(tmp_path / "run"))
        wait_for(lambda: len(records(tmp_path / "run")) > before + 5)
        assert command.poll() is None
    finally:
        command.send_signal(signal.SIGTERM)
        assert command.wait(60) == 143


def test_interrupted_twice_leaves_at_once_and_says_what_there_is(ganzoo, start, tiny, plugin_slow, tmp_path):
    ganzoo(*tiny.train, *LONG[2:], "--images", 100, "--out", "run")
    command = start("resume", "run", "--images", "10M", "--checkpoint-every", "100", environment=plugin_slow)
    wait_for(lambda: (tmp_path / "saving").exists(), lambda: command.out + command.err)
    command.kill(signal.SIGINT)
    # Two that come in one moment are one.
    time.sleep(0.5)
    command.kill(signal.SIGINT)
    assert command.wait() == 130
    assert "stopped at once" in command.err
    assert "the last good checkpoint is run/checkpoints/" in command.err
    assert advice(command.err) == ["ganzoo", "resume", "run"]


@pytest.fixture
def plugin_slow(tmp_path):
    """An environment in which a checkpoint of a resumed run takes for ever to write."""
    folder = tmp_path / "slow"
    folder.mkdir()
    (folder / "ganzoo_slow.py").write_text(
        "import pathlib, signal, time\n"
        "from ganzoo import hookimpl\n"
        "from ganzoo.runs import checkpoint\n"
        "def slow(*given):\n"
        f"    pathlib.Path({str(tmp_path / 'saving')!r}).touch()\n"
        "    time.sleep(60)\n"
        "checkpoint._write_files = slow\n"
        "@hookimpl\n"
        "def ganzoo_callbacks(): return []\n"
    )
    describe(folder, "ganzoo-slow", "slow", "ganzoo_slow", requires="")
    return {"PYTHONPATH": str(folder)}


def test_a_path_with_spaces_and_a_leading_dash_is_quoted(start, ganzoo, tiny, tmp_path):
    command = start(*tiny.train, *LONG, "--out=-a run; ls")
    wait_for(lambda: (tmp_path / "-a run; ls/metrics.jsonl").exists(), lambda: command.out + command.err)
    command.kill(signal.SIGTERM)
    command.wait()
    assert advice(command.err) == ["ganzoo", "resume", "./-a run; ls"]
    ganzoo(*advice(command.err)[1:], "--images", int(checkpoints(tmp_path / "-a run; ls")[-1].name) + 100)


def test_the_journal_of_a_run_that_was_stopped_is_that_of_one_that_was_not(ganzoo, start, tiny, tmp_path):
    options = ("--images", 9_000, "--checkpoint-every", 700, "--log-every", 130, "--sample-every", 2_000)
    judged = ("--eval-every", 3_000, "--eval-samples", 50, "--eval-metrics", "fid,diversity")
    for name in ("unbroken", "stopped"):
        (tmp_path / name).mkdir()
    ganzoo(*tiny.train, *options, *judged, "--out", "unbroken/run")
    for goal, number in (
        (500, signal.SIGINT),
        (2_000, signal.SIGTERM),
        (3_500, signal.SIGKILL),
        (6_000, signal.SIGHUP),
    ):
        first = not (tmp_path / "stopped/run").exists()
        command = start(*((*tiny.train, *options, *judged, "--out") if first else ("resume",)), "stopped/run")
        wait_for(
            lambda goal=goal: last_images(tmp_path / "stopped/run") >= goal,
            lambda command=command: command.out + command.err,
        )
        command.kill(number)
        assert command.wait() in (0, 128 + number, -number), command.err
    ganzoo("resume", "stopped/run")
    assert lines_of(tmp_path / "stopped/run") == lines_of(tmp_path / "unbroken/run")
    assert_same_end(tmp_path / "stopped/run", tmp_path / "unbroken/run")


def last_images(run):
    try:
        return json.loads((run / "metrics.jsonl").read_text().splitlines()[-1])["images"]
    except (OSError, IndexError, ValueError):
        return 0


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for index in range(20):
        Image.effect_noise((8, 8), 50 + index).save(folder / f"{index}.png")
    return folder


STREAMED = (*TINY[:2], "--data", "photos", *TINY[4:], "--data-memory", 0, "--data-disk", 0, "--workers", 0)


def test_data_that_vanishes_is_waited_for_and_then_the_work_is_saved(start, ganzoo, photos, tmp_path):
    command = start(*STREAMED, *LONG, "--out", "run")
    wait_for(lambda: (tmp_path / "run/metrics.jsonl").exists(), lambda: command.out + command.err)
    # A disk that is away for a moment costs nothing.
    photos.rename(tmp_path / "away")
    (tmp_path / "away").rename(photos)
    before = last_images(tmp_path / "run")
    wait_for(lambda: last_images(tmp_path / "run") > before + 1_000, lambda: command.out + command.err)
    photos.rename(tmp_path / "elsewhere")
    assert command.wait() == 1
    (saved,) = checkpoints(tmp_path / "run")
    assert "photos/" in command.err
    assert f"at {int(saved.name):,} images saved as run/checkpoints/{saved.name}" in command.err
    longer = ("--images", int(saved.name) + 100)

    gone = ganzoo("resume", "run", *longer, code=1)
    assert "run learned photos" in gone.err
    assert "ganzoo resume run --data PLACE" in gone.err
    judged = ganzoo("eval", "run", "-n", 10, code=2)
    assert "run learned photos" in judged.err
    assert "ganzoo eval run --data PLACE" in judged.err
    other = tmp_path / "other"
    shutil.copytree(tmp_path / "elsewhere", other)
    (other / "3.png").unlink()
    assert "was trained on other data" in ganzoo("resume", "run", "--data", "other", *longer, code=1).err
    ganzoo("resume", "run", "--data", "elsewhere", *longer)
    config = json.loads((tmp_path / "run/config.json").read_text())
    assert config["data"]["data"] == str(tmp_path / "elsewhere")
    assert config["options"]["images"] == longer[1]


def test_a_run_goes_on_from_another_folder(ganzoo, tiny, tmp_path):
    ganzoo(*tiny.train, "--images", 100, "--out", "run")
    (tmp_path / "sub").mkdir()
    ganzoo("resume", "../run", "--images", 200, folder=tmp_path / "sub")
    assert checkpoints(tmp_path / "run")[-1].name == "0000000200"


def test_what_changes_is_written_down_and_the_rest_is_refused(ganzoo, tiny, tmp_path):
    ganzoo(*tiny.train, "--images", 100, "--eval-every", 50, "--eval-metrics", "diversity", "--out", "run")
    ganzoo(
        "resume", "run", "--images", 200, "--eval-every", 0, "--sample-every", 30, "--checkpoint-every", 20, "--keep",
        9, "--log-every", 10, "--eval-metrics", "fid", "--eval-samples", 30, "--workers", 1, "--data-memory", "1G",
    )  # fmt: skip
    config = json.loads((tmp_path / "run/config.json").read_text())
    training = {name: value for name, value in config["training"].items() if name in CHANGED}
    assert training == CHANGED
    assert (config["data"]["workers"], config["data"]["data_memory"]) == (1, 1 << 30)
    assert [path.name for path in checkpoints(tmp_path / "run")][-5:] == [
        f"{n:010d}" for n in (120, 140, 160, 180, 200)
    ]
    assert {record["images"] for record in records(tmp_path / "run") if record.get("event") == "eval"} == {50, 100}
    from ganzoo import resume
    from ganzoo.errors import ConfigError

    with pytest.raises(ConfigError, match="'lr' stays as the run began: what may change is images, data, "):
        resume(tmp_path / "run", lr=1.0)


CHANGED = {
    "eval_every": None, "eval_metrics": "fid", "eval_samples": 30, "sample_every": 30, "checkpoint_every": 20,
    "keep": 9, "log_every": 10,
}  # fmt: skip


@pytest.mark.slow
def test_a_stdout_without_a_reader_costs_no_training(tiny, tmp_path):
    options = ("--images", "5000", "--log-every", "10", "--out", "run")
    command_line = [sys.executable, "-m", "ganzoo", *map(str, TINY), *options]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command_line, cwd=tmp_path, **streams) as command:
        command.stdout.readline()
        command.stdout.close()
        err = command.stderr.read().decode()
        assert command.wait(60) == 0, err
    assert err.splitlines() == ["warning: output cannot be written (Broken pipe): it is left out"]
    assert checkpoints(tmp_path / "run")[-1].name == "0000005000"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("redirected", "said"),
    [
        ("> /dev/full", "warning: output cannot be written (No space left on device): it is left out"),
        (">&-", ""),
        (">&- 2>&-", ""),
        ("> /dev/full 2> /dev/full", ""),
    ],
)
def test_a_stdout_that_is_full_or_closed_costs_no_training(tiny, tmp_path, redirected, said):
    words = shlex.join([sys.executable, "-m", "ganzoo", *map(str, TINY), "--images", "200", "--out", "run"])
    done = subprocess.run(["sh", "-c", f"{words} {redirected}"], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr.strip(), done.stdout) == (0, said, "")
    assert checkpoints(tmp_path / "run")[-1].name == "0000000200"


@pytest.mark.slow
@pytest.mark.parametrize("command", ["list", "list --json", "--version", "--help", "runs", "models", "data --help"])
def test_no_command_has_a_traceback_for_a_stdout(tmp_path, command):
    words = f"{shlex.quote(sys.executable)} -m ganzoo {command}"
    environment = {**os.environ, "GANZOO_HOME": str(tmp_path / "home")}

    def shell(redirected):
        return subprocess.run(
            ["sh", "-c", f"{words} {redirected}"], cwd=tmp_path, env=environment, capture_output=True, text=True
        )

    closed = shell(">&-")
    assert (closed.returncode, closed.stderr) == (0, "")
    full = shell("> /dev/full")
    assert (full.returncode, full.stderr) == (1, "error: stdout cannot be written: No space left on device\n")


def test_an_evaluation_that_cannot_be_taken_is_refused_before_the_training(ganzoo, tmp_path):
    import numpy

    images = numpy.random.RandomState(0).randint(0, 256, (3, 8, 8), dtype=numpy.uint8)
    numpy.savez(tmp_path / "tiny.npz", images=images)
    options = (*TINY, "--images", 200, "--eval-every", 100, "--eval-metrics", "kid")
    refused = ganzoo(*options, "--out", "a/b/run", code=2)
    assert "kid needs at least 4 samples of each kind, and there are 3" in refused.err
    assert not (tmp_path / "a").exists()
    assert "kid needs at least 4" in ganzoo(*options, "--dry-run", code=2).err
    ganzoo(*options[:-4], "--out", "run")
    assert "kid needs" in ganzoo("resume", "run", "--images", 400, *options[-4:], code=2).err
    ganzoo("resume", "run", "--images", 400)
    assert checkpoints(tmp_path / "run")[-1].name == "0000000400"


def test_a_run_that_could_not_be_made_leaves_nothing(ganzoo, tiny, tmp_path):
    failed = ganzoo(*tiny.train, "--images", 100, "--out", "some/where", file_bytes=1000, code=1)
    assert "the run directory cannot be written: some/where/config.json: File too large" in failed.err
    assert not (tmp_path / "some").exists()
    (tmp_path / "empty").mkdir()
    ganzoo(*tiny.train, "--images", 100, "--out", "empty", file_bytes=1000, code=1)
    assert list((tmp_path / "empty").iterdir()) == []
    ganzoo(*tiny.train, "--images", 100, "--out", "empty")
    taken = ganzoo(*tiny.train, "--images", 100, "--out", "empty", code=1)
    assert "ganzoo resume empty" in taken.err
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/letter").touch()
    assert "resume" not in ganzoo(*tiny.train, "--images", 100, "--out", "mine", code=1).err


def test_a_checkpoint_names_its_run(ganzoo, tiny, tmp_path):
    ganzoo(*tiny.train, "--images", 200, "--checkpoint-every", 100, "--out", "run")
    ganzoo("resume", "run/checkpoints/0000000200", "--images", 300)
    ganzoo("resume", "run/checkpoints", "--images", 400)
    assert checkpoints(tmp_path / "run")[-1].name == "0000000400"
    older = ganzoo("resume", "run/checkpoints/0000000200", "--images", 500, code=1)
    assert "is not the newest checkpoint of run, which is run/checkpoints/0000000400" in older.err
    assert "it has 400 images, and 100 are asked for" in ganzoo("resume", "run", "--images", 100).out


@pytest.mark.slow
def test_who_looks_takes_nothing(begun, ganzoo, tmp_path):
    from ganzoo.runs.run import Run

    command = begun()
    run = Run.open(tmp_path / "run")
    assert run.status() == "running"
    command.kill(signal.SIGTERM)
    command.wait()
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "run").rglob("*")}
    for _ in range(3):
        assert run.status() == "stopped"
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "run").rglob("*")} == before
    # A resume beside many that look.
    code = (
        "from pathlib import Path; from ganzoo.runs.run import Run\n"
        f"run = Run.open(Path({str(run.path)!r}))\n"
        "while True: run.status()"
    )
    lookers = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(2)]
    try:
        for more in range(1, 4):
            ganzoo("resume", "run", "--images", int(checkpoints(run.path)[-1].name) + 100 * more)
    finally:
        for looker in lookers:
            looker.kill()
            looker.wait()


def test_a_signal_leaves_an_evaluation_and_what_goes_on_takes_it(ganzoo, start, tiny, tmp_path):
    run = tmp_path / "run"
    judged = ("--eval-every", 100, "--eval-metrics", "diversity", "--eval-samples", "100M")
    command = start(*tiny.train, "--images", 200, "--log-every", 10, *judged, "--out", "run")
    wait_for(lambda: last_images(run) == 100, lambda: command.out + command.err)
    time.sleep(0.5)
    command.kill(signal.SIGTERM)
    assert command.wait() == 143, command.err
    assert [path.name for path in checkpoints(run)] == ["0000000100"]
    ganzoo("resume", "run", "--eval-samples", 30)
    assert [one["images"] for one in records(run) if one.get("event") == "eval"] == [100, 200]

    # All images were shown, and the last evaluation was left.
    command = start("resume", "run", "--images", 300, "--eval-samples", "100M")
    wait_for(lambda: last_images(run) == 300, lambda: command.out + command.err)
    time.sleep(0.5)
    command.kill(signal.SIGINT)
    assert command.wait() == 130, command.err
    assert checkpoints(run)[-1].name == "0000000300"
    assert "stopped" in ganzoo("runs", ".").out
    ganzoo("resume", "run", "--eval-samples", 30)
    assert [one["images"] for one in records(run) if one.get("event") == "eval"] == [100, 200, 300]
    assert "finished" in ganzoo("runs", ".").out
