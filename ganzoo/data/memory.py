"""Whether a set may stay on the device."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING

from ganzoo.core.data_spec import DataSpec

if TYPE_CHECKING:
    import torch

_UNKNOWN_FREE_BYTES = 8 << 30


def fits(spec: DataSpec, budget: int | None, device: torch.device) -> bool:
    """Compare a set's decoded bytes with `--data-memory`, or with half of what is free where it is not given."""
    return spec.count * math.prod(spec.shape) <= (_free_bytes(device) // 2 if budget is None else budget)


def _free_bytes(device: torch.device) -> int:
    """What is free on the device, but no more than on the host, where a set is decoded first."""
    import torch

    host = _host_free_bytes()
    return min(host, torch.cuda.mem_get_info(device)[0]) if device.type == "cuda" else host


def _host_free_bytes() -> int:
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
