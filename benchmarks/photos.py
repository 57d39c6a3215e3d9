"""What do photographs cost on a CPU: the preset `laptop` of the variants that suit them, and the extractor `photos`?

    python benchmarks/photos.py             # results/photos.json; three minutes of one core
    python benchmarks/photos.py --quick     # does it run? Writes nothing

Rounds of the real engine on color images of noise, with one thread and by the processor's clock, so that other work on
the machine does not count. ProGAN, whose stages cost differently, is measured by `progan_stages.py`.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from common import machine, noise_array, noise_pairs, own_home, table, write
from turns import rounds_of

from ganzoo import plugins
from ganzoo.core.variant import Variant
from ganzoo.metrics.extractors.loading import load_extractor
from ganzoo.runs.building import build, settle
from ganzoo.runs.observers.display import QuietDisplay
from ganzoo.runs.plan import Plan

VARIANTS = ("dcgan", "lsgan", "wgan-gp", "sngan", "r3gan", "stylegan2", "pix2pix", "cyclegan")
RESOLUTIONS = (32, 64, 128)


def images_per_second(work: Callable[[], int], seconds: float) -> float:
    """Of the processor's time, once warm."""
    work()
    images, start = 0, time.process_time()
    while time.process_time() - start < seconds:
        images += work()
    return images / (time.process_time() - start)


def training(variant: Variant, resolution: int, home: Path, seconds: float) -> dict[str, float]:
    options: dict[str, Any] = {"device": "cpu", "res": resolution, "data": str(home / "images.npz")}
    if variant.source != "none":
        options |= {"data": str(home / "noise")}
    plan, dataset = settle(Plan.resolve(variant.name, "laptop", options), torch.device("cpu"), QuietDisplay())
    rounds = rounds_of(build(plan, dataset, torch.device("cpu"), print))
    rate = images_per_second(lambda: next(rounds), seconds)
    return {
        "images_per_second": round(rate, 1),
        "preset_images": plan.config.images,
        "minutes": round(plan.config.images / rate / 60, 1),
    }


def judging(seconds: float) -> float:
    extractor = load_extractor("photos")
    images = torch.randint(0, 256, (50, 3, 64, 64), dtype=torch.uint8)

    def batch() -> int:
        with torch.inference_mode():
            extractor(images)
        return len(images)

    return round(images_per_second(batch, seconds), 1)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=5.0, help="of each case")
    parser.add_argument("--quick", action="store_true", help="tiny settings, nothing written")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    seconds = 0.1 if arguments.quick else arguments.seconds
    torch.set_num_threads(1)
    report: dict[str, Any] = {"machine": machine("cpu"), "threads": 1, "clock": "processor", "variants": {}}
    with own_home() as home:
        noise_pairs(home / "noise", 64)
        noise_array(home / "images.npz", 500, 128)
        for name in VARIANTS:
            variant = plugins.registry().find(name)
            sizes = [64] if variant.source != "none" else RESOLUTIONS
            report["variants"][name] = {size: training(variant, size, home, seconds) for size in sizes}
    report["extractor"] = {"photos, images_per_second": judging(seconds)}
    rows = [
        [name, str(size), f"{cost['images_per_second']:,.0f}", f"{cost['preset_images']:,}", f"{cost['minutes']:,.0f}"]
        for name, sizes in report["variants"].items()
        for size, cost in sizes.items()
    ]
    table("one core", ["variant, laptop", "pixels", "images/s", "images", "minutes"], rows)
    print(f"  photos: {report['extractor']['photos, images_per_second']} images/s")
    write("photos", report, arguments)


if __name__ == "__main__":
    main()
