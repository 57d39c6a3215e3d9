"""The model registry: pull, search and look after models; references, stores, packages. Imports no torch.

A plugin's store keeps the protocol `Store`, whose methods deal in `ResolvedRevision`, `Package` and `Listing`. These
names are loaded on first use (PEP 562).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganzoo.utils.lazy import lazy_names

if TYPE_CHECKING:
    from ganzoo.registry.opening import Opened, open_reference
    from ganzoo.registry.packages.package import Package
    from ganzoo.registry.pulling import pull
    from ganzoo.registry.settings import registries, remove_registry
    from ganzoo.registry.stores.protocol import Listing, ResolvedRevision, Store
    from ganzoo.registry.upkeep import add_registry, prune, remove, search, verify


__all__ = [
    "Listing",
    "Opened",
    "Package",
    "ResolvedRevision",
    "Store",
    "add_registry",
    "open_reference",
    "prune",
    "pull",
    "registries",
    "remove",
    "remove_registry",
    "search",
    "verify",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "ganzoo.registry.opening": (
            "Opened",
            "open_reference",
        ),
        "ganzoo.registry.packages.package": ("Package",),
        "ganzoo.registry.pulling": ("pull",),
        "ganzoo.registry.settings": (
            "registries",
            "remove_registry",
        ),
        "ganzoo.registry.stores.protocol": (
            "Listing",
            "ResolvedRevision",
            "Store",
        ),
        "ganzoo.registry.upkeep": (
            "add_registry",
            "prune",
            "remove",
            "search",
            "verify",
        ),
    },
)
