"""What does the engine cost, next to a loop written by hand for the same networks?

    python benchmarks/engine.py                                     # all variants on a CPU, some eleven minutes
    python benchmarks/engine.py --only wgan-gp                      # one of them, to results/engine-wgan-gp.json
    python benchmarks/engine.py --device cuda --precision bf16      # writes results/engine-cuda-bf16.json
    python benchmarks/engine.py --quick                             # does it run? Writes nothing

Each variant is measured in one preset. The loops by hand and the engine take turns in one process, a short segment
each, in another order each round, so that whatever else happens to the machine happens to all of them. What counts are
the ratios within a round; their median, least and greatest are reported. Where a variant has several stages (ProGAN),
each is measured, in segments so much shorter, and the time of the whole schedule is put together from them.

The engine's rounds are those of `Trainer.train`: the training's round, the display (which shows nothing), and a look at
what falls due after it, in a run directory. What does fall due (ticks, the monitor's look at samples, sample grids,
checkpoints) comes too rarely for a segment: each is timed by itself, in the last stage, and spread over its default
interval, and both figures are given, with and without. The one with all of them is held against the target. Work at the
end of a run is left out.

`vanilla` and `dcgan` are held against the loops of `loops.py`, written out to the last line. "bare, same layout" has
its convolutions in channels_last, as the engine's are: the figure that counts. "bare, default layout" is what torch
does unasked. Their memory is measured by `memory.py`, each loop in its own process. The others are held against the
bare loop of `plain.py`, which calls the variant's own objective.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from common import machine, own_home, spread, table, verdict, write
from loops import Job, Rounds, bare, usual
from plain import Material, plain
from turns import divide, lengths, measure, timed, together

from ganzoo.core.game import Stage
from ganzoo.engine.stages import StageClock
from ganzoo.runs.building import build, settle
from ganzoo.runs.observers.display import QuietDisplay
from ganzoo.runs.plan import Plan
from ganzoo.runs.run import Run
from ganzoo.runs.trainer import Trainer
from ganzoo.utils.places import CONFIG

CONVOLUTIONS, FULLY_CONNECTED = 0.95, 0.85
"""The least engine / bare that is asked for."""

CONVOLUTIONAL = ("dcgan", "cgan", "wgan", "wgan-gp", "lsgan", "sngan", "pacgan", "r3gan", "fgan", "vaegan", "progan")
CASES: dict[str, tuple[str, float | None]] = {
    "vanilla": ("paper", FULLY_CONNECTED),
    "bigan": ("laptop", FULLY_CONNECTED),
    **dict.fromkeys(CONVOLUTIONAL, ("laptop", CONVOLUTIONS)),
    "dcgan": ("classic", CONVOLUTIONS),
    "toy": ("laptop", None),
}
"""Preset, and the target; None: only reported."""

WRITTEN_OUT = ("vanilla", "dcgan")
"""Held against the loops of `loops.py`, in speed and in memory."""

BARE = "bare, same layout"
FIGURE = f"engine / {BARE}"
WHOLE = "engine, with ticks, samples and checkpoints"
MEMORY_TARGET = 1.10
NEVER = sys.maxsize
COMPARED = {
    FIGURE: BARE,
    "engine / bare, default layout": "bare, default layout",
    "engine / usual": "usual",
    "engine / usual, 2 workers": "usual, 2 workers",
}


def make_trainer(variant: str, preset: str, device: torch.device, precision: str, folder: Path) -> Trainer:
    """A trainer as `ganzoo.train` makes it, in a run directory of its own."""
    display = QuietDisplay()
    plan = Plan.resolve(variant, preset, {"device": str(device), "precision": precision})
    plan, dataset = settle(plan, device, display)
    run = Run(folder / variant, plan.to_config(dataset.spec, {}))
    run.config.write(run.path / CONFIG)
    return Trainer(run, build(plan, dataset, device, print), display)


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


def hold(trainer: Trainer, stage: Stage) -> None:
    """Enter a stage for good: it is not over when its images have been shown."""
    training = trainer.training
    training.clock = StageClock((replace(stage, images=None),), training.clock.data_resolution)
    training.jump(0)


def intervals(trainer: Trainer) -> dict[str, int]:
    """Images between two ticks, looks of the monitor, sample grids and checkpoints, none of which will come now."""
    monitor = trainer.monitor
    every = {
        "tick": trainer.log_every,
        "look": monitor._every,
        "sample": trainer.sample_every,
        "checkpoint": trainer.checkpoint_every,
    }
    trainer.log_every = trainer.sample_every = trainer.checkpoint_every = monitor._every = NEVER
    return every


def event_seconds(trainer: Trainer, rounds: Rounds, repeats: int) -> dict[str, float]:
    """Seconds that each of what `intervals` names takes."""
    events: dict[str, Callable[[], object]] = {
        "tick": trainer._tick,
        "look": trainer.monitor._look,
        "sample": trainer.pictures.sample,
        "checkpoint": trainer._checkpoint,
    }
    taken: dict[str, list[float]] = {name: [] for name in events}
    for _ in range(repeats):
        for name, event in events.items():
            next(rounds)
            taken[name].append(timed(event, trainer.training.device))
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def by_hand(trainer: Trainer, stage: Stage, images: torch.Tensor, arguments: argparse.Namespace) -> dict[str, Rounds]:
    """The loops that the engine is held against in a stage."""
    config, training, bf16 = trainer.run.config, trainer.training, arguments.precision == "bf16"
    if config.variant in WRITTEN_OUT:
        job = Job(config.variant, config.preset, images, training.device, bf16)
        return {
            BARE: bare(job, channels_last=True),
            "bare, default layout": bare(job, channels_last=False),
            "usual": usual(job, workers=0),
            "usual, 2 workers": usual(job, workers=2),
        }
    plan, spec = Plan.of_run(trainer.run), trainer.run.spec
    game = plan.variant.build(plan.config, spec)
    return {BARE: plain(Material(game, spec, images, training.labels, training.device, bf16), stage)}


def run_case(variant: str, arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    preset, target = CASES[variant]
    device = torch.device(arguments.device)
    trainer = make_trainer(variant, preset, device, arguments.precision, folder)
    images = trainer.training.sampler.dataset.gather(torch.arange(trainer.run.spec.count, device=device))
    every, rounds, stages = intervals(trainer), engine(trainer), trainer.training.game.stages
    of_stages = []
    for stage in stages:
        hold(trainer, stage)
        loops = {"engine": rounds, **by_hand(trainer, stage, images, arguments)}
        of_stages.append(measure(loops, device, arguments.segments, arguments.seconds / len(stages)))
    rates = together(of_stages, lengths(stages, trainer.total))
    events = event_seconds(trainer, rounds, 2 if arguments.quick else 7)
    extra = sum(seconds / every[name] for name, seconds in events.items())
    rates[WHOLE] = [1 / (1 / rate + extra) for rate in rates["engine"]]
    ratios = {name: spread(divide(rates["engine"], rates[other])) for name, other in COMPARED.items() if other in rates}
    whole = ratios[f"{WHOLE} / {BARE}"] = spread(divide(rates[WHOLE], rates[BARE]))
    return {
        "preset": preset,
        "batch_size": stages[-1].batch_size,
        "images_per_second": {name: spread(values, 1) for name, values in rates.items()},
        "ratios": ratios,
        "stages": [describe(stage, found) for stage, found in zip(stages, of_stages, strict=True)],
        "seconds": {name: round(seconds, 4) for name, seconds in events.items()},
        "every_images": every,
        "target": f"{WHOLE} / {BARE} >= {target}" if target else None,
        "met": whole["median"] >= target if target else None,
        **({"memory": memory(variant, preset, arguments, images, folder)} if variant in WRITTEN_OUT else {}),
    }


def describe(stage: Stage, rates: dict[str, list[float]]) -> dict[str, Any]:
    return {
        "resolution": stage.resolution,
        "fades": stage.fade_images > 0,
        "batch_size": stage.batch_size,
        FIGURE: spread(divide(rates["engine"], rates[BARE])),
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
    on_cuda = arguments.device.startswith("cuda")
    return {
        "what": "peak of torch's allocator" if on_cuda else "peak of the process, libraries included",
        "dataset_bytes": images.numel(),
        "bare_holds_the_dataset": True,
        **{f"{loop}_{name}": value for loop, peaks in found.items() for name, value in peaks.items()},
        "engine / bare": round(ratio, 3),
        "target": f"engine / bare <= {MEMORY_TARGET}",
        "met": ratio <= MEMORY_TARGET,
    }


def show(variant: str, result: dict[str, Any]) -> None:
    title = f"{variant}, preset {result['preset']}, batch {result['batch_size']}"
    rows = [[name, *(f"{v[k]:,.0f}" for k in v)] for name, v in result["images_per_second"].items()]
    table(title, ["images/s", "median", "min", "max"], rows)
    rows = [[name, *(f"{v[k]:.3f}" for k in v)] for name, v in result["ratios"].items()]
    table("", ["ratio", "median", "min", "max"], rows)
    if len(result["stages"]) > 1:
        ratios = ", ".join(f"{stage[FIGURE]['median']:.3f}" for stage in result["stages"])
        print(f"\n  stage by stage, {FIGURE}: {ratios}")
    if "memory" in result:
        held = result["memory"]
        sizes = {name.removesuffix("_bytes"): value for name, value in held.items() if name.endswith("_bytes")}
        rows = [[name, f"{value / 2**20:,.0f}"] for name, value in sizes.items()]
        table("", ["memory", "MiB"], [*rows, ["engine / bare", f"{held['engine / bare']:.3f}"]])
        print(f"\n  {verdict(held['met'])}: memory, {held['target']}")


def summarize(results: dict[str, dict[str, Any]]) -> None:
    """The figure of each variant that counts."""
    rows = []
    for variant, result in results.items():
        target, rate = CASES[variant][1], result["images_per_second"][WHOLE]["median"]
        figures = [f"{value:.3f}" for value in result["ratios"][f"{WHOLE} / {BARE}"].values()]
        judged = [f"{target:.2f}", verdict(result["met"])] if target else ["none", ""]
        rows.append([f"{variant}, {result['preset']}", str(result["batch_size"]), f"{rate:,.0f}", *figures, *judged])
    header = ["variant, preset", "batch", "images/s", "/ bare", "min", "max", "target", ""]
    table(f"{WHOLE} / {BARE}", header, rows)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=1.5, help="length of a segment")
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
    summarize(report["results"])
    parts = ["engine", arguments.only, None if arguments.device == "cpu" else arguments.device.partition(":")[0]]
    parts.append("bf16" if arguments.precision == "bf16" else None)
    write("-".join(filter(None, parts)), report, arguments)


if __name__ == "__main__":
    main()
