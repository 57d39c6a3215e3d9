"""The `Modality` of a kind of data, by the kind's name. Imports no torch."""

from __future__ import annotations

from functools import cache

from ganzoo.core.descriptors import DataModality
from ganzoo.core.modality import Modality
from ganzoo.errors import PluginError, shown
from ganzoo.plugins.guard import blaming, described
from ganzoo.plugins.registry import registry


def modality_of(kind: str) -> Modality:
    """What is done with data of a kind, `DataSpec.kind`.

    Raises:
        ConfigError: If no plugin provides it, naming the nearest that exists.
        PluginError: If the plugin that provides it is not used, or provides something else.
    """
    return _made(registry().lookup(DataModality, kind))


@cache
def _made(item: DataModality) -> Modality:
    factory = item.load()
    with blaming(item):
        made = factory()
    if not isinstance(made, Modality):
        raise PluginError(f"{described(item)}: {item.factory} returned {shown(made)}, and must return a Modality")
    return made
