"""Does growing pay? ProGAN to 32 pixels against `--no-growing`: same networks, machine, script and time, three seeds.

    python benchmarks/progan.py                    # results/progan.json; 30 minutes of one core
    python benchmarks/progan.py --processes 2      # two runs at a time, a core each
    python benchmarks/progan.py --quick            # does it run? Writes nothing

MNIST, padded to 32 pixels. Each run is a process of its own with one thread, and trains for the same time: CPU time of
that thread, so that other work on the machine does not count. The clock stands still while it is evaluated: FID with
the extractor `digits`, of the average generator, whose images are enlarged to 32 pixels while it is still smaller. Both
forms get the same networks, initial weights, learning rate, batch size and average; only the growing one has a
schedule, of `STAGE_IMAGES` a stage, so that it is full-grown long before its time is over.

The figure is the time to the FID that `--no-growing` ends with, as a share of the time after which `--no-growing`
first had it; half is the target (the paper saw 2 to 6 times, at far larger sizes). The curves are in the JSON whatever
they show.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from common import machine, own_home, spread, table, verdict, write

TARGET = 0.5
"""Share of `--no-growing`'s time, at most."""

STAGE_IMAGES = 6_000
NETWORK = {"fmap_base": 128, "fmap_max": 32, "latent_dim": 64}
FORMS = {"growing": True, "no-growing": False}
SECONDS, EVALUATIONS, SAMPLES, SEEDS = 200.0, 16, 2_000, 3
QUICK: dict[str, float] = {"seconds": 4.0, "evaluations": 2, "samples": 100, "seeds": 1}


def train(form: str, seed: int, seconds: float, evaluations: int, samples: int) -> list[dict[str, float]]:
    """One run, in this process: its curve, a point an evaluation."""
    import torch

    from ganzoo.engine.stages import Enlarging
    from ganzoo.metrics import Settings, evaluate_generator, load_extractor
    from ganzoo.runs.building import build, settle
    from ganzoo.runs.observers.display import QuietDisplay
    from ganzoo.runs.plan import Plan

    torch.set_num_threads(1)
    device = torch.device("cpu")
    # The run is as long as its time; a length of its own would only shorten the schedule.
    given = {**NETWORK, "growing": FORMS[form], "stage_images": STAGE_IMAGES, "images": 10**9, "seed": seed}
    plan, dataset = settle(Plan.resolve("progan", "laptop", {**given, "device": "cpu"}), device, QuietDisplay())
    training = build(plan, dataset, device, print)
    extractor, settings = load_extractor("digits", device), Settings(count=samples)
    curve, trained = [], 0.0
    for number in range(1, evaluations + 1):
        start = time.process_time()
        while trained + time.process_time() - start < seconds * number / evaluations:
            training.round()
            training.tally.drain()
        trained += time.process_time() - start
        clock, generator = training.clock, training.ema.generator
        factor = clock.data_resolution // clock.resolution
        judged = Enlarging(generator, factor) if factor > 1 else generator
        report = evaluate_generator(judged, dataset, "fid", settings, extractor=extractor)
        curve.append(
            {
                "seconds": round(trained, 2),
                "images": training.images,
                "lod": round(clock.lod(training.images), 3),
                "fid": round(float(report.values["fid"]), 3),  # type: ignore[arg-type]
            }
        )
        print(f"{form} seed {seed}: {curve[-1]}", file=sys.stderr, flush=True)
    return curve


def run_in_process(form: str, seed: int, arguments: argparse.Namespace) -> list[dict[str, float]]:
    command = [sys.executable, __file__, "--run", form, "--seed", str(seed)]
    for name in ("seconds", "evaluations", "samples"):
        command += [f"--{name}", str(getattr(arguments, name))]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    curve: list[dict[str, float]] = json.loads(done.stdout.splitlines()[-1])
    return curve


def seconds_to(curve: list[dict[str, float]], fid: float) -> float | None:
    """When a curve first was at `fid` or below, None if never."""
    return next((point["seconds"] for point in curve if point["fid"] <= fid), None)


def compare(curves: dict[str, list[dict[str, float]]]) -> dict[str, float | None]:
    """The figure of one seed."""
    fid = curves["no-growing"][-1]["fid"]
    grown, whole = seconds_to(curves["growing"], fid), seconds_to(curves["no-growing"], fid)
    return {
        "fid": fid,
        "growing_final_fid": curves["growing"][-1]["fid"],
        "growing_seconds": grown,
        "no_growing_seconds": whole,
        "share": None if grown is None or whole is None else round(grown / whole, 3),
    }


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=SECONDS, help="CPU time of training of each run")
    parser.add_argument("--evaluations", type=int, default=EVALUATIONS, help="of each run, evenly spaced in time")
    parser.add_argument("--samples", type=int, default=SAMPLES, help="fakes of each evaluation")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--processes", type=int, default=1, help="runs at a time")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--run", choices=tuple(FORMS), help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=0, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.quick and arguments.run is None:
        vars(arguments).update(QUICK)
    return arguments


def main() -> None:
    arguments = parse()
    if arguments.run is not None:
        curve = train(arguments.run, arguments.seed, arguments.seconds, arguments.evaluations, arguments.samples)
        print(json.dumps(curve))
        return
    facts = machine("cpu")
    runs = [(form, seed) for seed in range(arguments.seeds) for form in FORMS]
    with own_home(), ThreadPoolExecutor(arguments.processes) as pool:
        curves = list(pool.map(lambda run: run_in_process(*run, arguments), runs))
    by_seed: dict[int, dict[str, Any]] = {}
    for (form, seed), curve in zip(runs, curves, strict=True):
        by_seed.setdefault(seed, {})[form] = curve
    figures = {seed: compare(of_seed) for seed, of_seed in by_seed.items()}
    show(figures)
    shares = [figure["share"] for figure in figures.values()]
    # A seed in which growing never got there misses the target, and has no share to take a median of.
    reached = [share for share in shares if share is not None]
    met = len(reached) == len(shares) and spread(reached)["median"] <= TARGET
    print(f"\ntime to --no-growing's final FID: at most {TARGET:.0%} of its time: {verdict(met)}")
    report = {
        "machine": facts,
        "settings": {
            **{name: getattr(arguments, name) for name in ("seconds", "evaluations", "samples", "processes")},
            "stage_images": STAGE_IMAGES,
            "network": NETWORK,
        },
        "target": TARGET,
        "met": met,
        "share": spread(reached) if reached else None,
        "seeds": {str(seed): {**figures[seed], "curves": by_seed[seed]} for seed in figures},
    }
    write("progan", report, arguments)


def show(figures: dict[int, dict[str, float | None]]) -> None:
    names = ["fid", "growing_final_fid", "no_growing_seconds", "growing_seconds", "share"]
    rows = [
        [str(seed), *("never" if figure[name] is None else f"{figure[name]:.2f}" for name in names)]
        for seed, figure in figures.items()
    ]
    header = ["seed", "final FID, not growing", "growing", "first had it, s", "growing had it, s", "share"]
    table("Time to the FID that --no-growing ends with", header, rows)


if __name__ == "__main__":
    main()
