"""`SamplingOption`: what a generator can be told besides latents and condition. Imports no torch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ganzoo.errors import ConfigError

Settable = Mapping[str, Any]
"""Values by what they set: a latent's part (`digit`), one component of it (`style.0`), a sampling option (`psi`)."""


@dataclass(frozen=True, slots=True)
class SamplingOption:
    """A number, or one of several words, that a generator's `forward` takes as a keyword.

    `SamplingOption(1.0, 0.0, 2.0)` is a number, `SamplingOption("stored", choices=("stored", "random"))` a choice.

    Args:
        default: What `forward` takes without it; the keyword's default must be the same.
        low: The least that is allowed, of a number.
        high: The most that is allowed, of a number.
        choices: All that is allowed, of a choice; empty of a number.
        title: What it does, in one line for people.

    Raises:
        ValueError: If the default is not allowed.
    """

    default: float | str
    low: float = 0.0
    high: float = 1.0
    choices: tuple[str, ...] = ()
    title: str = ""

    def __post_init__(self) -> None:
        try:
            self.check("the default", self.default)
        except ConfigError as error:
            raise ValueError(str(error)) from error

    @property
    def allowed(self) -> str:
        """For a sentence: `between 0 and 2`, or `stored, random`."""
        return ", ".join(self.choices) or f"between {self.low:g} and {self.high:g}"

    def check(self, name: str, value: object) -> float | str:
        """A value of the right type, from one that may be text.

        Args:
            name: What messages call it, as it was typed.
            value: A number or a word, or text of either.

        Raises:
            ConfigError: If it is not allowed.
        """
        if self.choices:
            if value in self.choices:
                return str(value)
            raise ConfigError(f"{name} (={value}) must be one of {self.allowed}")
        try:
            number = math.nan if isinstance(value, bool) else float(value)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            number = math.nan
        if not self.low <= number <= self.high:
            raise ConfigError(f"{name} (={value}) must be a number {self.allowed}")
        return number
