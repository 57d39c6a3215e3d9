"""Loops that take turns, and rates put together."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import torch
from loops import Rounds

from ganzoo.core.game import Stage
from ganzoo.engine.training import Training

Clock = Callable[[], float]


def measure(
    loops: dict[str, Rounds], device: torch.device, segments: int, seconds: float, clock: Clock = time.perf_counter
) -> dict[str, list[float]]:
    """Images per second of each loop, segment by segment; loops take turns. `time.process_time` may be the clock."""
    rates: dict[str, list[float]] = {name: [] for name in loops}
    names = list(loops)
    for rounds in loops.values():
        _segment(rounds, device, seconds, clock)
    for number in range(segments):
        for position in range(len(names)):
            # Another goes first each time: a loop that heats the caches or the CPU must not always have one victim.
            name = names[(number + position) % len(names)]
            rates[name].append(_segment(loops[name], device, seconds, clock))
    return rates


def _segment(rounds: Rounds, device: torch.device, seconds: float, clock: Clock) -> float:
    _wait(device)
    images, start = 0, clock()
    while clock() - start < seconds:
        images += next(rounds)
    _wait(device)
    return images / (clock() - start)


def rounds_of(training: Training) -> Rounds:
    """The images of each round of a training."""
    while True:
        before = training.images
        training.round()
        yield training.images - before


def timed(action: Callable[[], object], device: torch.device) -> float:
    _wait(device)
    start = time.perf_counter()
    action()
    _wait(device)
    return time.perf_counter() - start


def _wait(device: torch.device) -> None:
    if device.type != "cpu":
        torch.accelerator.synchronize(device)


def lengths(stages: Sequence[Stage], total: int) -> list[int]:
    """Images of each stage in a run of the preset's length; the last lasts until its end."""
    before = [stage.images or 0 for stage in stages[:-1]]
    return [*before, total - sum(before)]


def together(of_stages: list[dict[str, list[float]]], images: Sequence[int]) -> dict[str, list[float]]:
    """Images per second of the whole schedule, segment by segment, from those of its stages."""
    return {
        name: [
            sum(images) / sum(count / rate for count, rate in zip(images, rates, strict=True))
            for rates in zip(*(stage[name] for stage in of_stages), strict=True)
        ]
        for name in of_stages[0]
    }


def divide(above: list[float], below: list[float]) -> list[float]:
    return [a / b for a, b in zip(above, below, strict=True)]
