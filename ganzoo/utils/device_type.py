"""The type of the device that will be used, as far as it shows without torch."""

from __future__ import annotations

import glob
import sys

_ACCELERATORS = ("/dev/nvidia*", "/dev/dxg", "/dev/kfd", "/dev/dri", "/dev/accel*", "/dev/davinci*", "/dev/mlu*")
"""What drivers of NVIDIA, of it under Windows, of AMD, Intel and others make on Linux."""


def device_types(name: str) -> tuple[str, ...]:
    """Types that a device can turn out to be: one where that is known, else the CPU's and an accelerator's.

    Args:
        name: As of `--device`: `auto`, `cpu`, `cuda:1`, ...
    """
    if name != "auto":
        return (name.partition(":")[0],)
    bare = sys.platform == "linux" and not any(map(glob.glob, _ACCELERATORS))
    return ("cpu",) if bare else ("cpu", "mps" if sys.platform == "darwin" else "cuda")
