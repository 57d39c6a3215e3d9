"""What does the monitor cost in throughput?

    python benchmarks/monitor.py                    # CPU, some four minutes
    python benchmarks/monitor.py --device cuda      # writes results/monitor-cuda.json
    python benchmarks/monitor.py --quick            # does it run? Writes nothing

Two trainings of the same networks take turns in one process: one is watched, in the other the monitor is put out of
action. Their ticks, at the default interval, are alike otherwise; sample grids and checkpoints are left out of both. A
segment is as many images as lie between two looks of the monitor, so that each has its one look and its four ticks.
What counts is the ratio of a watched segment's rate to that of the unwatched one beside it; they go first in turn.

A ratio so near to 1 is smaller than what a busy machine does to a segment. So the time inside the monitor is taken too,
as a share of the watched segment: a figure with little noise, which leaves out what the monitor does to caches.

Target: watched / unwatched at least 0.98.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import torch
from common import machine, own_home, spread, table, verdict, write
from engine import NEVER, engine, make_trainer
from loops import Rounds

from ganzoo.runs.observers.monitor import Alarm, Monitor
from ganzoo.runs.trainer import Trainer

CASES = {"vanilla": "paper", "dcgan": "classic"}
TARGET = 0.98


class Timed:
    """A monitor, and the seconds inside it."""

    def __init__(self, monitor: Monitor) -> None:
        self._monitor = monitor
        self.seconds = 0.0

    def measure(self) -> dict[str, float]:
        start = time.perf_counter()
        values = self._monitor.measure()
        self.seconds += time.perf_counter() - start
        return values

    def judge(self, values: dict[str, float]) -> list[Alarm]:
        start = time.perf_counter()
        alarms = self._monitor.judge(values)
        self.seconds += time.perf_counter() - start
        return alarms


class Asleep:
    """Sees nothing."""

    def measure(self) -> dict[str, float]:
        return {}

    def judge(self, values: dict[str, float]) -> list[Alarm]:
        return []


def trainers(variant: str, arguments: argparse.Namespace, folder: Path) -> tuple[Trainer, Trainer]:
    """Watched and unwatched."""
    device = torch.device(arguments.device)
    pair = []
    for name in ("watched", "unwatched"):
        trainer = make_trainer(variant, CASES[variant], device, "fp32", folder / name)
        trainer.sample_every = trainer.checkpoint_every = NEVER
        if arguments.quick:
            trainer.log_every = trainer.monitor._every = max(trainer.log_every // 20, 1)
        pair.append(trainer)
    return pair[0], pair[1]


def segment(rounds: Rounds, images: int, device: torch.device) -> float:
    """Seconds for so many images, or the few more that end a round."""
    wait(device)
    start = time.perf_counter()
    shown = 0
    while shown < images:
        shown += next(rounds)
    wait(device)
    return (time.perf_counter() - start) * images / shown


def wait(device: torch.device) -> None:
    if device.type != "cpu":
        torch.accelerator.synchronize(device)


def run_case(variant: str, arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    watched, unwatched = trainers(variant, arguments, folder)
    device, interval = watched.training.device, watched.monitor._every
    timed = Timed(watched.monitor)
    watched.monitor, unwatched.monitor = timed, Asleep()  # type: ignore[assignment]
    loops = {"watched": engine(watched), "unwatched": engine(unwatched)}
    for rounds in loops.values():
        segment(rounds, interval, device)
    taken: dict[str, list[float]] = {name: [] for name in loops}
    shares = []
    for number in range(arguments.segments):
        names = list(loops) if number % 2 == 0 else list(reversed(loops))
        for name in names:
            timed.seconds = 0.0
            taken[name].append(segment(loops[name], interval, device))
            if name == "watched":
                shares.append(timed.seconds / taken[name][-1])
    ratios = [bare / with_it for bare, with_it in zip(taken["unwatched"], taken["watched"], strict=True)]
    ratio = spread(ratios, 4)
    return {
        "preset": CASES[variant],
        "batch_size": watched.training.clock.stage.batch_size,
        "images_per_second": {name: spread([interval / s for s in seconds], 1) for name, seconds in taken.items()},
        "segment_images": interval,
        "log_every_images": watched.log_every,
        "watched / unwatched": ratio,
        "share_inside_the_monitor": spread(shares, 5),
        "target": f"watched / unwatched >= {TARGET}",
        "met": ratio["median"] >= TARGET,
    }


def show(variant: str, result: dict[str, Any]) -> None:
    title = f"{variant}, preset {result['preset']}, batch {result['batch_size']}"
    rows = [[name, *(f"{v[k]:,.0f}" for k in v)] for name, v in result["images_per_second"].items()]
    table(title, ["images/s", "median", "min", "max"], rows)
    ratio, share = result["watched / unwatched"], result["share_inside_the_monitor"]
    rows = [["watched / unwatched", *(f"{value:.3f}" for value in ratio.values())]]
    rows.append(["time inside the monitor", *(f"{value:.2%}" for value in share.values())])
    table("", ["", "median", "min", "max"], rows)
    print(f"\n  {verdict(result['met'])}: {result['target']}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--segments", type=int, default=9, help="of each training")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--only", choices=list(CASES))
    parser.add_argument("--quick", action="store_true", help="tiny settings, nothing written")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.segments = 2
    report: dict[str, Any] = {"machine": machine(arguments.device), "segments": arguments.segments, "results": {}}
    with own_home() as folder:
        for variant in [arguments.only] if arguments.only else CASES:
            report["results"][variant] = run_case(variant, arguments, folder)
            show(variant, report["results"][variant])
    device = arguments.device.partition(":")[0]
    write("monitor" if device == "cpu" else f"monitor-{device}", report, arguments)


if __name__ == "__main__":
    main()
