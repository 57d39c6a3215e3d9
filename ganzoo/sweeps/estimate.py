"""`Estimate`: a mean over seeds and its standard error; `Published`: those of others. Imports no torch."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from ganzoo.errors import ConfigError
from ganzoo.sweeps.configuration import Configuration

_FAR = 2.0
"""Standard errors of the difference from which two means are called different."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean.

    Args:
        mean: Finite.
        error: Its standard error; None for one run.
        runs: That were averaged; 0 where that is not known.
        text: As it was published; empty: ours.
    """

    mean: float
    error: float | None
    runs: int = 0
    text: str = ""

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        """Mean, and the sample's standard deviation (n - 1) over the root of n."""
        count = len(values)
        mean = math.fsum(values) / count
        if count < 2:
            return cls(mean, None, count)
        variance = math.fsum((value - mean) ** 2 for value in values) / (count - 1)
        return cls(mean, math.sqrt(variance / count), count)

    @classmethod
    def parse(cls, name: str, value: Any) -> Self:
        """What was published: a number, or text as `"6.3 +- 0.5"`.

        Raises:
            ConfigError: If it is neither.
        """
        number = r"(-?\d+(?:\.\d+)?(?:[eE]-?\d+)?)"
        found = re.fullmatch(rf"\s*{number}\s*(?:(?:\+-|±)\s*{number}\s*)?", str(value))
        if found is None or isinstance(value, bool):
            raise ConfigError(f"{name} (={value!r}) of [[published]] must be a number or text as '6.3 +- 0.5'")
        return cls(float(found[1]), float(found[2]) if found[2] else None, text=str(value).strip())

    def differs(self, other: Estimate) -> bool:
        """Whether the means lie further apart than two standard errors of their difference."""
        if self.error is None or other.error is None:
            return False
        return abs(self.mean - other.mean) > _FAR * math.hypot(self.error, other.error)

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {"mean": self.mean, "standard_error": self.error, **({} if self.text else {"runs": self.runs})}

    def __str__(self) -> str:
        """As `6.33 +- 0.33`: two digits of the error decide those of the mean."""
        if self.text or not self.error:
            return self.text or f"{self.mean:.4g}" + (" +- 0" if self.error == 0 else "")
        digits = max(1 - math.floor(math.log10(self.error)), 0)
        return f"{self.mean:.{digits}f} +- {self.error:.{digits}f}"


@dataclass(frozen=True, slots=True)
class Published:
    """Figures to stand beside ours.

    Args:
        source: Where they are from.
        match: Values, and `row` for a label, of the configurations that they belong to.
        figures: By name, and as they are written.
    """

    source: str
    match: Mapping[str, Any]
    figures: Mapping[str, Estimate]

    @classmethod
    def parse(cls, entry: Mapping[str, Any]) -> Self:
        """A table under `[[published]]`.

        Raises:
            ConfigError: If it has no source, or a figure is none.
        """
        given = dict(entry)
        source, match = given.pop("source", None), given.pop("match", {})
        if not isinstance(source, str) or not isinstance(match, Mapping):
            raise ConfigError('[[published]] needs source = "TEXT" and match = { row = "LABEL", OPTION = VALUE }')
        return cls(source, match, {name: Estimate.parse(name, value) for name, value in given.items()})

    def fits(self, configuration: Configuration) -> bool:
        """Whether they stand beside this one."""
        values = {"row": configuration.label, **configuration.values}
        return all(name in values and values[name] == value for name, value in self.match.items())
