"""Where samples come from: `inspect` and `load` a set, then draw batches with a `Sampler`.

    options = DataOptions(data="photos.zip", res=64)
    dataset = load(options, device="cuda")
    sampler = Sampler(dataset, seed=0)
    reals, labels = sampler.next(64)

A plugin's data is a `Source` (images of any sizes), an `ArraySource` (images in one array), a `VectorSource` or, of
a modality of its own, a `SampleSource`.

Importing this package does not import torch: the classes besides the options are loaded on first use (PEP 562).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganzoo.data.load import inspect, load
from ganzoo.data.options import DataOptions
from ganzoo.utils.lazy import lazy_names

if TYPE_CHECKING:
    from ganzoo.data.dataset import Dataset
    from ganzoo.data.examine import Check, check
    from ganzoo.data.sampler import Sampler
    from ganzoo.data.sources.base import ArraySource, SampleSource, Source, VectorSource
    from ganzoo.data.upkeep import Kept, kept, prune


__all__ = [
    "ArraySource",
    "Check",
    "DataOptions",
    "Dataset",
    "Kept",
    "SampleSource",
    "Sampler",
    "Source",
    "VectorSource",
    "check",
    "inspect",
    "kept",
    "load",
    "prune",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "ganzoo.data.dataset": ("Dataset",),
        "ganzoo.data.examine": ("Check", "check"),
        "ganzoo.data.sampler": ("Sampler",),
        "ganzoo.data.sources.base": (
            "ArraySource",
            "SampleSource",
            "Source",
            "VectorSource",
        ),
        "ganzoo.data.upkeep": (
            "Kept",
            "kept",
            "prune",
        ),
    },
)
