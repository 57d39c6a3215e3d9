"""Finds plugins, decides which are used, loads each on its own, and reports on all of them.

A plugin that cannot be used costs what it provides and nothing else. Nothing here imports torch.
"""

from __future__ import annotations

from ganzoo.core.variant import Variant
from ganzoo.plugins.record import PluginRecord
from ganzoo.plugins.registry import DISTRIBUTION, PluginRegistry, registry
from ganzoo.plugins.selection import leave_out, left_out

__all__ = ["DISTRIBUTION", "PluginRecord", "PluginRegistry", "leave_out", "left_out", "registry", "variants"]


def variants() -> list[Variant]:
    """All variants of the plugins that could be loaded, by name."""
    return [variant for _, variant in sorted(registry().variants.items())]
