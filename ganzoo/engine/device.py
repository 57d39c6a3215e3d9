"""Devices, seeds and random states. Written against `torch.accelerator`, so that no backend is named here."""

from __future__ import annotations

import os
import platform
import resource
import sys
from typing import Any

import torch
from torch import Tensor

from ganzoo.errors import ConfigError


def choose(name: str, local_rank: int | None = None) -> torch.device:
    """The device called `name`; `auto` is the accelerator if there is one, else the CPU.

    Args:
        name: As of `--device`.
        local_rank: Of one process of several on this machine: each takes an accelerator of its own.

    Raises:
        ConfigError: If this machine has no such device.
    """
    accelerator = torch.accelerator.current_accelerator(check_available=True)
    if local_rank is not None and accelerator is not None and name != "cpu":
        return _of_process(name, accelerator.type, local_rank)
    if name == "auto":
        return accelerator or torch.device("cpu")
    available = ["cpu"]
    if accelerator is not None:
        available += [accelerator.type, *(f"{accelerator.type}:{i}" for i in range(torch.accelerator.device_count()))]
    if name not in available:
        raise ConfigError(f"--device {name} is not on this machine: choose auto, {', '.join(available)}")
    return torch.device(name)


def _of_process(name: str, kind: str, local_rank: int) -> torch.device:
    count = torch.accelerator.device_count()
    if name not in ("auto", kind) or local_rank >= count:
        raise ConfigError(
            f"--device {name}: each process takes an accelerator of its own, and this machine has {count} ({kind}): "
            f"start at most {count} processes on it, with --device {kind}, or give --device cpu"
        )
    torch.accelerator.set_device_index(local_rank)
    return torch.device(kind, local_rank)


def seed_all(seed: int, *, deterministic: bool) -> None:
    """Seed every generator of torch and, where asked, allow only deterministic kernels."""
    torch.manual_seed(seed)
    # Only when it changes: the call imports torch's compiler, which takes seconds.
    if deterministic != torch.are_deterministic_algorithms_enabled():
        torch.use_deterministic_algorithms(deterministic)
    if deterministic:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.backends.cudnn.benchmark = False


def seed_random(seed: int, device: torch.device) -> None:
    """Seed torch's global generators of the CPU and of `device`, and no other."""
    torch.default_generator.manual_seed(seed)
    if device.type != "cpu":
        torch.get_device_module(device).manual_seed(seed)


def random_states(device: torch.device) -> dict[str, Tensor]:
    """State of torch's global generators of the CPU and of `device`, as uint8 tensors on the CPU."""
    states = {"cpu": torch.get_rng_state()}
    if device.type != "cpu":
        states["device"] = torch.get_device_module(device).get_rng_state(device).cpu()
    return states


def restore_random_states(states: dict[str, Tensor], device: torch.device) -> None:
    """Undo of `random_states`. A state of a device that is not used now is left out."""
    torch.set_rng_state(states["cpu"])
    if device.type != "cpu" and "device" in states:
        torch.get_device_module(device).set_rng_state(states["device"], device)


def peak_memory_bytes(device: torch.device) -> int:
    """Peak memory so far: of the accelerator's allocator, or of this process on a CPU."""
    if device.type != "cpu":
        return int(torch.accelerator.max_memory_allocated(device))
    # Linux counts in KiB, macOS in bytes.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def describe(device: torch.device) -> dict[str, Any]:
    """What decides speed and bits of a run: written into its config and printed by `ganzoo info --system`."""
    facts: dict[str, Any] = {
        "device": str(device),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "platform": platform.platform(),
        "processor": torch.backends.cpu.get_cpu_capability(),
        "cores": len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count(),
        "threads": torch.get_num_threads(),
    }
    if device.type == "cuda":
        facts["accelerator"] = torch.cuda.get_device_name(device)
    return facts
