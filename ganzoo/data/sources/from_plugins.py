"""Data sets by name, which plugins provide (ganzoo's own among them): `--data NAME` and `--data NAME:ARGUMENT`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ganzoo import plugins
from ganzoo.core.data_spec import Note
from ganzoo.core.descriptors import DataSource
from ganzoo.data.arrays import check_labels, image_shape, vector_shape
from ganzoo.data.mixtures import Mixture
from ganzoo.data.sources.base import ArraySource, SampleSource, Source, VectorSource
from ganzoo.data.sources.containers import path_stamp
from ganzoo.data.sources.torchvision_sets import known_sets, simplify
from ganzoo.errors import ConfigError, DataError
from ganzoo.plugins.guard import blaming, described, owner
from ganzoo.plugins.modalities import modality_of


def known_sources() -> dict[str, DataSource]:
    """By name: ganzoo's own, then those of plugins."""
    return plugins.registry().registered(DataSource)


def typed(source: DataSource) -> str:
    """What is typed: `mnist`, `faces:PATH`."""
    return f"{source.name}:{source.argument}" if source.argument else source.name


def find(name: str) -> DataSource | None:
    """The data set of that name, None if no plugin provides one. Spellings are compared as torchvision's are.

    Raises:
        ConfigError: If it could be several, or torchvision's.
        PluginError: If the plugin that provides it is not used.
    """
    known = known_sources()
    same = [source for source in known.values() if simplify(source.name) == simplify(name)]
    own = next((source for source in same if owner(source).builtin), None)
    if own is not None and known.get(name, own) is own:
        return own
    if not same:
        plugins.registry().refuse_unused(DataSource, name)
        return None
    theirs = known_sets().get(simplify(name))
    meant = [*map(described, same), *([f"torchvision's {theirs}"] if theirs else [])]
    if len(meant) > 1:
        left_out = next(owner(source).name for source in same if not owner(source).builtin)
        raise ConfigError(
            f"--data {name} could be {' or '.join(meant)}: leave a plugin out with --no-plugin {left_out}"
        )
    return same[0]


def check_argument(source: DataSource, given: str) -> None:
    """Refuse an argument where none is taken, and none where one is needed.

    Args:
        source: Which takes one or not.
        given: What was typed behind the colon.

    Raises:
        ConfigError: Saying what to type.
    """
    if source.argument and not given:
        raise ConfigError(f"--data {source.name} needs {source.argument} behind a colon: --data {typed(source)}")
    if given and not source.argument:
        raise ConfigError(f"--data {source.name}:{given}: {source.name} takes nothing behind it: --data {source.name}")


def identity(source: DataSource, argument: str, split: str) -> tuple[object, ...]:
    """What the cache knows a set by: it changes when plugin, name, version, argument or split do, or a file named by
    the argument.
    """
    plugin = owner(source)
    stamp = path_stamp(argument) if argument else ()
    return "plugin", plugin.distribution or plugin.name, source.name, source.version, argument, split, *stamp


def open_source(source: DataSource, argument: str, split: str) -> Source | SampleSource:
    """Call the factory, and check what it returns.

    Raises:
        PluginError: If it cannot be imported.
        DataError: If it raises something else than a `GanzooError`, or returns what cannot be a data set.
    """
    factory = source.load()
    with blamed(source):
        made = factory(argument, split)
        if not owner(source).builtin:
            _check(source, made)
    opened: Source | SampleSource = made
    return opened


@contextmanager
def blamed(source: DataSource) -> Iterator[None]:
    """What goes wrong with a third party's data in here becomes a `DataError` that names source and plugin."""
    try:
        with blaming(source, DataError):
            yield
    except DataError as error:
        if owner(source).builtin or str(error).startswith(described(source)):
            raise
        raise DataError(f"{described(source)}: {error}") from error


def _check(item: DataSource, source: Any) -> None:
    if not isinstance(source, Source | SampleSource):
        raise DataError(
            f"{item.factory} returned {source!r:.80}, and must return a ganzoo.data Source, SampleSource "
            "or VectorSource"
        )
    name, count = source.name, len(source)
    if not isinstance(name, str) or not name or "/" in name or name.startswith("."):
        raise DataError(f"its name is {name!r:.80}, and must be a word that a folder can be called")
    if name != item.name and simplify(name) in map(simplify, known_sources()):
        raise DataError(f"it calls itself {name!r}, which is another data source: call it {item.name!r}")
    if count < 1:
        raise DataError("it has no sample")
    if isinstance(source, VectorSource):
        vector_shape(_shape(source.shape, 2), np.dtype(np.float32), "its vectors")
        _check_density(source.density, source.shape[1])
    elif isinstance(source, SampleSource):
        modality_of(source.kind).check_shape(_shape(source.shape, len(source.shape))[1:])
    elif not isinstance(source.extractor, str | None):
        raise DataError(f"its extractor is {source.extractor!r:.80}, and must be the name of one, or None")
    if isinstance(source, ArraySource):
        image_shape(_shape(source.shape, 4), np.dtype(np.uint8), "its images")
    for field, kinds in (("class_names", str), ("notes", str | Note)):
        words = getattr(source, field)
        if not isinstance(words, tuple) or not all(isinstance(word, kinds) for word in words):
            raise DataError(f"its {field} are {words!r:.80}, and must be a tuple of str")
    _check_labels(source.labels, count, source.class_names)


def _check_labels(labels: Any, count: int, names: tuple[str, ...]) -> None:
    if labels is None:
        if names:
            raise DataError(f"it has {len(names)} class_names and no labels: both, or neither")
        return
    if not isinstance(labels, np.ndarray) or labels.dtype != np.int64:
        seen = labels.dtype if isinstance(labels, np.ndarray) else type(labels).__name__
        raise DataError(f"its labels are {seen}, and must be a numpy array of int64")
    check_labels(labels, count, names, "its labels")


def _check_density(density: Any, length: int) -> None:
    if density is None:
        return
    if not isinstance(density, Mixture):
        raise DataError(f"its density is {density!r:.80}, and must be a ganzoo.Mixture or None")
    try:
        dimensions = density.to_density().dimensions
    except ValueError as error:
        raise DataError(f"its density is not one: {error}") from error
    if dimensions != length:
        raise DataError(f"its density has {dimensions} dimensions, and its vectors {length}")


def _shape(shape: Any, axes: int) -> tuple[int, ...]:
    if not isinstance(shape, tuple) or len(shape) != axes or not all(isinstance(length, int) for length in shape):
        raise DataError(f"its shape is {shape!r:.80}, and must be a tuple of {axes} int")
    return shape
