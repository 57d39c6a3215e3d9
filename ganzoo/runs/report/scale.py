"""`Scale`: an axis of a chart: its range, its ticks, and whether it is logarithmic."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

LOG_SPAN = 50.0
"""Positive values that span more than this are easier to read on a logarithmic axis."""

OUTLYING = 3.0
"""An axis is cut where the whole range is so many times that of the middle 98 % of the values."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps values to 0..1.

    Args:
        low: At 0.
        high: At 1.
        log: Whether distances are of logarithms.
    """

    low: float
    high: float
    log: bool = False

    @classmethod
    def fit(cls, values: Sequence[float], *, may_log: bool = False) -> Self:
        """An axis for values; a few wild ones do not flatten the rest, they lie outside.

        Args:
            values: At least one, all finite.
            may_log: Whether it may be logarithmic, if all are positive.
        """
        ordered = sorted(values)
        if may_log and ordered[0] > 0 and ordered[-1] / ordered[0] > LOG_SPAN:
            return cls(ordered[0] / 1.2, ordered[-1] * 1.2, log=True)
        low, high = _at(ordered, 0.01), _at(ordered, 0.99)
        if high == low or ordered[-1] - ordered[0] <= OUTLYING * (high - low):
            low, high = ordered[0], ordered[-1]
        if high == low:
            # A constant still needs an axis of some length.
            low, high = low - max(abs(low) * 0.1, 1e-9), high + max(abs(high) * 0.1, 1e-9)
        margin = 0.05 * (high - low)
        # An axis that nearly reaches 0 should: what is never negative must not look as if it could be.
        bottom = 0.0 if 0 <= low < 0.25 * high else low - margin
        return cls(bottom, high + margin)

    def place(self, value: float) -> float:
        """0 at the low end, 1 at the high end, outside beyond."""
        if not self.log:
            return (value - self.low) / (self.high - self.low)
        return math.log(value / self.low) / math.log(self.high / self.low)

    def ticks(self, about: int) -> list[float]:
        """Round values inside the range, roughly `about` of them."""
        if self.log:
            first, last = math.ceil(math.log10(self.low)), math.floor(math.log10(self.high))
            if last > first:
                skip = max(round((last - first) / about), 1)
                return [10.0**exponent for exponent in range(first, last + 1, skip)]
        rough = (self.high - self.low) / about
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)
        count = math.floor(self.high / step + 1e-9)
        # Multiples, rounded: 3 * 0.1 is not 0.3.
        return [
            float(f"{index * step:.12g}")
            for index in range(math.ceil(self.low / step - 1e-9), count + 1)
            if not self.log or index > 0
        ]


def _at(ordered: Sequence[float], share: float) -> float:
    return ordered[round(share * (len(ordered) - 1))]
