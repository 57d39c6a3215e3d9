"""Where samples come from: `inspect` and `load` a set, then draw batches with a `Sampler`.

    options = DataOptions(data="photos.zip", res=64)
    dataset = load(options, device="cuda")
    sampler = Sampler(dataset, seed=0)
    reals, labels = sampler.next(64)

Importing this package does not import torch: `Dataset` and `Sampler` are loaded on first use (PEP 562).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ganzoo.data.load import inspect, load
from ganzoo.data.options import DataOptions

if TYPE_CHECKING:
    from ganzoo.data.dataset import Dataset
    from ganzoo.data.sampler import Sampler

__all__ = ["DataOptions", "Dataset", "Sampler", "inspect", "load"]


def __getattr__(name: str) -> Any:
    if name == "Dataset":
        from ganzoo.data.dataset import Dataset

        return Dataset
    if name == "Sampler":
        from ganzoo.data.sampler import Sampler

        return Sampler
    raise AttributeError(f"module 'ganzoo.data' has no attribute {name!r}")
