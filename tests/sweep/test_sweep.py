"""`ganzoo sweep` from end to end: real processes, killed, stopped, shared, and gone on with."""

import json
import os
import signal
import sys
import time
from pathlib import Path

import filelock
import pytest

from ganzoo.errors import ConfigError
from ganzoo.sweeps.sweep import sweep

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")]

SMALL = """
variant = "vanilla"
preset = "toy"
data = "ring"
limit = 500
images = 6000
batch_size = 20
generator_widths = "8"
discriminator_widths = "8"
checkpoint_every = 500
log_every = 500
sample_every = "1M"
metrics = "fid"
eval_samples = 100
eval_every = 2000
"""


def write(folder, more):
    (folder / "small.toml").write_text(SMALL + more)


def table(folder):
    content = json.loads((folder / "table.json").read_text())
    # The figures of a run are of the same bits, so there is nothing to be lenient about.
    return content["rows"]


def wait(condition, seconds=120):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def begun(folder):
    """Runs with a checkpoint."""
    return sorted({path.parents[1] for path in folder.glob("runs/*/checkpoints/[0-9]*")})


def finished(folder):
    return [path for path in begun(folder) if (path / "checkpoints" / "0000006000").exists()]


def workers(pid):
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in children if b"ganzoo.sweeps.worker" in Path(f"/proc/{child}/cmdline").read_bytes()]


def free(folder):
    """Nobody holds a run."""
    for lock in (folder / "locks").iterdir():
        try:
            with filelock.FileLock(lock, timeout=0):
                pass
        except filelock.Timeout:
            return False
    return True


def test_killed_and_started_again_it_gives_the_same_table(tmp_path, start, ganzoo):
    write(tmp_path, "seeds = 3\n")
    unbroken = ganzoo("sweep", "small.toml", "--out", "unbroken")
    assert unbroken.out.startswith("3 runs, ")
    assert "| runs | fid" in unbroken.out
    assert unbroken.out.endswith("written: unbroken/table.md, table.csv, table.json\n")

    folder = tmp_path / "sweeps" / "small"
    command = start("sweep", "small.toml", "--jobs", 1)
    wait(lambda: len(finished(folder)) == 1 and len(begun(folder)) == 2)
    (child,) = workers(command.pid)
    command.kill(signal.SIGKILL)
    command.wait()
    # Nobody is left who would use its result, so the run that was at work saves it and ends.
    wait(lambda: not Path(f"/proc/{child}").exists() and free(folder))
    (done,) = finished(folder)
    (half,) = set(begun(folder)) - {done}
    kept = {path: path.stat().st_mtime_ns for path in (done / "metrics.jsonl", half / "samples" / "0000000000.png")}

    again = ganzoo("sweep", "small.toml", "--jobs", 2)
    assert again.out.startswith("3 runs (1 ended before, 1 to go on with), 2 at a time, in sweeps/small\n")
    assert table(folder) == table(tmp_path / "unbroken")
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert [run["seed"] for run in table(folder)[0]["runs"]] == [0, 1, 2]


def test_one_that_is_stopped_leaves_its_runs_to_the_other(tmp_path, start, ganzoo):
    write(tmp_path, "seeds = 3\n")
    folder = tmp_path / "shared"
    typed = ("sweep", "small.toml", "--out", folder, "--jobs", 1)
    first = start(*typed)
    second = start(*typed)
    wait(lambda: len(begun(folder)) >= 2)
    (child,) = workers(first.pid)
    first.kill(signal.SIGINT)
    assert first.wait() == 130
    assert not Path(f"/proc/{child}").exists()
    assert first.err.startswith("error: stopped by SIGINT: ")
    assert first.err.endswith(f"Go on with: ganzoo sweep small.toml --out {folder}\n")
    assert second.wait() == 0, second.out + second.err

    assert len(finished(folder)) == 3
    for run in finished(folder):
        images = [json.loads(line)["images"] for line in (run / "metrics.jsonl").read_text().splitlines()]
        # Twice at 2,000, 4,000 and 6,000: a tick and an evaluation. Nobody did a part again.
        assert [number for number in images if number % 500 == 0] == sorted([*range(500, 6001, 500), 2000, 4000, 6000])
        # And one where it was stopped.
        assert sum(number % 500 != 0 for number in images) <= 1
    # All is there: another start prints the table that the second one wrote.
    assert json.loads(ganzoo(*typed, "--json").out)["rows"] == table(folder)


