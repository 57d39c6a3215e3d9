"""Make the built-in models, `registry/`, from the runs of `scripts/zoo.py`.

    python scripts/registry.py --runs runs/zoo                       # all entries of scripts/zoo.toml that make images
    python scripts/registry.py --runs runs/zoo dcgan-mnist           # one, or several
    python scripts/registry.py --runs runs/zoo --data-root ~/datasets

Of each run the better checkpoint is taken, final or best, by the Frechet distance of docs/zoo/ENTRY.json. Weights are
stored in 16 bits if the stored model's distance, measured again with the same seed, is within `TOLERANCE` of that
before, else in 32; the card says which, and both distances.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from zoo import COUNT, DOCS, ROOT, entries, evaluate, one_thread
from zoo_page import evaluated

if TYPE_CHECKING:
    from ganzoo.core.entries import Evaluated
    from ganzoo.data import DataOptions
    from ganzoo.registry.packages.package import Package

REGISTRY = ROOT / "registry"
LICENSE = "Apache-2.0"
TOLERANCE = 0.01
"""Share of the Frechet distance by which storing in 16 bits may change it."""


def main() -> None:
    """Parse, and make the packages."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--runs", type=Path, default=Path("runs/zoo"))
    parser.add_argument("--data-root", type=Path)
    asked = parser.parse_args()
    os.environ.update(one_thread())
    for name in asked.names or published():
        make(name, asked)


def published() -> list[str]:
    """Entries whose models are shipped: those that make images."""
    from ganzoo import plugins

    registry = plugins.registry()
    made_of_points = {name for name, entry in entries().items() if entry.get("data") in ("normal1d", "ring")}
    return [name for name, entry in entries().items() if name not in made_of_points and registry.find(entry["variant"])]


def make(name: str, asked: argparse.Namespace) -> None:
    """One package, in 16 bits if that does not show."""
    from ganzoo.models.publish import package_run, write_card
    from ganzoo.runs.run import Run

    run, target = Run.open(asked.runs / name), REGISTRY / name
    result = json.loads((DOCS / "zoo" / f"{name}.json").read_text(encoding="utf-8"))
    before = {when: evaluated(result[when]) for when in ("final", "best")}
    best = better(before)
    shutil.rmtree(target, ignore_errors=True)
    options = {"best": best == "best", "license": LICENSE, "reference": name, "evaluations": before}
    options["data_license"] = entries()[name].get("data_license")
    package = package_run(run, target, half=True, **options)  # type: ignore[arg-type]
    stored = measured(name, package, run.config.data)
    note = "Weights are stored in 16 bits."
    if stored is not None:
        was, now = fid(before[best]), fid(stored)
        note = f"Weights are stored in 16 bits: Frechet distance {now:.4g}, and {was:.4g} in 32 bits."
        if abs(now - was) > TOLERANCE * was:
            shutil.rmtree(target)
            package = package_run(run, target, half=False, **options)  # type: ignore[arg-type]
            note = f"Weights are stored in 32 bits: in 16 the Frechet distance was {now:.4g} instead of {was:.4g}."
    remark = entries()[name]["remark"]
    (target / "README.md").unlink()
    write_card(package, name, " ".join(text for text in (remark, note) if text))
    print(f"{name}: {best}, {package.size_bytes / 1e6:.2f} MB. {note}", flush=True)


def better(results: dict[str, Evaluated | None]) -> str:
    """`best` where it has the lower distance."""
    return "best" if fid(results["best"]) < fid(results["final"]) else "final"


def fid(evaluated: Evaluated | None) -> float:
    """The Frechet distance, infinite where there is none."""
    value = evaluated.metrics["fid"] if evaluated else math.inf
    assert isinstance(value, float)
    return value


def measured(name: str, package: Package, learned: DataOptions) -> Evaluated | None:
    """Figures of the weights as they were stored."""
    from ganzoo.models.model import Model

    return evaluate(name, entries()[name], Model.from_package(package), learned, COUNT)


if __name__ == "__main__":
    sys.exit(main())
