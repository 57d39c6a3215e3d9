"""Random states of the whole process, so that bystanders may draw as they like."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

import numpy

if TYPE_CHECKING:
    import torch


@contextmanager
def own_random_states(device: torch.device) -> Iterator[None]:
    """Inside, all random numbers are one's own: those of Python, numpy, torch and `device` are put back afterwards.

    Args:
        device: Whose generator is put back besides the CPU's.
    """
    import torch

    python, arrays = random.getstate(), numpy.random.get_state()
    on_cpu = device.type == "cpu"
    try:
        with torch.random.fork_rng([] if on_cpu else [device], device_type="cuda" if on_cpu else device.type):
            yield
    finally:
        random.setstate(python)
        numpy.random.set_state(arrays)


def own_random_state(device: torch.device) -> AbstractContextManager[None]:
    """Inside, torch's random numbers are one's own: a generator may draw noise in forward, and with the state put back
    looking does not change a training.
    """
    import torch

    on_cpu = device.type == "cpu"
    return torch.random.fork_rng([] if on_cpu else [device], device_type="cuda" if on_cpu else device.type)
