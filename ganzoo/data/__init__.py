"""Where samples come from: `inspect` and `load` a set, then draw batches with a `Sampler`.

    options = DataOptions(data="photos.zip", res=64)
    dataset = load(options, device="cuda")
    sampler = Sampler(dataset, seed=0)
    reals, labels = sampler.next(64)

A plugin's data is a `Source` (images of any sizes), an `ArraySource` (images in one array) or a `VectorSource`.

Importing this package does not import torch: the classes besides the options are loaded on first use (PEP 562).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ganzoo.data.load import inspect, load
from ganzoo.data.options import DataOptions

if TYPE_CHECKING:
    from ganzoo.data.dataset import Dataset
    from ganzoo.data.sampler import Sampler
    from ganzoo.data.source import ArraySource, Source
    from ganzoo.data.vectors import VectorSource

_HOME = {
    "ArraySource": "ganzoo.data.source",
    "Dataset": "ganzoo.data.dataset",
    "Sampler": "ganzoo.data.sampler",
    "Source": "ganzoo.data.source",
    "VectorSource": "ganzoo.data.vectors",
}

__all__ = ["ArraySource", "DataOptions", "Dataset", "Sampler", "Source", "VectorSource", "inspect", "load"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'ganzoo.data' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)
