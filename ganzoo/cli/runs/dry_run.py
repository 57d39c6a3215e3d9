"""`ganzoo train VARIANT --dry-run`: what would be trained, how large it is and how long it takes."""

from __future__ import annotations

import json
import time
from typing import Any

from ganzoo import api
from ganzoo.cli.output import console, decoding_bar
from ganzoo.runs.observers.display import QuietDisplay
from ganzoo.runs.plan import Plan
from ganzoo.utils.figures import duration, memory

MEASURED_SECONDS = 2.0


def dry_run(variant: str, preset: str | None, options: dict[str, Any]) -> None:
    """Resolve, build and time a training without making a run."""
    plan = Plan.resolve(variant, preset, options)
    from ganzoo.engine import device as devices

    device = devices.choose(plan.training.device)
    with decoding_bar(quiet=False) as decoding:
        plan, dataset = api.settle(plan, device, QuietDisplay(), decoding)
    console.print_json(json.dumps(plan.to_config(dataset.spec, devices.describe(device)).to_dict()))
    training = api.build(plan, dataset, device, console.print)
    try:
        for name in ("generator", "discriminator"):
            count = sum(parameter.numel() for parameter in training.networks()[name].parameters())
            console.print(f"{name:<14} {count:,} parameters")
        total = plan.config.images
        images, seconds, expected = _measure_stages(training, total)
    finally:
        training.close()
    console.print(f"memory         {memory(devices.peak_memory_bytes(device))} at its peak")
    console.print(f"speed          {images / seconds:,.0f} images/s, measured over {images:,} images")
    console.print(f"time           about {duration(expected)} for {total:,} images")


def _measure_stages(training: Any, total: int) -> tuple[int, float, float]:
    """Images and seconds of some rounds of each stage, and the seconds that the whole run would take."""
    images, seconds, expected, left = 0, 0.0, 0.0, total
    for index, stage in enumerate(training.game.stages):
        if left <= 0:
            break
        if index:
            training.jump(index)
        measured = _measure(training)
        length = left if stage.images is None else min(stage.images, left)
        images, seconds, left = images + measured[0], seconds + measured[1], left - length
        expected += length * measured[1] / measured[0]
    return images, seconds, expected


def _measure(training: Any) -> tuple[int, float]:
    """Images and seconds of some real rounds of a stage, the first left out: it warms up."""
    training.round()
    training.tally.drain()
    before, start = training.images, time.perf_counter()
    while time.perf_counter() - start < MEASURED_SECONDS:
        training.round()
        training.tally.drain()
    return training.images - before, time.perf_counter() - start
