"""ganzoo: a plugin-based GAN zoo with a model registry, on PyTorch.

The public names are loaded on first use (PEP 562), so that importing ganzoo does not import torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ganzoo._version import __version__

if TYPE_CHECKING:
    from ganzoo.api import resume, train
    from ganzoo.core.callback import Callback
    from ganzoo.core.config import Count, VariantConfig, Widths
    from ganzoo.core.data_spec import DataSpec
    from ganzoo.core.extensions import (
        CommandGroup,
        DataSource,
        FeatureExtractor,
        Metric,
        StoreScheme,
        TrainingCallback,
    )
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
    from ganzoo.data.mixtures import Mixture, mixture_of
    from ganzoo.errors import ConfigError, GanzooError
    from ganzoo.hookspecs import hookimpl
    from ganzoo.model import Model, load
    from ganzoo.plugins import variants

_HOMES = {
    "ganzoo.api": ("resume", "train"),
    "ganzoo.core.callback": ("Callback",),
    "ganzoo.core.config": ("Count", "VariantConfig", "Widths"),
    "ganzoo.core.data_spec": ("DataSpec",),
    "ganzoo.core.extensions": (
        "CommandGroup",
        "DataSource",
        "FeatureExtractor",
        "Metric",
        "StoreScheme",
        "TrainingCallback",
    ),
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
    "ganzoo.data.mixtures": ("Mixture", "mixture_of"),
    "ganzoo.errors": ("ConfigError", "GanzooError"),
    "ganzoo.hookspecs": ("hookimpl",),
    "ganzoo.model": ("Model", "load"),
    "ganzoo.plugins": ("variants",),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "SGD",
    "Adam",
    "Batch",
    "Callback",
    "CommandGroup",
    "ConfigError",
    "CosineDecay",
    "Count",
    "DataSource",
    "DataSpec",
    "Decay",
    "Discriminator",
    "EncodingGenerator",
    "FeatureExtractor",
    "Game",
    "GanzooError",
    "Generator",
    "HalfLife",
    "Latent",
    "LinearDecay",
    "Losses",
    "Metric",
    "Mixture",
    "Model",
    "Objective",
    "Optimisers",
    "Players",
    "RMSprop",
    "Stage",
    "StoreScheme",
    "TrainingCallback",
    "Variant",
    "VariantConfig",
    "Widths",
    "__version__",
    "hookimpl",
    "load",
    "mixture_of",
    "resume",
    "train",
    "variants",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'ganzoo' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
