"""Numbers, sizes, times and figures as people read them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

DEVIATIONS = ("_se", "_std")
"""Endings of figures that say how sure another one is."""

_TOTAL = "_total"

_LISTED = 20
"""Items of a list that are shown."""


def number(value: float) -> str:
    """Four digits, whole numbers in full with commas."""
    if isinstance(value, int) or (abs(value) < 1e15 and value == int(value) and abs(value) >= 1000):
        return f"{int(value):,}"
    return f"{value:.4g}"


def brief(value: float) -> str:
    """For an axis: `0.5`, `200k`, `1.5M`, `1e-05`."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if size <= abs(value) < 1e12:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


def short_size(size_bytes: int) -> str:
    """Of a file: `950 B`, `12.5 kB`, `14.2 MB`, `1.3 GB`."""
    for size, unit in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if size_bytes >= size:
            return f"{size_bytes / size:,.1f} {unit}"
    return f"{size_bytes} B"


def memory(amount_bytes: float) -> str:
    """`750 MiB`, `3.2 GiB`."""
    return f"{amount_bytes / 2**20:,.0f} MiB" if amount_bytes < 2**30 else f"{amount_bytes / 2**30:.1f} GiB"


def duration(seconds: float) -> str:
    """`17 s`, `12 min`, `3.4 h`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def listed(items: Sequence[Any]) -> str:
    """Items, and how many more there are behind the first twenty."""
    more = f" and {len(items) - _LISTED:,} more" if len(items) > _LISTED else ""
    return ", ".join(map(value, items[:_LISTED])) + more


def value(anything: Any) -> str:
    """A value of a config or a metric."""
    if anything is None:
        return "not set"
    if isinstance(anything, bool):
        return "yes" if anything else "no"
    if isinstance(anything, float | int):
        return number(anything) if isinstance(anything, int) else f"{anything:.10g}"
    if isinstance(anything, list | tuple):
        return listed(anything)
    if isinstance(anything, dict):
        return ", ".join(f"{key} {value(item)}" for key, item in anything.items())
    return str(anything)


def leading(names: Iterable[str]) -> list[str]:
    """The names, each once, without those that are shown beside another one."""
    known = dict.fromkeys(names)
    beside = {name + ending for name in known for ending in (*DEVIATIONS, _TOTAL)}
    return [name for name in known if name not in beside]


def figure_title(name: str, extractor: str) -> str:
    """A figure's name for people: a Frechet distance is a FID only through the eyes of Inception.

    Args:
        name: As metrics give it.
        extractor: Through which it was taken, as its provenance says; empty where that is not known.
    """
    if name != "fid" or extractor.startswith("inception"):
        return name
    through = extractor.partition(" ")[0]
    return f"Frechet distance ({through})" if through else "Frechet distance"


def line_of(figures: Mapping[str, Any], between: str = "  ", extractor: str = "") -> str:
    """`kid 0.01  precision 0.8`: figures of four digits in one line, without lists (histograms).

    Args:
        figures: By name.
        between: Two of them.
        extractor: As for `figure_title`.
    """
    shown = {figure_title(name, extractor): found for name, found in figures.items() if not isinstance(found, list)}
    return between.join(f"{name} {found:.4g}" for name, found in shown.items())


def figure(figures: Mapping[str, float | int | list[int]], name: str) -> str:
    """A figure with its deviation, or of how many it is; of a histogram its values; empty where there is none."""
    found = figures.get(name)
    if found is None:
        return ""
    if isinstance(found, list):
        return listed(found)
    total = figures.get(name + _TOTAL)
    if isinstance(total, int):
        return f"{number(found)} of {number(total)}"
    for ending in DEVIATIONS:
        deviation = figures.get(name + ending)
        if isinstance(deviation, float):
            return f"{number(found)} \N{PLUS-MINUS SIGN} {number(deviation)} ({ending.strip('_')})"
    return number(found)
