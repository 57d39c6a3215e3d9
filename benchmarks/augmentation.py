"""What do `--mirror` and `--augment` cost? Images per second of dcgan at 64 pixels, with over without.

    python benchmarks/augmentation.py                    # to results/augmentation.json
    python benchmarks/augmentation.py --device cuda      # to results/augmentation-cuda.json
    python benchmarks/augmentation.py --quick            # does it run? Writes nothing

Trainings of 2,000 color images of noise, made as `ganzoo train dcgan` makes them on a CPU, take turns in one process,
a short segment each, so that whatever else happens to the machine happens to all. ADA is measured at a fixed
probability, at which every operation is computed; it computes them at any other too.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import torch
from common import machine, noise_array, own_home, spread, table, verdict, write
from loops import Rounds
from turns import divide, measure, rounds_of

from ganzoo.runs.building import build, settle
from ganzoo.runs.observers.display import QuietDisplay
from ganzoo.runs.plan import Plan

SIDE = 64
WITHOUT = "nothing"
CASES: dict[str, dict[str, Any]] = {
    WITHOUT: {},
    "--mirror": {"mirror": True},
    "--augment diffaug": {"augment": "diffaug"},
    "--augment ada": {"augment": "ada", "augment_p": 0.5},
}
TARGETS = {"--mirror": 0.98, "--augment diffaug": 0.95, "--augment ada": 0.85}


def rounds(options: dict[str, Any], data: Path, device: torch.device) -> Rounds:
    given = {"device": str(device), "data": str(data), "res": SIDE, **options}
    plan, dataset = settle(Plan.resolve("dcgan", "laptop", given), device, QuietDisplay())
    return rounds_of(build(plan, dataset, device, print))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=4.0, help="length of a segment")
    parser.add_argument("--segments", type=int, default=9, help="of each training")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--quick", action="store_true", help="tiny settings, nothing written")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.seconds, arguments.segments = min(arguments.seconds, 0.2), 2
    device = torch.device(arguments.device)
    report: dict[str, Any] = {
        "machine": machine(arguments.device),
        "segments": arguments.segments,
        "segment_seconds": arguments.seconds,
    }
    with own_home() as home:
        data = noise_array(home / "noise.npz", 2000, SIDE)
        rates = measure(
            {name: rounds(options, data, device) for name, options in CASES.items()},
            device,
            arguments.segments,
            arguments.seconds,
        )
    ratios = {name: spread(divide(rates[name], rates[WITHOUT])) for name in CASES if name != WITHOUT}
    report["images_per_second"] = {name: spread(values, 1) for name, values in rates.items()}
    report["with / without"] = ratios
    rows = [
        [name, *(f"{ratio[key]:.2f}" for key in ("median", "min", "max")), f"{TARGETS[name]:.2f}", verdict(met)]
        for name, ratio in ratios.items()
        for met in [ratio["median"] >= TARGETS[name]]
    ]
    table("dcgan, 64 pixels, color", ["", "with / without", "min", "max", "target", ""], rows)
    write("-".join(["augmentation", *([] if device.type == "cpu" else [device.type])]), report, arguments)


if __name__ == "__main__":
    main()
