"""`dry_run`: what a training would be, how large it is and how long it takes."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ganzoo.runs.asked import asked
from ganzoo.runs.building import Decoding, build, settle
from ganzoo.runs.config import RunConfig
from ganzoo.runs.observers.display import QuietDisplay
from ganzoo.runs.plan import Plan
from ganzoo.runs.run import Run

MEASURED_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class DryRun:
    """What a training would be.

    Args:
        config: What its `config.json` would hold, every option resolved.
        parameters: Number of parameters, by part of the game: `generator`, `discriminator`, ...
        memory_bytes: The most that it took, of the accelerator or of the process.
        measured_images: Real images that the speed was measured over.
        images_per_second: Real images a second.
        seconds: How long all of it would take.
    """

    config: RunConfig
    parameters: dict[str, int]
    memory_bytes: int
    measured_images: int
    images_per_second: float
    seconds: float


def dry_run(
    variant: str | None = None,
    *,
    config: str | Path | Mapping[str, Any] | None = None,
    like: str | Path | Run | None = None,
    preset: str | None = None,
    decoding: Decoding | None = None,
    warn: Callable[[str], None] = warnings.warn,
    **options: Any,
) -> DryRun:
    """Resolve every option of a training, build it, and time some rounds of each stage. No run is made.

    Args:
        variant: As in `train`.
        config: As in `train`.
        like: As in `train`.
        preset: As in `train`.
        decoding: Told how the decoding of the data gets on.
        warn: Told in a sentence what a training would warn of.
        **options: As in `train`.

    Raises:
        GanzooError: As `train`.
    """
    plan = Plan.resolve(*asked(variant, preset, options, config, like))
    from ganzoo.engine import device as devices

    device = devices.choose(plan.training.device)
    plan, dataset = settle(plan, device, QuietDisplay(), decoding)
    training = build(plan, dataset, device, warn)
    recorded = plan.to_config(dataset.spec, devices.describe(device))
    try:
        if plan.training.eval_every:
            from ganzoo.runs.observers.evaluation import Evaluation

            Evaluation(recorded, "dry run", training).check()
        sizes = {
            part: sum(parameter.numel() for parameter in network.parameters())
            for part, network in training.game.trained().items()
        }
        images, seconds, expected = _measure_stages(training, plan.config.images)
    finally:
        training.close()
    return DryRun(recorded, sizes, devices.peak_memory_bytes(device), images, images / seconds, expected)


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
