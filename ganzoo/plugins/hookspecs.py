"""The hooks that a plugin may implement. A hook only ever gains arguments.

All are called when plugins are discovered, at the start of every command, so an implementation imports neither torch
nor pydantic: what it returns are descriptors, which name what is imported when it is needed.
"""

from __future__ import annotations

import pluggy

from ganzoo.core.descriptors import (
    CommandGroup,
    DataModality,
    DataSource,
    FeatureExtractor,
    Metric,
    StoreScheme,
    TrainingCallback,
)
from ganzoo.core.variant import Variant

PROJECT = "ganzoo"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
"""Marks a plugin's function as the implementation of the hook of the same name."""


@hookspec
def ganzoo_variants() -> list[Variant]:  # type: ignore[empty-body]
    """Return the GAN variants that this plugin provides: `ganzoo train NAME`."""


@hookspec
def ganzoo_data_sources() -> list[DataSource]:  # type: ignore[empty-body]
    """Return the data sets that this plugin provides: `--data NAME` or `--data NAME:ARGUMENT`."""


@hookspec
def ganzoo_modalities() -> list[DataModality]:  # type: ignore[empty-body]
    """Return the kinds of data that this plugin provides: `Variant(data=NAME)`, and samples of the kind NAME."""


@hookspec
def ganzoo_metrics() -> list[Metric]:  # type: ignore[empty-body]
    """Return the metrics that this plugin provides: `ganzoo eval --metrics NAME`."""


@hookspec
def ganzoo_extractors() -> list[FeatureExtractor]:  # type: ignore[empty-body]
    """Return the feature extractors that this plugin provides: `ganzoo eval --extractor NAME`."""


@hookspec
def ganzoo_stores() -> list[StoreScheme]:  # type: ignore[empty-body]
    """Return the kinds of model store that this plugin provides: `scheme://name` then works as a reference."""


@hookspec
def ganzoo_commands() -> list[CommandGroup]:  # type: ignore[empty-body]
    """Return the command groups that this plugin provides: `ganzoo NAME ...`."""


@hookspec
def ganzoo_callbacks() -> list[TrainingCallback]:  # type: ignore[empty-body]
    """Return the training callbacks that this plugin provides: `ganzoo train VARIANT --callbacks NAME`."""
