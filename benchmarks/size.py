"""What do large things cost: a run of a million lines, a home of 5,000 pulled models?

    python benchmarks/size.py              # five minutes
    python benchmarks/size.py --quick      # a hundredth of it. Does it run? Writes nothing

Each command is a process of its own: the processor's time that it took, which other work on the machine hardly changes,
and the most memory that it held; the median of three, in turn with the same on little. What it works on is made before.
The targets are a second and 200 MB beyond what the same command takes for a run of 200 lines and for a home with one
pulled model: imports of torch and matplotlib are no size.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from common import machine, table, write

LINES, MODELS, TURNS = 1_000_000, 5_000, 3
TARGET_SECONDS, TARGET_MB = 1.0, 200.0
GANZOO = [sys.executable, "-c", "from ganzoo.cli.app import main; main()"]
OF_RUNS = {
    "runs": ["runs"],
    "models": ["models"],
    "report": ["report", "runs/one"],
    "resume": ["resume", "runs/one", "--images", "{longer}", "--quiet"],
}


def measured(folder: Path, arguments: list[str]) -> tuple[float, float]:
    """Seconds of the processor and MB of one command; it must succeed."""
    environment = {**os.environ, "GANZOO_HOME": str(folder / "home"), "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen([*GANZOO, *arguments], cwd=folder, env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"ganzoo {' '.join(arguments)} failed")
    return usage.ru_utime + usage.ru_stime, _megabytes(usage)


def _megabytes(usage: resource.struct_rusage) -> float:
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6


def make_run(folder: Path, lines: int) -> None:
    """The smallest run, whose journal has so many ticks before its end."""
    options = ("--images", "200", "--batch-size", "50", "--device", "cpu", "--preset", "laptop", "--limit", "100")
    measured(folder, ["train", "vanilla", *options, "--quiet", "--out", "runs/one"])
    path = folder / "runs/one/metrics.jsonl"
    tick = json.loads(path.read_text(encoding="utf-8").splitlines()[-1])
    with path.open("w", encoding="utf-8") as file:
        for index in range(lines):
            file.write(json.dumps({**tick, "images": 200 * (index + 1) // lines}) + "\n")


def make_models(folder: Path, count: int) -> None:
    """Copies of the receipt and the files of one pulled model."""
    (folder / "store").mkdir()
    measured(folder, ["registry", "add", "zoo", "store"])
    measured(folder, ["push", "builtin:dcgan-mnist", "zoo/first"])
    measured(folder, ["pull", "zoo/first"])
    (receipt,) = (folder / "home/models").rglob("receipt.json")
    values = json.loads(receipt.read_text(encoding="utf-8"))
    for index in range(count - 1):
        name = f"model-{index}"
        place = receipt.parents[2] / name / values["revision"]
        shutil.copytree(receipt.parent, place, copy_function=os.link)
        (place / "receipt.json").unlink()
        changed = {"reference": f"zoo/{name}@{values['revision']}", "name": name, "folder": str(place)}
        (place / "receipt.json").write_text(json.dumps({**values, **changed}), encoding="utf-8")


def compare(small: Path, large: Path, commands: dict[str, list[str]]) -> dict[str, Any]:
    """Each command on little and on much."""
    found = {}
    for name, arguments in commands.items():
        pairs = []
        for turn in range(TURNS):
            typed = [argument.format(longer=300 + 100 * turn) for argument in arguments]
            pairs.append((measured(small, typed), measured(large, typed)))
        little, much = (tuple(map(statistics.median, zip(*which, strict=True))) for which in zip(*pairs, strict=True))
        found[name] = {
            "seconds": round(much[0], 2),
            "seconds_small": round(little[0], 2),
            "mb": round(much[1]),
            "mb_small": round(little[1]),
            "reached": much[0] - little[0] <= TARGET_SECONDS and much[1] - little[1] <= TARGET_MB,
        }
    return found


def on_two(make: Callable[[Path, int], None], little: int, much: int, commands: dict[str, list[str]]) -> dict[str, Any]:
    """`compare` in two folders of their own."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        make(Path(one), little)
        make(Path(other), much)
        return compare(Path(one), Path(other), commands)


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    share = 100 if arguments.quick else 1
    # `machine` imports torch, and a child begins with the memory of its parent: asked for at the end.
    load = round(os.getloadavg()[0], 2)
    found = {
        f"run of {LINES // share:,} lines": on_two(make_run, 200, LINES // share, OF_RUNS),
        f"{MODELS // share:,} pulled models": on_two(make_models, 1, MODELS // share, {"models": ["models"]}),
    }
    for title, figures in found.items():
        rows = [
            (name, f"{one['seconds']}", f"{one['seconds_small']}", f"{one['mb']}", f"{one['mb_small']}",
             "yes" if one["reached"] else "no")
            for name, one in figures.items()
        ]  # fmt: skip
        table(title, ("command", "CPU s", "of little", "MB", "of little", "reached"), rows)
    target = {"seconds_beyond_small": TARGET_SECONDS, "mb_beyond_small": TARGET_MB}
    facts = {**machine("cpu"), "load_average_at_start": load}
    write("size", {"machine": facts, "target": target, **found}, arguments)


if __name__ == "__main__":
    main()
