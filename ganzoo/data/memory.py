"""How much memory is free, and what will not fit into it."""

from __future__ import annotations

import re
from pathlib import Path

from ganzoo.errors import ConfigError

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
            f"--res {resolution}: one image of {channels}x{resolution}x{resolution} numbers takes {gigabytes(needed)} "
            f"of memory, and {gigabytes(free)} are free: give a smaller --res"
        )


def gigabytes(count: int) -> str:
    """Bytes for people: `1.5 GB`, or MB where it is less than one."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"
