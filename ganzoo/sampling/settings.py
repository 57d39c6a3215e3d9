"""What `--set` says, of a latent's parts and of a generator's sampling options. Imports no torch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ganzoo.core.latent import Categorical, Latent, Normal, Part, Uniform
from ganzoo.core.sampling_option import SamplingOption, Settable
from ganzoo.errors import ConfigError

if TYPE_CHECKING:
    from ganzoo.sampling.generate import GenerativeModel

PSI = "psi"
"""The sampling option that is truncation in w."""

ROWS = 9
"""Values of a number in a grid with a row for each."""

_FARTHEST = 10.0
"""Of a component that is N(0, 1)."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What was set, checked.

    Args:
        latent: Of the generator.
        parts: Components of flattened latents, and what they are set to, in order.
        options: Keywords of the generator.
    """

    latent: Latent
    parts: tuple[tuple[slice, NDArray[np.float32]], ...]
    options: dict[str, float | str]

    @classmethod
    def of(cls, model: GenerativeModel, given: Settable | None) -> Settings:
        """Check what was given for a model.

        Args:
            model: Whose latents and options.
            given: Numbers and words, or text of either.

        Raises:
            ConfigError: If a name is unknown, or a value is not allowed.
        """
        latent, known = model.generator.latent, model.generator.sampling_options
        pieces = {name: (part, columns) for name, part, columns in latent.pieces()}
        parts: list[tuple[slice, NDArray[np.float32]]] = []
        options: dict[str, float | str] = {}
        for name, value in (given or {}).items():
            stem, _, component = name.partition(".")
            if name in known:
                options[name] = known[name].check(name, value)
            elif stem in pieces:
                parts.append(_part(name, component, *pieces[stem], value))
            else:
                raise ConfigError(_unknown(model, name))
        return cls(latent, tuple(parts), options)

    def applied(self, latents: NDArray[np.float32]) -> NDArray[np.float32]:
        """Latents `(N, *latent.shape)` with the parts set; the same array where none is."""
        if not self.parts:
            return latents
        flat = latents.reshape(len(latents), -1).copy()
        for columns, value in self.parts:
            flat[:, columns] = value
        return flat.reshape(latents.shape)


def parse(texts: Sequence[str]) -> dict[str, str]:
    """Values by name, of `NAME=VALUE` as they are typed.

    Raises:
        ConfigError: If one is something else, or a name comes twice.
    """
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise ConfigError(f"--set (={text}) must be NAME=VALUE, such as --set digit=3 or --set psi=0.7")
        if name in found:
            raise ConfigError(f"--set {name} was given twice, with {found[name]} and {value}: leave one out")
        found[name] = value
    return found


def truncated(
    model: GenerativeModel, truncation: float | None, given: Settable | None
) -> tuple[float | None, Settable]:
    """The truncation of latents, and what is set: of a generator with psi the truncation is that, and in w.

    Raises:
        ConfigError: If both are given, or it is out of psi's range.
    """
    given = given or {}
    option = model.generator.sampling_options.get(PSI)
    if truncation is None or option is None:
        return truncation, given
    if PSI in given:
        raise ConfigError("--truncation and --set psi are the same here, the truncation in w: leave one out")
    option.check("a truncation", truncation)
    return None, {**given, PSI: truncation}


def rows_of(model: GenerativeModel, name: str) -> dict[str, Any]:
    """The values of a grid with a row for each, by the names of the rows.

    Args:
        model: Whose latents and options.
        name: A categorical part: all its choices. A component of another part, or a numeric option: some values over
            its range. An option that is a choice: all of them.

    Raises:
        ConfigError: If there is no such part or option, or the part has several components.
    """
    option = model.generator.sampling_options.get(name)
    if option is not None:
        return {word: word for word in option.choices} or _spread(option.low, option.high)
    stem, _, component = name.partition(".")
    for piece, part, _columns in model.generator.latent.pieces():
        if piece != stem:
            continue
        if isinstance(part, Categorical) and not component:
            return {str(choice): choice for choice in range(part.size)}
        if not component and part.size > 1:
            raise ConfigError(
                f"--rows {name} has {part.size} components, and a row is one value: name one, such as --rows {name}.0"
            )
        low, high = (part.low, part.high) if isinstance(part, Uniform) else (-2.0, 2.0)
        return _spread(low, high)
    raise ConfigError(_unknown(model, name))


def grid_latents(latent: Latent, columns: int, rows: int) -> NDArray[np.float32]:
    """Latents `(N, *latent.shape)` of seed 0 for a grid, row by row.

    With a categorical part each row has a choice of the first one, the same latents in each, and there are at most
    twice as many rows, so that ten digits fit where eight rows were asked for.
    """
    for _, part, place in latent.pieces():
        if isinstance(part, Categorical):
            rows = min(part.size, 2 * rows)
            drawn = np.concatenate([latent.draw(columns, seed=0)] * rows)
            drawn[:, place] = np.eye(part.size, dtype=np.float32)[:rows].repeat(columns, axis=0)
            return drawn
    return latent.draw(columns * rows, seed=0)


def described(latent: Latent, options: Mapping[str, SamplingOption]) -> list[str]:
    """What can be set, for people: `digit (0 to 9)`, `style (2 numbers between -2 and 2)`, `psi (between 0 and 2)`."""
    parts = [f"{name} ({_allowed(part)})" for name, part, _ in latent.pieces()]
    return parts + [f"{name} ({option.allowed})" for name, option in options.items()]


def _part(name: str, component: str, part: Part, columns: slice, value: Any) -> tuple[slice, NDArray[np.float32]]:
    """Components, and what they become."""
    if component:
        if isinstance(part, Categorical) or not component.isdecimal() or int(component) >= part.size:
            stem = name.partition(".")[0]
            rest = "" if isinstance(part, Categorical) else f", and its components {stem}.0 to {stem}.{part.size - 1}"
            raise ConfigError(f"there is no {name} to set: {stem} takes {_allowed(part)}{rest}")
        columns = slice(columns.start + int(component), columns.start + int(component) + 1)
    numbers = _numbers(value)
    if isinstance(part, Categorical):
        if len(numbers) != 1 or not (0 <= numbers[0] < part.size and float(numbers[0]).is_integer()):
            raise ConfigError(f"{name} (={value}) must be {_allowed(part)}")
        return columns, np.eye(part.size, dtype=np.float32)[int(numbers[0])]
    low, high = _range(part)
    if len(numbers) not in (1, columns.stop - columns.start) or not all(low <= number <= high for number in numbers):
        allowed = f"a number between {low:g} and {high:g}" if component else _allowed(part)
        raise ConfigError(f"{name} (={value}) must be {allowed}")
    return columns, np.array(numbers, np.float32)


def _numbers(value: Any) -> list[float]:
    """The numbers in a number, a sequence, or text with commas; NaN for what is none."""
    items = value.split(",") if isinstance(value, str) else [value] if np.ndim(value) == 0 else list(value)
    numbers = []
    for item in items:
        try:
            numbers.append(math.nan if isinstance(item, bool) else float(item))
        except (TypeError, ValueError):
            numbers.append(math.nan)
    return numbers


def _range(part: Normal | Uniform) -> tuple[float, float]:
    """What may be set: of U(low, high) twice its range about the middle, as far as InfoGAN's figures go."""
    if isinstance(part, Normal):
        return -_FARTHEST, _FARTHEST
    middle, reach = (part.low + part.high) / 2, part.high - part.low
    return middle - reach, middle + reach


def _allowed(part: Part) -> str:
    if isinstance(part, Categorical):
        return f"a whole number from 0 to {part.size - 1}"
    low, high = _range(part)
    several = f", or {part.size} of them with commas" if part.size > 1 else ""
    return f"a number between {low:g} and {high:g}{several}"


def _spread(low: float, high: float) -> dict[str, float]:
    return {f"{value:g}": float(value) for value in np.linspace(low, high, ROWS).round(3)}


def _unknown(model: GenerativeModel, name: str) -> str:
    known = ", ".join(described(model.generator.latent, model.generator.sampling_options)) or "nothing"
    if name == PSI:
        return (
            f"{model.name} ({model.variant}) has no psi, because its generator has no w: --truncation 0.7 keeps its "
            f"latents from their edges; what can be set: {known}"
        )
    return f"{model.name} ({model.variant}) has no {name!r} to set: there is {known}"
