"""Finds plugins, decides which are used, loads each on its own, and reports on all of them.

A plugin that cannot be used costs what it provides and nothing else. Nothing here imports torch.
"""

from __future__ import annotations

import fnmatch
import re
from typing import TYPE_CHECKING

from ganzoo.core.variant import Variant
from ganzoo.plugins.record import PluginRecord
from ganzoo.plugins.registry import DISTRIBUTION as DISTRIBUTION
from ganzoo.plugins.registry import PluginRegistry, installed, registry
from ganzoo.plugins.selection import leave_out
from ganzoo.plugins.selection import left_out as left_out
from ganzoo.plugins.switching import disable, enable, find_plugin
from ganzoo.utils.lazy import lazy_names

if TYPE_CHECKING:
    from ganzoo.plugins.scaffold.writing import new_plugin

__all__ = [
    "PluginRecord",
    "PluginRegistry",
    "disable",
    "enable",
    "find_plugin",
    "find_variant",
    "installed",
    "leave_out",
    "list_variants",
    "new_plugin",
    "registry",
    "variants",
]

__getattr__, __dir__ = lazy_names(__name__, {"ganzoo.plugins.scaffold.writing": ("new_plugin",)})


def variants(pattern: str = "*") -> list[Variant]:
    """The variants that can be trained, each with title, paper and what it learns; `list_variants` gives names alone.

    Args:
        pattern: Of names, as a shell has it: `"*gan*"`, `"[vw]*"`.

    Returns:
        Those of the plugins that could be loaded, by name in natural order; none where no name fits.
    """
    found = registry().variants
    return [found[name] for name in sorted(found, key=_natural) if fnmatch.fnmatchcase(name, pattern)]


def list_variants(pattern: str = "*") -> list[str]:
    """Names of the variants that can be trained, as `train` and `create` take them.

    Args:
        pattern: As in `variants`, which gives titles and papers too.
    """
    return [variant.name for variant in variants(pattern)]


def find_variant(name: str) -> Variant:
    """The variant of that name; `load_config()` gives its options (`model_fields`) and `presets`.

    Raises:
        ConfigError: If no plugin provides it, naming the nearest that exists.
        PluginError: If the plugin that provides it is not used.
    """
    return registry().find(name)


def _natural(name: str) -> list[tuple[str, int]]:
    """Numbers in a name count as numbers: `gan2` comes before `gan10`."""
    return [(text, int(digits or 0)) for text, digits in re.findall(r"(\D*)(\d*)", name)]
