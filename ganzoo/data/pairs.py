"""Sources beside their targets: of which size they are, and whether all pairs fit. Imports no torch."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from fractions import Fraction

from ganzoo.core.data_spec import DataSpec, ImageCondition
from ganzoo.data.guard import BadImageError, naming
from ganzoo.data.images import Header, res_text
from ganzoo.data.options import DataOptions
from ganzoo.data.sources.base import SampleSource, Source
from ganzoo.data.sources.domains import HalfSource
from ganzoo.data.sources.locate import Located
from ganzoo.errors import ConfigError, DataError


def source_options(located: Located, options: DataOptions) -> DataOptions:
    """The options of the sources, which `--res` gives a size of their own where targets are larger by a factor.

    Raises:
        ConfigError: If there is no such size.
    """
    if options.res is None or options.source != "paired":
        return options
    sources, targets = _opened(located)
    factor = _factor(sources, targets, 0) or Fraction(1)
    asked = options.res if isinstance(options.res, tuple) else (options.res, options.res)
    sides = [side / factor for side in asked]
    if any(side.denominator != 1 for side in sides):
        raise ConfigError(
            f"--res {res_text(*asked)}: targets are {factor} times as large as their sources, which would have sides "
            f"of {' and '.join(map(str, dict.fromkeys(sides)))} pixels: give a multiple of {factor.numerator}"
        )
    width, height = map(int, sides)
    return options.model_copy(update={"res": width if width == height else (width, height)})


def check_sizes(located: Located) -> None:
    """Refuse pairs of which one half does not show what the other does.

    Raises:
        DataError: With their number and the first five.
    """
    sources, targets = _opened(located)
    if isinstance(sources, HalfSource):
        return
    factors = [_factor(sources, targets, index) for index in range(len(sources))]
    known = next((factor for factor in factors if factor), None)
    odd = [index for index, factor in enumerate(factors) if factor is not None and factor != (known or 0)]
    if odd:
        seen = [f"{sources.title(i)} ({_size(sources, i)}) and {_size(targets, i)}" for i in odd[:5]]
        usual = "their sources" if known in (None, 1) else f"their sources, times {known}"
        raise DataError(
            f"{len(odd)} of {len(sources)} pairs have targets of another size than {usual}: {'; '.join(seen)}"
            f"{'; ...' if len(odd) > 5 else ''}: make both of one size, or move them away"
        )


def joined(spec: DataSpec, sources: DataSpec, *, paired: bool) -> DataSpec:
    """The spec of targets, with the sources that they are made of; the digest is that of both, where both are known."""
    channels, height, width = sources.shape
    digest = None
    if spec.digest is not None and sources.digest is not None:
        digest = hashlib.sha256(f"{paired} {spec.digest} {sources.digest}".encode()).hexdigest()
    condition = ImageCondition((channels, height, width), paired)
    notes = tuple(dict.fromkeys((*spec.notes, *sources.notes)))
    return replace(spec, condition=condition, digest=digest, notes=notes)


def _opened(located: Located) -> tuple[Source, Source]:
    assert located.sources is not None
    sources, targets = located.sources.open(), located.open()
    assert not isinstance(sources, SampleSource)
    assert not isinstance(targets, SampleSource)
    return sources, targets


def _factor(sources: Source, targets: Source, index: int) -> Fraction | None:
    """How much larger a target is; 0 where no factor makes one of the other, None where one cannot be read."""
    try:
        source, target = _header(sources, index), _header(targets, index)
    except BadImageError:
        return None
    wide, high = Fraction(target.width, source.width), Fraction(target.height, source.height)
    return wide if wide == high else Fraction(0)


def _header(source: Source, index: int) -> Header:
    with naming(source.title(index)):
        return source.header(index)


def _size(source: Source, index: int) -> str:
    seen = _header(source, index)
    return f"{seen.width}x{seen.height}"
