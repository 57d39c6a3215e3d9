"""Does `--compile` pay on this machine? Images per second of each image variant, compiled over eager.

    python benchmarks/compiled.py                    # all of them, to results/compiled.json
    python benchmarks/compiled.py --only wgan-gp     # one of them, into the same file
    python benchmarks/compiled.py --quick            # does it run? Writes nothing

Two trainings of each variant, made as `ganzoo train` makes them in the preset `laptop`, one of them with `--compile`,
take turns in one process, a short segment each, so that whatever else happens to the machine happens to both. What
counts are the ratios within a pair of segments. A training with several stages (ProGAN) is measured in its last.

The warm-up is the first round of the compiled training less that of the eager one, in seconds of one processor, those
of the C++ compiler included, with an empty cache: its phases are traced and compiled there, and again in each stage.
With it comes the number of images after which a run of one stage is ahead; none where compiling makes it no faster.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from common import RESULTS, machine, noise_pairs, own_home, spread, table, write
from loops import Rounds
from turns import divide, measure, rounds_of

from ganzoo import plugins
from ganzoo.core.game import Stage
from ganzoo.engine.training import Training
from ganzoo.runs.building import build, settle
from ganzoo.runs.observers.display import QuietDisplay
from ganzoo.runs.plan import Plan

PRESET = "laptop"
SIDE = 64
"""Pixels of the images that images are made of."""
VARIANTS = [variant.name for variant in plugins.variants() if variant.data in ("image", "both")]


def refuse(line: str) -> None:
    """A phase that runs eager after all would make a figure of nothing."""
    if "--compile" in line:
        raise SystemExit(line)
    print(line)


def make(variant: str, device: torch.device, home: Path, *, compiled: bool) -> Training:
    """A training in its last stage: of MNIST, or of images of noise where images are made of images."""
    options: dict[str, Any] = {"device": str(device), "compile": compiled}
    if plugins.registry().find(variant).source != "none":
        options |= {"data": str(noise_pairs(home / "noise", SIDE)), "res": SIDE}
    plan, dataset = settle(Plan.resolve(variant, PRESET, options), device, QuietDisplay())
    training = build(plan, dataset, device, refuse)
    if len(training.game.stages) > 1:
        training.jump(len(training.game.stages) - 1)
    return training


def processor_seconds() -> float:
    """Of this process and of those that it waited for."""
    return sum(
        used.ru_utime + used.ru_stime
        for used in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )


def cost_of(action: Callable[[], object]) -> float:
    before = processor_seconds()
    action()
    return processor_seconds() - before


def run_case(variant: str, arguments: argparse.Namespace, home: Path) -> dict[str, Any]:
    device = torch.device(arguments.device)
    trainings = {name: make(variant, device, home, compiled=name == "compiled") for name in ("eager", "compiled")}
    first = {name: cost_of(training.round) for name, training in trainings.items()}
    loops: dict[str, Rounds] = {name: rounds_of(training) for name, training in trainings.items()}
    rates = measure(loops, device, arguments.segments, arguments.seconds)
    ratio = spread(divide(rates["compiled"], rates["eager"]))
    warm_up = first["compiled"] - first["eager"]
    stage: Stage = trainings["eager"].clock.stage
    saved = (1 - 1 / ratio["median"]) / spread(rates["eager"])["median"]
    torch.compiler.reset()
    return {
        "preset": PRESET,
        "batch_size": stage.batch_size,
        "images_per_second": {name: spread(values, 1) for name, values in rates.items()},
        "compiled / eager": ratio,
        "warm_up_cpu_seconds": round(warm_up, 1),
        "ahead_after_images": round(warm_up / saved) if saved > 0 else None,
    }


def show(results: dict[str, dict[str, Any]]) -> None:
    def figure(result: dict[str, Any], key: str) -> str:
        return f"{result['compiled / eager'][key]:.2f}"

    rows = [
        [
            name,
            str(result["batch_size"]),
            f"{result['images_per_second']['eager']['median']:,.0f}",
            *(figure(result, key) for key in ("median", "min", "max")),
            f"{result['warm_up_cpu_seconds']:.0f}",
            f"{result['ahead_after_images']:,}" if result["ahead_after_images"] else "never",
        ]
        for name, result in results.items()
    ]
    header = [
        "variant, laptop",
        "batch",
        "eager, images/s",
        "compiled / eager",
        "min",
        "max",
        "warm-up, CPU s",
        "ahead after",
    ]
    table("", header, rows)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=2.0, help="length of a segment")
    parser.add_argument("--segments", type=int, default=7, help="of each training")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--only", choices=VARIANTS)
    parser.add_argument("--quick", action="store_true", help="tiny settings, nothing written")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.seconds, arguments.segments = min(arguments.seconds, 0.2), 2
    report: dict[str, Any] = {
        "machine": machine(arguments.device),
        "segments": arguments.segments,
        "segment_seconds": arguments.seconds,
        "results": {},
    }
    kept = arguments.out or RESULTS / "compiled.json"
    if arguments.only and kept.exists():
        report["results"] = json.loads(kept.read_text())["results"]
    with own_home() as folder:
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(folder / "inductor")
        # In this process, so that what it costs can be told.
        os.environ["TORCHINDUCTOR_COMPILE_THREADS"] = "1"
        for variant in [arguments.only] if arguments.only else VARIANTS:
            report["results"][variant] = run_case(variant, arguments, folder)
            show({variant: report["results"][variant]})
            # Variant by variant: it takes long, and what was measured is kept whatever ends it.
            write("compiled", report, arguments)
    show(report["results"])


if __name__ == "__main__":
    main()
