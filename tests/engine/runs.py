"""What the tests of whole runs look at."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy

# On 50 images of noise of 8 pixels: a tenth of a second. Nothing that a preset may change is left to it.
TINY = (
    "train", "vanilla", "--data", "tiny.npz", "--device", "cpu", "--batch-size", 10, "--latent-dim", 4, "--lr", 0.0002,
    "--generator-widths", 128, "--discriminator-widths", 64, "--no-batch-norm",
)  # fmt: skip


def save_noise(folder: Path) -> None:
    """The data of `TINY`."""
    images = numpy.random.RandomState(0).randint(0, 256, (50, 8, 8), dtype=numpy.uint8)
    numpy.savez(folder / "tiny.npz", images=images)


def checkpoints(run: Path) -> list[Path]:
    return sorted(run.glob("checkpoints/[0-9]*"))


def records(run: Path) -> list[dict[str, Any]]:
    """Every line of the journal; a line that is no JSON, or holds NaN, is an error."""
    lines = (run / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line, parse_constant=lambda name: 1 / 0) for line in lines]


def assert_same_end(one: Path, other: Path) -> None:
    """The newest checkpoints have the same bits."""
    ends = [checkpoints(run)[-1] for run in (one, other)]
    assert ends[0].name == ends[1].name
    names = sorted(path.name for path in ends[0].glob("*.safetensors"))
    assert len(names) >= 6
    for name in names:
        assert (ends[0] / name).read_bytes() == (ends[1] / name).read_bytes(), name


def wait_for(condition: Callable[[], Any], said: Callable[[], str] = str) -> None:
    """Wait until it holds; after a minute fail with what was said."""
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, said()
        time.sleep(0.002)
