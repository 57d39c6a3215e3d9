"""Random states of the whole process, so that bystanders may draw as they like."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy

if TYPE_CHECKING:
    import torch


@contextmanager
def own_random_states(device: torch.device | None = None) -> Iterator[None]:
    """Inside, all random numbers are one's own: those of Python, numpy and torch are put back afterwards.

    So looking at a training does not change it, and what a factory draws does not change what its caller draws.

    Args:
        device: Whose generator is put back besides the CPU's; None: only the CPU is used inside.
    """
    import torch

    python, arrays = random.getstate(), numpy.random.get_state()
    others = [] if device is None or device.type == "cpu" else [device]
    try:
        with torch.random.fork_rng(others, device_type=others[0].type if others else "cuda"):
            yield
    finally:
        random.setstate(python)
        numpy.random.set_state(arrays)