def test_what_fails_is_a_line_and_ends_nothing(tmp_path, start, ganzoo):
    write(tmp_path, "lr = [1e30, 1e-3, 1e-2]\nseeds = [5]\n")
    folder = tmp_path / "sweeps" / "small"
    command = start("sweep", "small.toml", "--jobs", 1)
    # The first run diverges, the second is killed.
    wait(lambda: any((run / "checkpoints").exists() for run in folder.glob("runs/*")))
    (child,) = workers(command.pid)
    os.kill(child, signal.SIGKILL)
    assert command.wait() == 1
    diverged, killed, good = (row["runs"][0] for row in table(folder))
    assert diverged["failed"].startswith("diverged at ")
    assert killed["failed"] == "killed by SIGKILL, perhaps because memory ran out: try fewer --jobs"
    assert good["final"]["fid"] > 0
    assert "failed: lr 1e+30, seed 5: diverged at " in command.out
    assert "| 0.001 | 0 of 1 |" in command.out

    # The killed one is done now; the one that diverged is not tried again.
    again = ganzoo("sweep", "small.toml", code=1)
    assert again.out.startswith("3 runs (2 ended before, 1 to go on with), ")
    diverged_again, done, good_again = (row["runs"][0] for row in table(folder))
    assert (diverged_again, good_again) == (diverged, good)
    assert done["final"]["fid"] > 0

    # Another file of the same name: what still fits is kept.
    write(tmp_path, "seeds = [5]\nlr = 1e-3\n")
    changed = ganzoo("sweep", "small.toml")
    assert changed.out.splitlines()[1] == "runs of another file in sweeps/small/runs: 2, which are left alone"
    assert [row["runs"] for row in table(folder)] == [[done]]


def test_a_range_is_searched_by_several_and_after_a_kill(tmp_path, start, ganzoo):
    write(tmp_path, "lr = { min = 1e-5, max = 1e-1, log = true }\ntrials = 2\n")
    ganzoo("sweep", "small.toml", "--jobs", 1, "--out", "unbroken")
    rows = table(tmp_path / "unbroken")
    assert len({row["options"]["lr"] for row in rows}) == 2
    assert all(1e-5 <= row["options"]["lr"] <= 1e-1 for row in rows)
    # The smallest distance first.
    figures = [row["final"]["fid"]["mean"] for row in rows]
    assert figures == sorted(figures)

    folder = tmp_path / "killed"
    typed = ("sweep", "small.toml", "--jobs", 1, "--out", "killed")
    command = start(*typed)
    wait(lambda: begun(folder))
    command.kill(signal.SIGKILL)
    command.wait()
    both = [start(*typed), start(*typed)]
    assert [one.wait() for one in both] == [0, 0], both[0].err + both[1].err
    # The first trials do not depend on each other, so it is the same search.
    assert table(folder) == rows
    assert len(finished(folder)) == 2


def test_without_optuna_a_range_says_what_to_install(tmp_path, monkeypatch, home):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "optuna", None)
    write(tmp_path, "lr = { min = 1e-5, max = 1e-1 }\n")
    with pytest.raises(ConfigError, match=r"pip install 'torch-ganzoo\[sweep\]'"):
        sweep("small.toml")
    assert not (tmp_path / "sweeps" / "small" / "runs").exists()


def test_options_that_do_not_fit_are_a_row_that_failed(tmp_path, monkeypatch, home):
    monkeypatch.chdir(tmp_path)
    small = {
        "variant": "pacgan", "data": "ring", "packing": [2, 3], "batch_size": 10, "images": 100, "limit": 200,
        "generator_widths": "8", "discriminator_widths": "8", "metrics": "fid", "eval_samples": 100,
    }  # fmt: skip
    found = sweep(small, jobs=1, quiet=True)
    fits, refused = found.rows
    assert (fits.runs, found.failures) == (1, 1)
    assert refused.failures[0] == "refused: --batch-size (=10) must be a multiple of --packing (=3): give 9 or 12"
    # Where none fits there is no table to be had.
    with pytest.raises(ConfigError, match=r"^--batch-size .=10. must be a multiple"):
        sweep({**small, "packing": 3}, jobs=1, quiet=True)
    with pytest.raises(ConfigError, match=r"--jobs .=0. must be 1 or more"):
        sweep(small, jobs=0)
