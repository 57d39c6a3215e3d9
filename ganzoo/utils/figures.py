"""Figures of an evaluation as people read them: a deviation and a total stand beside the figure that they belong to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

DEVIATIONS = ("_se", "_std")
"""Endings of figures that say how sure another one is."""

_TOTAL = "_total"


def number(value: float) -> str:
    """Four digits, whole numbers in full with commas."""
    if isinstance(value, int) or (abs(value) < 1e15 and value == int(value) and abs(value) >= 1000):
        return f"{int(value):,}"
    return f"{value:.4g}"


def leading(names: Iterable[str]) -> list[str]:
    """The names, each once, without those that are shown beside another one."""
    known = dict.fromkeys(names)
    beside = {name + ending for name in known for ending in (*DEVIATIONS, _TOTAL)}
    return [name for name in known if name not in beside]


def figure(figures: Mapping[str, float | int | list[int]], name: str) -> str:
    """A figure with its deviation, or of how many it is; of a histogram its values; empty where there is none."""
    value = figures.get(name)
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(map(number, value[:20])) + (f" and {len(value) - 20:,} more" if len(value) > 20 else "")
    total = figures.get(name + _TOTAL)
    if isinstance(total, int):
        return f"{number(value)} of {number(total)}"
    for ending in DEVIATIONS:
        deviation = figures.get(name + ending)
        if isinstance(deviation, float):
            return f"{number(value)} \N{PLUS-MINUS SIGN} {number(deviation)} ({ending.strip('_')})"
    return number(value)
