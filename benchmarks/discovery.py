"""What do plugins of others cost the start of a command, the broken ones above all?

    python benchmarks/discovery.py              # about a minute
    python benchmarks/discovery.py --quick      # does it run? Writes nothing

`ganzoo list` with plugins installed takes turns with `ganzoo list` without: wall time of whole processes, median of the
ratios of pairs. The broken plugins are those of `tests/plugins/broken.py`, all of them at once: one imports torch,
which would take seconds. The sound ones provide a variant each. They lie in a folder of their own, as pip
installs them.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from common import machine, own_home, spread, table, verdict, write

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from plugins.broken import BROKEN
from plugins.installed import GOOD, install

TARGET = 1.25
LIST = [sys.executable, "-c", "import sys; sys.argv = ['ganzoo', 'list']; from ganzoo.cli.app import main; main()"]


def install_broken(site: Path) -> int:
    for number, broken in enumerate(BROKEN.values()):
        install(site, f"bad{number}", broken.source, broken.requires)
    return len(BROKEN)


def install_sound(site: Path) -> int:
    for number in range(len(BROKEN)):
        install(site, f"newgan{number}", GOOD.format(variant=f"newgan{number}", module=f"newgan{number}"))
    return len(BROKEN)


def wall_seconds(site: Path | None, folder: Path) -> float:
    # An empty folder stands for none, so that both have as many places to look at.
    environment = {**os.environ, "PYTHONPATH": str(site or folder)}
    start = time.perf_counter()
    subprocess.run(LIST, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def measure(pairs: int, count: int, site: Path, folder: Path) -> dict[str, Any]:
    taken: dict[str, list[float]] = {"with them": [], "without": []}
    for place in (site, None):
        wall_seconds(place, folder)
    for number in range(pairs):
        both = [("with them", site), ("without", None)]
        for name, place in both if number % 2 else both[::-1]:
            taken[name].append(wall_seconds(place, folder))
    ratio = spread([a / b for a, b in zip(*taken.values(), strict=True)])
    return {
        "plugins": count,
        "pairs": pairs,
        "seconds": {name: spread(seconds) for name, seconds in taken.items()},
        "ratio": ratio,
        "target": f"median ratio <= {TARGET}",
        "met": ratio["median"] <= TARGET,
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=25)
    parser.add_argument("--quick", action="store_true", help="tiny settings, nothing written")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    pairs = 2 if arguments.quick else arguments.pairs
    os.environ.setdefault("COLUMNS", "120")
    report: dict[str, Any] = {"machine": machine("cpu")}
    with own_home() as folder:
        for name, lay_out in (("broken", install_broken), ("sound", install_sound)):
            with tempfile.TemporaryDirectory() as site:
                count = lay_out(Path(site))
                report[name] = found = measure(pairs, count, Path(site), folder)
            rows = [[key, *(f"{v:.3f}" for v in values.values())] for key, values in found["seconds"].items()]
            rows.append(["ratio", *(f"{v:.2f}" for v in found["ratio"].values())])
            table(f"ganzoo list, seconds, {count} {name} plugins", ["", "median", "min", "max"], rows)
            print(f"  {verdict(found['met'])}: {found['target']}")
    write("discovery", report, arguments)


if __name__ == "__main__":
    main()
