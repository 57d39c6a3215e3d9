"""The model registry: references, stores, packages. Imports no torch.

A plugin's store keeps the protocol `Store`, whose methods deal in `ResolvedRevision`, `Package` and `Listing`. These
names are loaded on first use (PEP 562).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganzoo.utils.lazy import lazy_names

if TYPE_CHECKING:
    from ganzoo.registry.packages.package import Package
    from ganzoo.registry.stores.protocol import Listing, ResolvedRevision, Store


__all__ = ["Listing", "Package", "ResolvedRevision", "Store"]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "ganzoo.registry.packages.package": ("Package",),
        "ganzoo.registry.stores.protocol": (
            "Listing",
            "ResolvedRevision",
            "Store",
        ),
    },
)
