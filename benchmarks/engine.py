"""What does the engine cost, next to a loop written by hand for the same networks?

    python benchmarks/engine.py                                     # CPU, some five minutes
    python benchmarks/engine.py --device cuda --precision bf16      # writes results/engine-cuda-bf16.json
    python benchmarks/engine.py --quick                             # does it run? Writes nothing

The loops of `loops.py` and the engine take turns in one process, a short segment each, in another order each round,
so that whatever else happens to the machine happens to all of them. What counts are the ratios within a round; their
median, least and greatest are reported.

The engine's rounds are those of `Trainer.train`: the training's round, the display (which shows nothing), and what
falls due after it, with the default interval of ticks, in a run directory. Sample grids and checkpoints come too rarely
for a segment of two seconds: each is timed by itself and spread over its default interval, and both figures are given,
with and without. The one with them is held against the target. Work at the end of a run is left out.

"bare, same layout" has its convolutions in channels_last, as the engine's are: the figure that counts. "bare, default
layout" is what torch does unasked. Memory is measured by `memory.py`, each loop in its own process.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from common import machine, own_home, spread, table, verdict, write
from loops import Job, Rounds, bare, usual

from ganzoo import api
from ganzoo.engine.display import QuietDisplay
from ganzoo.engine.plan import Plan
from ganzoo.engine.run import Run
from ganzoo.engine.trainer import Trainer

CASES = {"vanilla": ("paper", 0.85), "dcgan": ("laptop", 0.95)}
"""Preset, and the least engine / bare that is asked for."""
MEMORY_TARGET = 1.10
NEVER = sys.maxsize
COMPARED = {
    "engine / bare, same layout": "bare, same layout",
    "engine / bare, default layout": "bare, default layout",
    "engine / usual": "usual",
    "engine / usual, 2 workers": "usual, 2 workers",
}


def make_trainer(variant: str, preset: str, device: torch.device, precision: str, folder: Path) -> Trainer:
    """A trainer as `ganzoo.train` makes it, in a run directory of its own."""
    display = QuietDisplay()
    plan = Plan.resolve(variant, preset, {"device": str(device), "precision": precision})
    dataset = api.load_data(plan, device, display, None)
    run = Run.create(plan.to_config(dataset.spec, {}), folder / variant)
    return Trainer(run, api.build(plan, dataset, device, print), display)


def engine(trainer: Trainer) -> Rounds:
    """The loop of `Trainer.train`, in a form that can be paused."""
    training = trainer.training
    trainer._started = time.perf_counter()
    trainer._last_tick = (trainer._started, trainer.training.images)
    trainer.display.start("", 0, trainer.total)
    while True:
        before = training.images
        training.round()
        trainer.display.advance(training.images)
        trainer._observe(before)
        yield training.images - before


def event_seconds(trainer: Trainer, rounds: Rounds, repeats: int) -> dict[str, float]:
    """Seconds per image shown that the default sample grids and checkpoints cost."""
    taken: dict[str, list[float]] = {"sample": [], "checkpoint": []}
    for _ in range(repeats):
        next(rounds)
        for name, event in (("sample", trainer.pictures.sample), ("checkpoint", trainer._checkpoint)):
            taken[name].append(_timed(event, trainer.training.device))
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def measure(loops: dict[str, Rounds], device: torch.device, segments: int, seconds: float) -> dict[str, list[float]]:
    """Images per second of each loop, segment by segment; loops take turns."""
    rates: dict[str, list[float]] = {name: [] for name in loops}
    names = list(loops)
    for rounds in loops.values():
        _segment(rounds, device, seconds)
    for number in range(segments):
        for position in range(len(names)):
            # Another goes first each time: a loop that heats the caches or the CPU must not always have one victim.
            name = names[(number + position) % len(names)]
            rates[name].append(_segment(loops[name], device, seconds))
    return rates


def _segment(rounds: Rounds, device: torch.device, seconds: float) -> float:
    _wait(device)
    images, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        images += next(rounds)
    _wait(device)
    return images / (time.perf_counter() - start)


def _timed(action: Callable[[], object], device: torch.device) -> float:
    _wait(device)
    start = time.perf_counter()
    action()
    _wait(device)
    return time.perf_counter() - start


def _wait(device: torch.device) -> None:
    if device.type != "cpu":
        torch.accelerator.synchronize(device)


def run_case(variant: str, arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    preset, target = CASES[variant]
    device = torch.device(arguments.device)
    trainer = make_trainer(variant, preset, device, arguments.precision, folder)
    images = trainer.training.sampler.dataset.gather(torch.arange(trainer.run.spec.count, device=device))
    every = {"sample": trainer.sample_every, "checkpoint": trainer.checkpoint_every}
    trainer.sample_every = trainer.checkpoint_every = NEVER
    job = Job(variant, preset, images, device, arguments.precision == "bf16")
    loops = {
        "engine": engine(trainer),
        "bare, same layout": bare(job, channels_last=True),
        "bare, default layout": bare(job, channels_last=False),
        "usual": usual(job, workers=0),
        "usual, 2 workers": usual(job, workers=2),
    }
    rates = measure(loops, device, arguments.segments, arguments.seconds)
    events = event_seconds(trainer, loops["engine"], 2 if arguments.quick else 7)
    extra = sum(seconds / every[name] for name, seconds in events.items())
    rates["engine, with samples and checkpoints"] = [1 / (1 / rate + extra) for rate in rates["engine"]]
    ratios = {name: spread(_divide(rates["engine"], rates[other])) for name, other in COMPARED.items()}
    whole = spread(_divide(rates["engine, with samples and checkpoints"], rates["bare, same layout"]))
    ratios["engine, with samples and checkpoints / bare, same layout"] = whole
    return {
        "preset": preset,
        "batch_size": trainer.training.clock.stage.batch_size,
        "images_per_second": {name: spread(values, 1) for name, values in rates.items()},
        "ratios": ratios,
        "log_every_images": trainer.log_every,
        **{f"{name}_seconds": round(seconds, 4) for name, seconds in events.items()},
        **{f"{name}_every_images": images for name, images in every.items()},
        "target": f"engine, with samples and checkpoints / bare, same layout >= {target}",
        "met": whole["median"] >= target,
        "memory": memory(variant, preset, arguments, images, folder),
    }


def memory(
    variant: str, preset: str, arguments: argparse.Namespace, images: torch.Tensor, folder: Path
) -> dict[str, Any]:
    """Peaks of all loops; children inherit the warm cache of `own_home`."""
    file = folder / "images.npy"
    np.save(file, images.cpu().numpy())
    script = str(Path(__file__).with_name("memory.py"))
    options = ["--images", str(file), "--device", arguments.device, "--precision", arguments.precision]
    options += ["--rounds", "5" if arguments.quick else "100"]
    found: dict[str, dict[str, int]] = {}
    for loop in ("imports", "bare", "usual", "engine"):
        command = [sys.executable, script, loop, variant, preset, *options]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        found[loop] = json.loads(done.stdout.splitlines()[-1])
    ratio = found["engine"]["peak_bytes"] / found["bare"]["peak_bytes"]
    return {
        "what": "peak of torch's allocator"
        if arguments.device.startswith("cuda")
        else "peak of the process, libraries included",
        "dataset_bytes": images.numel(),
        "bare_holds_the_dataset": True,
        **{f"{loop}_{name}": value for loop, peaks in found.items() for name, value in peaks.items()},
        "engine / bare": round(ratio, 3),
        "target": f"engine / bare <= {MEMORY_TARGET}",
        "met": ratio <= MEMORY_TARGET,
    }


def _divide(above: list[float], below: list[float]) -> list[float]:
    return [a / b for a, b in zip(above, below, strict=True)]


def show(variant: str, result: dict[str, Any]) -> None:
    title = f"{variant}, preset {result['preset']}, batch {result['batch_size']}"
    rows = [[name, *(f"{v[k]:,.0f}" for k in v)] for name, v in result["images_per_second"].items()]
    table(title, ["images/s", "median", "min", "max"], rows)
    rows = [[name, *(f"{v[k]:.3f}" for k in v)] for name, v in result["ratios"].items()]
    table("", ["ratio", "median", "min", "max"], rows)
    held = result["memory"]
    rows = [[name.removesuffix("_bytes"), f"{v / 2**20:,.0f}"] for name, v in held.items() if name.endswith("_bytes")]
    table("", ["memory", "MiB"], [*rows, ["engine / bare", f"{held['engine / bare']:.3f}"]])
    print(f"\n  {verdict(result['met'])}: {result['target']}\n  {verdict(held['met'])}: memory, {held['target']}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=2.0, help="length of a segment")
    parser.add_argument("--segments", type=int, default=9, help="of each loop")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    parser.add_argument("--only", choices=list(CASES))
    parser.add_argument("--quick", action="store_true", help="tiny settings, nothing written")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.seconds, arguments.segments = min(arguments.seconds, 0.2), 2
    report: dict[str, Any] = {
        "machine": machine(arguments.device),
        "precision": arguments.precision,
        "segments": arguments.segments,
        "segment_seconds": arguments.seconds,
        "results": {},
    }
    with own_home() as folder:
        for variant in [arguments.only] if arguments.only else CASES:
            report["results"][variant] = run_case(variant, arguments, folder)
            show(variant, report["results"][variant])
    name = "engine" if arguments.device == "cpu" else f"engine-{arguments.device.partition(':')[0]}"
    write(f"{name}-bf16" if arguments.precision == "bf16" else name, report, arguments)


if __name__ == "__main__":
    main()
