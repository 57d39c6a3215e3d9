"""How long does the user wait: for `ganzoo list`, and from `ganzoo train` to the first step?

    python benchmarks/startup.py              # some four minutes
    python benchmarks/startup.py --quick      # does it run? Writes nothing

`ganzoo list` takes turns with `python -c "import typer, rich.console, rich.table"`, the least that a command line with
tables must import: wall time of whole processes, median of the ratios of pairs. "Cold" is a new process; the files are
in the page cache, and the byte code is compiled, as on every call but the first after a reboot.

The first step is found by running the command's own `main` with another display: it is told of each round that has
ended, notes the time at the first one, and ends the process. So the time from before the process starts to then holds
everything that the user waits for, the sample grid of the untrained generator and the first round included. From it is
taken, pair by pair, the time that a process needs for the imports named in `IMPORTS`; what else is imported on the way
counts against ganzoo. The data is in ganzoo's cache (`own_home`, filled by a run that does not count).
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from common import machine, own_home, spread, table, verdict, write

LIST_TARGET = 1.8
FIRST_STEP_TARGET_SECONDS = 1.5
LEAST = [sys.executable, "-c", "import typer, rich.console, rich.table"]
GANZOO = [sys.executable, "-c", "from ganzoo.cli.app import main; main()"]
"""What the installed script `ganzoo` does; written out so that it is this interpreter's."""
COMMANDS = (
    ["--help"],
    ["list"],
    ["plugins"],
    ["info", "dcgan"],
    ["runs"],
    ["train", "--help"],
    ["train", "dcgan", "--help"],
)
LOADED = """
import atexit, os, sys
atexit.register(lambda: os.write(2, b"\\nloaded: %d" % ("torch" in sys.modules)))
from ganzoo.cli.app import main
main()
"""
IMPORTS = """
import torch, typer, pydantic, PIL.Image
import ganzoo.cli.app, ganzoo.cli.runs.train, ganzoo.cli.options, ganzoo.api, ganzoo.data.load
import ganzoo.engine.device, ganzoo.engine.training, ganzoo.runs.trainer
import ganzoo_{variant}.config, ganzoo_{variant}.model
"""
FIRST_OPTIMIZER = """
torch.optim.Adam([torch.zeros(1, requires_grad=True)], fused=True)
"""
NOTE = """
import os, time
os.write(2, b"\\n%r" % time.monotonic())
os._exit(0)
"""
FIRST_STEP = """
import os, sys, time
from ganzoo.runs.observers import display as displays

class UntilFirstStep(displays.PlainDisplay):
    def advance(self, images):
        import torch
        if torch.accelerator.is_available():
            torch.accelerator.synchronize()
        os.write(2, b"\\n%r" % time.monotonic())
        os._exit(0)

displays.choose_display = lambda *, quiet: UntilFirstStep()
from ganzoo.cli.app import main
main()
"""


def wall_seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def noted_seconds(command: list[str], folder: Path) -> float:
    """Seconds from before the process starts to the moment that it notes on stderr; one clock serves all processes."""
    start = time.monotonic()
    done = subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    return float(done.stderr.splitlines()[-1]) - start


def measure_list(pairs: int) -> dict[str, Any]:
    taken: dict[str, list[float]] = {"ganzoo list": [], "imports of typer and rich": []}
    for command in ([*GANZOO, "list"], LEAST):
        wall_seconds(command)
    for number in range(pairs):
        both = [("ganzoo list", [*GANZOO, "list"]), ("imports of typer and rich", LEAST)]
        for name, command in both if number % 2 else both[::-1]:
            taken[name].append(wall_seconds(command))
    ratio = spread([a / b for a, b in zip(*taken.values(), strict=True)])
    return {
        "pairs": pairs,
        "seconds": {name: spread(seconds) for name, seconds in taken.items()},
        "ratio": ratio,
        "target": f"median ratio <= {LIST_TARGET}",
        "met": ratio["median"] <= LIST_TARGET,
    }


def measure_commands(repeats: int, folder: Path) -> dict[str, Any]:
    """Seconds of the commands that need no network, and whether they really import no torch."""
    found = {}
    for arguments in COMMANDS:
        command = [sys.executable, "-c", LOADED, *arguments]
        seconds, loaded = [], ""
        for _ in range(repeats):
            start = time.perf_counter()
            done = subprocess.run(
                command, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
            )
            seconds.append(time.perf_counter() - start)
            loaded = done.stderr.splitlines()[-1]
        found["ganzoo " + " ".join(arguments)] = {
            "seconds": round(statistics.median(seconds), 3),
            "imports_torch": loaded == "loaded: 1",
        }
    return found


def measure_first_step(variant: str, turns: int, device: str, folder: Path) -> dict[str, Any]:
    named = IMPORTS.format(variant=variant)
    codes = {"to_first_step": FIRST_STEP, "imports": named + FIRST_OPTIMIZER + NOTE, "named_imports": named + NOTE}
    train = ["train", variant, "--device", device]
    commands = {name: [sys.executable, "-c", code, *train] for name, code in codes.items()}
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for command in commands.values():
        noted_seconds(command, folder)
    names = list(commands)
    for number in range(turns):
        for position in range(len(names)):
            name = names[(number + position) % len(names)]
            taken[name].append(noted_seconds(commands[name], folder))
    beyond = {
        f"beyond_{name}_seconds": spread([a - b for a, b in zip(taken["to_first_step"], taken[name], strict=True)])
        for name in ("imports", "named_imports")
    }
    return {
        "turns": turns,
        **{f"{name}_seconds": spread(seconds) for name, seconds in taken.items()},
        **beyond,
        "target": f"median beyond imports <= {FIRST_STEP_TARGET_SECONDS} s",
        "met": beyond["beyond_imports_seconds"]["median"] <= FIRST_STEP_TARGET_SECONDS,
    }


def show(report: dict[str, Any]) -> None:
    listed = report["list"]
    rows = [[name, *(f"{v[k]:.3f}" for k in v)] for name, v in listed["seconds"].items()]
    rows.append(["ratio", *(f"{v:.2f}" for v in listed["ratio"].values())])
    table("ganzoo list, seconds", ["", "median", "min", "max"], rows)
    print(f"  {verdict(listed['met'])}: {listed['target']}")
    rows = [[name, f"{v['seconds']:.3f}", str(v["imports_torch"])] for name, v in report["commands"].items()]
    table("commands without a network", ["", "seconds", "imports torch"], rows)
    for variant, found in report["first_step"].items():
        rows = [[key, *(f"{v:.2f}" for v in found[key].values())] for key in found if key.endswith("_seconds")]
        table(f"ganzoo train {variant}", ["", "median", "min", "max"], rows)
        print(f"  {verdict(found['met'])}: {found['target']}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=15, help="of `ganzoo list`; a third as many of `ganzoo train`")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--quick", action="store_true", help="tiny settings, nothing written")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    pairs = 2 if arguments.quick else arguments.pairs
    # A terminal's width is no part of the question.
    os.environ.setdefault("COLUMNS", "120")
    report: dict[str, Any] = {"machine": machine(arguments.device)}
    with own_home() as folder:
        report["list"] = measure_list(pairs)
        report["commands"] = measure_commands(1 if arguments.quick else 5, folder)
        report["first_step"] = {
            variant: measure_first_step(variant, max(pairs // 3, 1), arguments.device, folder)
            for variant in ("vanilla", "dcgan")
        }
    show(report)
    write(
        "startup" if arguments.device == "cpu" else f"startup-{arguments.device.partition(':')[0]}", report, arguments
    )


if __name__ == "__main__":
    main()
