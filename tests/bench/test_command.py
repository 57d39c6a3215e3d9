"""`ganzoo bench modes` from end to end, in processes of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

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


def test_a_small_table(tmp_path):
    tiny = ("modes", "--rows", "pacgan2", "--data", "ring", "--seeds", 2, "--steps", 10, "--processes", 2)
    out, err = run(tmp_path, *tiny)
    assert err == ""
    said = out.splitlines()
    assert said[0] == "2 runs of 10 steps, 2 at a time"
    assert sorted(line.split(":")[0] for line in said[1:3]) == [f"pacgan2 on ring, seed {seed}" for seed in (0, 1)]
    assert said[3].startswith("| data     | row     | runs | modes")
    assert said[5].startswith("| ring (8) | pacgan2 | 2    |")
    assert said[-1] == "written: bench-modes.json"
    file = tmp_path / "bench-modes.json"
    first = json.loads(file.read_text())["results"]
    assert {(entry["row"], entry["data"], entry["steps"], entry["modes"]) for entry in first} == {
        ("pacgan2", "ring", 10, 8)
    }

    # One is done again, the other is not: the same figures, and no other run.
    again = json.loads(file.read_text())
    lost = again["results"].pop()
    file.write_text(json.dumps(again))
    out, err = run(tmp_path, *tiny, "--json")
    assert err == ""
    table = json.loads(out)["table"]
    assert [(line["row"], line["runs"]) for line in table] == [("pacgan2", 2)]
    second = json.loads(file.read_text())["results"]
    assert second[0] == again["results"][0]
    timeless = [{**entry, "seconds": 0} for entry in (second[1], lost)]
    assert timeless[0] == timeless[1]

    # All there: nothing is trained, so nothing needs torch.
    out, err = run(tmp_path, *tiny, "--json", main=NO_TORCH)
    assert json.loads(out)["table"] == table
    assert err == "False\n"


def wait_for(found, process):
    for _ in range(600):
        if found():
            return
        assert process.poll() is None, process.communicate()
        time.sleep(0.1)
    pytest.fail("nothing came")


def count(file):
    return len(json.loads(file.read_text())["results"])


def workers(process):
    """Of the command's children, those that were spawned to train."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return [int(pid) for pid in children if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("how", ["interrupted", "killed"])
def test_an_end_before_the_end_keeps_what_is_finished(tmp_path, how):
    file = tmp_path / "bench-modes.json"
    process = begin(tmp_path, "modes", "--rows", "gan", "--data", "grid", "--processes", 1, "--steps", 20)
    try:
        wait_for(lambda: file.exists() and count(file), process)
        (worker,) = workers(process)
        if how == "interrupted":
            # As a terminal does: to every process, the workers too.
            os.killpg(process.pid, signal.SIGINT)
        else:
            os.kill(worker, signal.SIGKILL)
        out, err = process.communicate(timeout=60)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    finished = count(file)
    runs = "1 finished run" if finished == 1 else f"{finished} finished runs"
    kept = f"bench-modes.json keeps {runs} of 10, and the same command goes on from there"
    if how == "interrupted":
        assert (process.returncode, err) == (130, f"error: stopped by SIGINT; {kept}\n")
    else:
        first = "error: a worker was killed, perhaps because memory ran out: try fewer --processes; "
        assert (process.returncode, err) == (1, f"{first}{kept}\n")
    said = out.splitlines()
    assert said[0] == "10 runs of 20 steps, 1 at a time"
    assert len(said) == 1 + finished < 11
    assert not Path(f"/proc/{worker}").exists()


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
