"""`ganzoo bench modes` from end to end, in processes of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

MAIN = "import sys; from ganzoo.cli.app import main; sys.argv[0] = 'ganzoo'; main()"
NO_TORCH = f"import sys, atexit; atexit.register(lambda: print('torch' in sys.modules, file=sys.stderr)); {MAIN}"


def begin(folder, *arguments, main=MAIN):
    command = [sys.executable, "-W", "error", "-c", main, "bench", *map(str, arguments)]
    environment = {**os.environ, "GANZOO_HOME": str(folder / "home")}
    # A session of its own, so that a signal reaches the command's processes and not pytest.
    return subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip


def run(folder, *arguments, code=0, **options):
    process = begin(folder, *arguments, **options)
    out, err = process.communicate(timeout=120)
    assert process.returncode == code, out + err
    assert "Traceback" not in err
    return out, err


def count(file):
    return len(json.loads(file.read_text())["results"]) if file.exists() else 0


def workers(process):
    """Of the command's children, those that were spawned to train."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return [int(pid) for pid in children if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def stop(folder, arguments, send):
    """Begin, send a signal once a run is finished, and wait for the end; gives exit code, output, errors."""
    process = begin(folder, *arguments)
    try:
        for _ in range(600):
            if count(folder / "bench-modes.json") or process.poll() is not None:
                break
            time.sleep(0.1)
        (worker,) = workers(process)
        send(process.pid, worker)
        out, err = process.communicate(timeout=60)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    assert not Path(f"/proc/{worker}").exists()
    return process.returncode, out, err


def kept(folder, runs):
    number = count(folder / "bench-modes.json")
    assert 1 <= number < runs
    finished = "1 finished run" if number == 1 else f"{number} finished runs"
    return f"bench-modes.json keeps {finished} of {runs}, and the same command goes on from there\n"


@linux
def test_a_table_that_is_interrupted_and_continued(tmp_path):
    tiny = ("modes", "--rows", "pacgan2", "--data", "ring", "--seeds", 4, "--steps", 20)
    file = tmp_path / "bench-modes.json"
    # As a terminal does: to every process, the workers too.
    code, out, err = stop(
        tmp_path, (*tiny, "--processes", 1), lambda command, worker: os.killpg(command, signal.SIGINT)
    )
    assert (code, err) == (130, f"error: stopped by SIGINT; {kept(tmp_path, 4)}")
    first = json.loads(file.read_text())["results"]
    assert out.splitlines()[0] == "4 runs of 20 steps, 1 at a time"
    assert len(out.splitlines()) == 1 + len(first)

    out, err = run(tmp_path, *tiny, "--processes", 2)
    assert err == ""
    said = out.splitlines()
    missing = 4 - len(first)
    runs = "1 run" if missing == 1 else f"{missing} runs"
    assert said[0] == f"{runs} of 20 steps ({len(first)} more are in bench-modes.json), {min(missing, 2)} at a time"
    assert sorted(line.split(":")[0] for line in said[1 : 1 + missing]) == [
        f"pacgan2 on ring, seed {seed}" for seed in range(len(first), 4)
    ]
    assert said[1 + missing].startswith("| data     | row     | runs | modes")
    assert said[3 + missing].startswith("| ring (8) | pacgan2 | 4    |")
    assert said[-1] == "written: bench-modes.json"
    results = json.loads(file.read_text())["results"]
    assert results[: len(first)] == first
    assert sorted(entry["seed"] for entry in results) == [0, 1, 2, 3]

    # All there: nothing is trained, so nothing needs torch.
    out, err = run(tmp_path, *tiny, "--json", main=NO_TORCH)
    assert err == "False\n"
    assert [(line["row"], line["runs"]) for line in json.loads(out)["table"]] == [("pacgan2", 4)]


@linux
def test_a_killed_worker_is_one_sentence(tmp_path):
    code, _, err = stop(
        tmp_path,
        ("modes", "--rows", "gan", "--data", "grid", "--processes", 1, "--steps", 20),
        lambda command, worker: os.kill(worker, signal.SIGKILL),
    )
    said = "error: a worker was killed, perhaps because memory ran out: try fewer --processes; "
    assert (code, err) == (1, said + kept(tmp_path, 10))


@pytest.mark.parametrize(
    ("line", "code", "says"),
    [
        ("--help", 0, "modes"),
        ("modes --help", 0, "--quick"),
        ("modes --rows wgan", 2, "error: --rows (=wgan) must be some of gan, pacgan2, pacgan3, pacgan4: no row is"),
        ("modes --data circle", 2, "error: --data (=circle) must be some of ring, grid: no mixture is 'circle'"),
        ("modes --steps -5", 2, "error: --steps (=-5) must be"),
        ("modes --out .", 2, "error: --out . is a folder: name a file, such as bench-modes.json"),
        ("modes --out no/where.json", 1, "error: no/where.json cannot be written: No such file or directory"),
        ("modes --out text", 2, "error: text is not a file of `ganzoo bench modes`: give another --out"),
    ],
)
def test_what_needs_no_torch_imports_none(tmp_path, line, code, says):
    (tmp_path / "text").write_text("hello")
    out, err = run(tmp_path, *line.split(), code=code, main=NO_TORCH)
    *sentences, torch = err.splitlines()
    assert torch == "False"
    assert says in (sentences[0] if code else out)
    assert len(sentences) == (1 if code else 0)
