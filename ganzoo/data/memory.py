"""How much memory is free, and what will not fit into it."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ganzoo.core.data_spec import DataSpec
from ganzoo.errors import ConfigError
from ganzoo.utils.figures import short_size

if TYPE_CHECKING:
    import torch

_UNKNOWN_FREE_BYTES = 8 << 30
_FLOAT_BYTES = 4


def host_free_bytes() -> int:
    """Linux says it exactly, within the limit of a container; elsewhere 8 GiB is taken for free."""
    try:
        available = re.search(r"MemAvailable:\s*(\d+) kB", Path("/proc/meminfo").read_text(encoding="ascii"))
    except OSError:
        return _UNKNOWN_FREE_BYTES
    free = int(available[1]) * 1024 if available else _UNKNOWN_FREE_BYTES
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii").strip()
        used = int(Path("/sys/fs/cgroup/memory.current").read_text(encoding="ascii"))
    except OSError:
        return free
    return free if limit == "max" else min(free, max(int(limit) - used, 0))


def check_size_fits(shape: tuple[int, int, int]) -> None:
    """Refuse images `(channels, height, width)` of which not one would fit, as a network takes it, unread.

    Raises:
        ConfigError: With the estimate.
    """
    needed, free = _FLOAT_BYTES * math.prod(shape), host_free_bytes()
    _, height, width = shape
    if needed > free:
        res = str(width) if width == height else f"{width}x{height}"
        raise ConfigError(
            f"--res {res}: one image of {'x'.join(map(str, shape))} numbers "
            f"takes {short_size(needed)} of memory, and {short_size(free)} are free: give a smaller --res"
        )


def stored_bytes(spec: DataSpec) -> int:
    """What a set takes decoded, in memory or on a disk."""
    return spec.count * math.prod(spec.shape) * np.dtype(spec.dtype).itemsize


def fits(spec: DataSpec, budget: int | None, device: torch.device) -> bool:
    """Compare a set's decoded bytes with `--data-memory`, or with half of what is free where it is not given."""
    return stored_bytes(spec) <= (_free_bytes(device) // 2 if budget is None else budget)


def _free_bytes(device: torch.device) -> int:
    """What is free on the device, but no more than on the host, where a set is decoded first."""
    import torch

    host = host_free_bytes()
    return min(host, torch.cuda.mem_get_info(device)[0]) if device.type == "cuda" else host
