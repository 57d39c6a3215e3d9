"""Numbers and values as people read them."""

from __future__ import annotations

from typing import Any

from ganzoo.utils.figures import number

LISTED = 20
"""Items of a list that are shown."""


def brief(value: float) -> str:
    """For an axis: `0.5`, `200k`, `1.5M`, `1e-05`."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if size <= abs(value) < 1e12:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


def duration(seconds: float) -> str:
    """`17 s`, `12 min`, `3.4 h`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def memory(amount_bytes: float) -> str:
    """`750 MiB`, `3.2 GiB`."""
    return f"{amount_bytes / 2**20:,.0f} MiB" if amount_bytes < 2**30 else f"{amount_bytes / 2**30:.1f} GiB"


def value(anything: Any) -> str:
    """A value of a config or a metric."""
    if anything is None:
        return "not set"
    if isinstance(anything, bool):
        return "yes" if anything else "no"
    if isinstance(anything, float | int):
        return number(anything) if isinstance(anything, int) else f"{anything:.10g}"
    if isinstance(anything, list | tuple):
        shown = ", ".join(map(value, anything[:LISTED]))
        return shown + (f" and {len(anything) - LISTED:,} more" if len(anything) > LISTED else "")
    if isinstance(anything, dict):
        return ", ".join(f"{key} {value(item)}" for key, item in anything.items())
    return str(anything)
