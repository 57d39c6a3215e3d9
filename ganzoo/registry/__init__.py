"""The model registry: references, stores, packages. Imports no torch.

A plugin's store keeps the protocol `Store`, whose methods deal in `Pinned`, `Package` and `Listing`. These names are
loaded on first use (PEP 562).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ganzoo.registry.package import Package
    from ganzoo.registry.store import Listing, Pinned, Store

_HOME = {
    "Listing": "ganzoo.registry.store",
    "Package": "ganzoo.registry.package",
    "Pinned": "ganzoo.registry.store",
    "Store": "ganzoo.registry.store",
}

__all__ = ["Listing", "Package", "Pinned", "Store"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'ganzoo.registry' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)
