"""What every command writes outside of its own places, and whom it asks: nothing but what docs/trust.md names."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main
from engine.runs import TINY, save_noise

from ganzoo.cli.app import app

UNSHARE = ["unshare", "--user", "--map-root-user", "--net", "--mount"]
GANZOO = [sys.executable, "-m", "ganzoo"]
MATPLOTLIB = re.compile(r"\.(cache|config)/matplotlib/[\w.-]+")
"""Its list of fonts, which it keeps for all programs."""

HUB = "huggingface.co"
SMALL = [str(word) for word in TINY[2:]]
COMMANDS = {
    "list": [["list"], ["list", "--json"]],
    "data": [["data", "check", "tiny.npz"], ["data", "cache"]],
    "info": [["info", "dcgan"], ["info", "dcgan", "--schema"]],
    "train": [
        ["train", "vanilla", *SMALL, "--images", "300", "--out", "run"],
        ["train", "--like", "run", "--out", "tiny"],
        ["train", "vanilla", "--dry-run", *SMALL],
        ["train", "--help"],
    ],
    "resume": [["resume", "run", "--images", "600"]],
    "runs": [["runs"]],
    "sample": [["sample", "run", "--out", "a.png"], ["sample", "model.onnx", "--out", "b.png"]],
    "translate": [["translate", "pix2pix-edges-64", "a.png", "--convert", "--out", "e"]],
    "interpolate": [["interpolate", "run", "--seeds", "1,2,3", "--out", "c.png"]],
    "arithmetic": [["arithmetic", "run", "--plus", "1,2,3", "--out", "d.png"]],
    "nearest": [["nearest", "run", "a.png"]],
    "reconstruct": [["reconstruct", "vaegan-mnist", "mnist:test", "-n", "4"]],
    "eval": [["eval", "dcgan-mnist", "--count", "200", "--metrics", "diversity"]],
    "report": [["report", "run"]],
    "compare": [["compare", "run", "tiny", "--html", "c.html"]],
    "pull": [["pull", "dcgan-mnist"]],
    "push": [["push", "run", "shelf/mine"]],
    "models": [["models"], ["models", "info", "dcgan-mnist"], ["models", "verify"], ["models", "prune"]],
    "search": [["search", "mnist", "--offline"]],
    "export": [["export", "dcgan-mnist", "--out", "model.onnx"]],
    "sweep": [["sweep", "sweep.toml"]],
    "registry": [["registry", "add", "shelf", "shelf"], ["registry", "list"]],
    "plugins": [
        ["plugins"],
        ["plugins", "doctor", "dcgan"],
        ["plugins", "new", "mygan"],
        ["plugins", "disable", "toy"],
    ],
}
"""At least one line for each command, in an order in which each finds what it needs."""

SWEEP = """
variant = "vanilla"
data = "ring"
images = 600
metrics = "modes"
eval_samples = 200
"""

ORDER = [
    "list", "data", "info", "train", "resume", "runs", "export", "sample", "translate", "interpolate", "arithmetic",
    "nearest", "reconstruct", "eval", "report", "compare", "registry", "push", "pull", "models", "search", "sweep",
    "plugins",
]  # fmt: skip

ASKS = {
    ("pull", "hf://org/model"): HUB,
    ("search", "mnist"): HUB,
    ("push", "run", "hf://org/model"): HUB,
    ("sample", "hf://org/model"): HUB,
}


def can_unshare():
    return subprocess.run([*UNSHARE, "true"], capture_output=True).returncode == 0 if shutil.which("unshare") else False


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    if not can_unshare():
        if os.environ.get("CI"):
            pytest.fail("CI must be able to `unshare --user --net --mount`, or nothing proves what commands ask for")
        pytest.skip("this machine does not let `unshare` make a network of its own")
    folder = tmp_path_factory.mktemp("sealed")
    work = folder / "work"
    (work / "shelf").mkdir(parents=True)
    save_noise(work)
    (work / "sweep.toml").write_text(SWEEP)
    typed = [tuple(line) for name in ORDER for line in COMMANDS[name]] + list(ASKS)
    order = {"folder": str(folder), "commands": [[*GANZOO, *line] for line in typed]}
    done = subprocess.run(
        [*UNSHARE, sys.executable, str(Path(__file__).with_name("sealed.py")), json.dumps(order)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(zip(typed, json.loads(done.stdout), strict=True))


def test_there_is_a_line_for_every_command():
    names = typer.main.get_command(app).list_commands(None)
    assert sorted(COMMANDS) == sorted(ORDER) == sorted(names)


@pytest.mark.slow
def test_nobody_is_asked(reports):
    quiet = {line: report for line, report in reports.items() if line not in ASKS}
    assert {line: report["asked"] for line, report in quiet.items() if report["asked"]} == {}
    assert {line: report["connected"] for line, report in quiet.items() if report["connected"]} == {}


@pytest.mark.slow
def test_all_works_without_a_network(reports):
    quiet = {line: report for line, report in reports.items() if line not in ASKS}
    assert {line: report["out"] + report["err"] for line, report in quiet.items() if report["code"]} == {}


@pytest.mark.slow
def test_who_asks_the_hub_asks_nobody_else(reports):
    assert {line: reports[line]["asked"] for line in ASKS} == {line: [host] for line, host in ASKS.items()}
    for line in ASKS:
        assert "cannot be reached" in reports[line]["err"], reports[line]["err"]
        # What is here is found all the same.
        assert reports[line]["code"] == (0 if line[0] == "search" else 1)


@pytest.mark.slow
def test_nothing_is_written_where_nobody_looks(reports):
    for line, report in reports.items():
        strange = [name for name in report["wrote"]["home"] if not MATPLOTLIB.fullmatch(name)]
        assert strange == [], line
        assert [name for name in report["wrote"]["tmp"] if "matplotlib" not in name] == [], line
    looks = [line for line in reports if line[0] in ("list", "info", "runs", "models", "sample", "plugins", "search")]
    for line in looks:
        places = {name.split("/")[0] for name in reports[line]["wrote"]["ganzoo"]}
        assert places <= {"last.json", "config.toml", ".config.lock", "importing"}, (line, places)
