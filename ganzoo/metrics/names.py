"""Which metrics and extractors there are. Imports no torch: the command line lists and checks names first."""

from __future__ import annotations

from collections.abc import Iterable

from ganzoo import plugins
from ganzoo.core.descriptors import FeatureExtractor, Metric

DEFAULT_METRICS = ("fid", "kid", "prdc", "is", "modes")
"""What `ganzoo eval` takes without `--metrics`."""


def known_metrics() -> dict[str, Metric]:
    """By name, in the order of `--metrics all`: ganzoo's own, then those of plugins."""
    return plugins.registry().registered(Metric)


def known_extractors() -> dict[str, FeatureExtractor]:
    """By the name that `--extractor` takes: ganzoo's own, then those of plugins."""
    return plugins.registry().registered(FeatureExtractor)


def parse_metrics(names: str | Iterable[str]) -> tuple[str, ...]:
    """Check names of metrics.

    Args:
        names: With commas between them, as `"fid,kid"`; `"all"` for every one; or a sequence of names.

    Returns:
        The names, each once, in the order given; of `all` that of `known_metrics`.

    Raises:
        ConfigError: Naming the first that does not exist.
        PluginError: If the plugin that provides it is not used.
    """
    known = known_metrics()
    asked = [name.strip().lower() for name in (names.split(",") if isinstance(names, str) else names)]
    if asked == ["all"]:
        return tuple(known)
    advice = f"choose from {', '.join(known)}, or all; or install the plugin that provides it"
    for name in asked:
        plugins.registry().lookup(Metric, name, advice=advice)
    return tuple(dict.fromkeys(asked))


def check_extractor(name: str) -> None:
    """Refuse a name that is neither `auto` nor an extractor's.

    Raises:
        ConfigError: Saying which there are.
        PluginError: If the plugin that provides it is not used.
    """
    if name != "auto":
        names = ", ".join(("auto", *known_extractors()))
        plugins.registry().lookup(FeatureExtractor, name, also=["auto"], advice=f"choose from {names}")
