"""ganzoo: a plugin-based GAN zoo with a model registry, on PyTorch.

The public names are loaded on first use (PEP 562), so that importing ganzoo does not import torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ganzoo._version import __version__

if TYPE_CHECKING:
    from ganzoo.core.config import Count, VariantConfig
    from ganzoo.core.data_spec import DataSpec
    from ganzoo.core.game import (
        SGD,
        Adam,
        CosineDecay,
        Decay,
        Game,
        HalfLife,
        LinearDecay,
        Optimisers,
        RMSprop,
        Stage,
    )
    from ganzoo.core.latent import Latent
    from ganzoo.core.networks import Discriminator, EncodingGenerator, Generator
    from ganzoo.core.objective import Batch, Losses, Objective, Players
    from ganzoo.core.variant import Variant
    from ganzoo.errors import GanzooError
    from ganzoo.hookspecs import hookimpl

_HOMES = {
    "ganzoo.core.config": ("Count", "VariantConfig"),
    "ganzoo.core.data_spec": ("DataSpec",),
    "ganzoo.core.game": (
        "SGD",
        "Adam",
        "CosineDecay",
        "Decay",
        "Game",
        "HalfLife",
        "LinearDecay",
        "Optimisers",
        "RMSprop",
        "Stage",
    ),
    "ganzoo.core.latent": ("Latent",),
    "ganzoo.core.networks": ("Discriminator", "EncodingGenerator", "Generator"),
    "ganzoo.core.objective": ("Batch", "Losses", "Objective", "Players"),
    "ganzoo.core.variant": ("Variant",),
    "ganzoo.errors": ("GanzooError",),
    "ganzoo.hookspecs": ("hookimpl",),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "SGD",
    "Adam",
    "Batch",
    "CosineDecay",
    "Count",
    "DataSpec",
    "Decay",
    "Discriminator",
    "EncodingGenerator",
    "Game",
    "GanzooError",
    "Generator",
    "HalfLife",
    "Latent",
    "LinearDecay",
    "Losses",
    "Objective",
    "Optimisers",
    "Players",
    "RMSprop",
    "Stage",
    "Variant",
    "VariantConfig",
    "__version__",
    "hookimpl",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'ganzoo' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
