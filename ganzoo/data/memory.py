"""How much memory is free, and what will not fit into it."""

from __future__ import annotations

import re
from pathlib import Path

from ganzoo.errors import ConfigError
from ganzoo.utils.figures import short_size

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


def check_resolution(resolution: int, channels: int) -> None:
    """Refuse images of which not one would fit, as a network takes it, before anything is read.

    Raises:
        ConfigError: With the estimate.
    """
    needed, free = _FLOAT_BYTES * channels * resolution**2, host_free_bytes()
    if needed > free:
        raise ConfigError(
            f"--res {resolution}: one image of {channels}x{resolution}x{resolution} numbers takes {short_size(needed)} "
            f"of memory, and {short_size(free)} are free: give a smaller --res"
        )
