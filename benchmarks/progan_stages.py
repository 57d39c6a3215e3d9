"""What does ProGAN's preset `laptop` cost: multiply-adds and images/s of each stage, and the minutes of a whole run?

    python benchmarks/progan_stages.py                     # results/progan_stages.json; two minutes of one core
    python benchmarks/progan_stages.py --threads 2         # of an idle machine
    python benchmarks/progan_stages.py --quick             # does it run? Writes nothing

A round of the real engine on MNIST, in each stage of the schedule. Multiply-adds are those of the convolutions and
matrix products that torch is asked for, forward, backward and double backward, an image. With one thread, time is the
processor's, so that other work on the machine does not count; with more it is the wall clock's. `matmul_gflops` is
what the same threads reach in a product of two matrices of 1,024 x 1,024, a multiply-add being two operations.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from common import machine, own_home, table, write
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

RESOLUTIONS = (32, 64, 128)
SECONDS, QUICK_SECONDS = 2.0, 0.05


class Count(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts multiply-adds, and all operations."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.multiply_adds = self.operations = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        self.operations += 1
        formula = flop_registry.get(func._overloadpacket)
        if formula is not None:
            self.multiply_adds += formula(*args, **(kwargs or {}), out_val=made) // 2
        return made


def stages_of(resolution: int, seconds: float, clock: Callable[[], float]) -> list[dict[str, Any]]:
    """Figures of each stage, in order."""
    from ganzoo.runs.building import build, settle
    from ganzoo.runs.observers.display import QuietDisplay
    from ganzoo.runs.plan import Plan

    device = torch.device("cpu")
    options = {"res": resolution, "data": "mnist", "seed": 0, "device": "cpu"}
    plan, dataset = settle(Plan.resolve("progan", "laptop", options), device, QuietDisplay())
    training = build(plan, dataset, device, print)
    left, figures = plan.config.images, []
    for index, stage in enumerate(training.game.stages):
        if index:
            training.jump(index)
        training.round()
        with Count() as count:
            training.round()
        each = timed(training.round, seconds, clock) / stage.batch_size
        images = stage.images or left
        left -= images
        figures.append(
            {
                "resolution": stage.resolution,
                "fade": bool(stage.fade_images),
                "batch": stage.batch_size,
                "images": images,
                "multiply_adds_an_image": round(count.multiply_adds / stage.batch_size),
                "operations_a_round": count.operations,
                "images_per_second": round(1 / each, 1),
                "gflops": round(2e-9 * count.multiply_adds / stage.batch_size / each, 1),
                "minutes": round(images * each / 60, 2),
            }
        )
    return figures


def timed(work: Callable[[], object], seconds: float, clock: Callable[[], float]) -> float:
    """Seconds of one call, the mean of as many as `seconds` hold."""
    start, calls = clock(), 0
    while clock() - start < seconds:
        work()
        calls += 1
    return (clock() - start) / calls


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--res", type=int, nargs="+", default=RESOLUTIONS)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    facts = machine("cpu")
    clock = time.process_time if arguments.threads == 1 else time.perf_counter
    seconds = QUICK_SECONDS if arguments.quick else SECONDS
    left, right = torch.randn(2, 1024, 1024)
    product = 2e-9 * 1024**3 / timed(lambda: left @ right, seconds, clock)
    sizes = {}
    with own_home():
        for resolution in arguments.res:
            figures = stages_of(resolution, seconds, clock)
            sizes[str(resolution)] = {"minutes": round(sum(one["minutes"] for one in figures), 1), "stages": figures}
            show(resolution, figures)
            print(f"in all: {sizes[str(resolution)]['minutes']} minutes")
    report = {"machine": facts, "threads": arguments.threads, "matmul_gflops": round(product, 1), "resolutions": sizes}
    write("progan_stages", report, arguments)


def show(resolution: int, figures: list[dict[str, Any]]) -> None:
    header = ["stage", "images", "MMAC/image", "operations/round", "images/s", "GFLOP/s", "minutes"]
    rows = [
        [
            f"{one['resolution']}{', fading in' if one['fade'] else ''}",
            f"{one['images']:,}",
            f"{one['multiply_adds_an_image'] / 1e6:,.0f}",
            *(f"{one[name]}" for name in ("operations_a_round", "images_per_second", "gflops", "minutes")),
        ]
        for one in figures
    ]
    table(f"--res {resolution}", header, rows)


if __name__ == "__main__":
    main()
