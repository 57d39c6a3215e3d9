"""ganzoo: a plugin-based GAN zoo with a model registry, on PyTorch.

The public names are loaded on first use (PEP 562), so that importing ganzoo does not import torch.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ganzoo.utils.lazy import lazy_names
from ganzoo.utils.version import __version__

if TYPE_CHECKING:
    from ganzoo.api import compare, list_models, list_runs, report, resume, system_info, train
    from ganzoo.core.callback import Callback
    from ganzoo.core.config import Count, VariantConfig, Widths
    from ganzoo.core.data_spec import ClassLabels, DataSpec, ImageCondition
    from ganzoo.core.descriptors import (
        CommandGroup,
        DataModality,
        DataSource,
        FeatureExtractor,
        Metric,
        StoreScheme,
        TrainingCallback,
    )
    from ganzoo.core.entries import Alarm, Diverged, Evaluated, Tick
    from ganzoo.core.game import (
        SGD,
        Adam,
        CosineDecay,
        Decay,
        Game,
        HalfLife,
        LinearDecay,
        Optimizers,
        RMSprop,
        Stage,
    )
    from ganzoo.core.latent import Categorical, Latent, Normal, Uniform
    from ganzoo.core.modality import Modality
    from ganzoo.core.networks import Discriminator, EncodingGenerator, Generator, MappedGenerator
    from ganzoo.core.objective import Batch, Losses, Objective, Phase, Phases, Players, two_phases
    from ganzoo.core.sampling_option import SamplingOption
    from ganzoo.core.variant import Variant
    from ganzoo.data.mixtures import Mixture, mixture_of
    from ganzoo.errors import ConfigError, GanzooError
    from ganzoo.models.arithmetic import Arithmetic
    from ganzoo.models.evaluation import evaluate
    from ganzoo.models.interpolation import Interpolation
    from ganzoo.models.inversion import Nearest
    from ganzoo.models.model import Model, load
    from ganzoo.models.push import push
    from ganzoo.models.samples import Samples
    from ganzoo.plugins import find_variant, list_variants, variants
    from ganzoo.plugins.hookspecs import hookimpl
    from ganzoo.registry import pull, search
    from ganzoo.runs.dry_run import DryRun, dry_run
    from ganzoo.runs.run import Run
    from ganzoo.runs.schema import config_schema
    from ganzoo.runs.untrained import create
    from ganzoo.sweeps.sweep import sweep

# Read by onnxruntime and by the Hub's client when they are imported, which torch's exporter may do before we would. A
# process that this one starts inherits them; who has set one has decided.
for _variable in ("ORT_DISABLE_TELEMETRY", "HF_HUB_DISABLE_TELEMETRY"):
    os.environ.setdefault(_variable, "1")


__all__ = [
    "SGD",
    "Adam",
    "Alarm",
    "Arithmetic",
    "Batch",
    "Callback",
    "Categorical",
    "ClassLabels",
    "CommandGroup",
    "ConfigError",
    "CosineDecay",
    "Count",
    "DataModality",
    "DataSource",
    "DataSpec",
    "Decay",
    "Discriminator",
    "Diverged",
    "DryRun",
    "EncodingGenerator",
    "Evaluated",
    "FeatureExtractor",
    "Game",
    "GanzooError",
    "Generator",
    "HalfLife",
    "ImageCondition",
    "Interpolation",
    "Latent",
    "LinearDecay",
    "Losses",
    "MappedGenerator",
    "Metric",
    "Mixture",
    "Modality",
    "Model",
    "Nearest",
    "Normal",
    "Objective",
    "Optimizers",
    "Phase",
    "Phases",
    "Players",
    "RMSprop",
    "Run",
    "Samples",
    "SamplingOption",
    "Stage",
    "StoreScheme",
    "Tick",
    "TrainingCallback",
    "Uniform",
    "Variant",
    "VariantConfig",
    "Widths",
    "__version__",
    "compare",
    "config_schema",
    "create",
    "dry_run",
    "evaluate",
    "find_variant",
    "hookimpl",
    "list_models",
    "list_runs",
    "list_variants",
    "load",
    "mixture_of",
    "pull",
    "push",
    "report",
    "resume",
    "search",
    "sweep",
    "system_info",
    "train",
    "two_phases",
    "variants",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "ganzoo.api": (
            "compare",
            "list_models",
            "list_runs",
            "report",
            "resume",
            "system_info",
            "train",
            "two_phases",
        ),
        "ganzoo.core.callback": ("Callback",),
        "ganzoo.core.config": (
            "Count",
            "VariantConfig",
            "Widths",
        ),
        "ganzoo.core.data_spec": (
            "ClassLabels",
            "DataSpec",
            "ImageCondition",
        ),
        "ganzoo.core.descriptors": (
            "CommandGroup",
            "DataModality",
            "DataSource",
            "FeatureExtractor",
            "Metric",
            "StoreScheme",
            "TrainingCallback",
        ),
        "ganzoo.core.entries": (
            "Alarm",
            "Diverged",
            "Evaluated",
            "Tick",
        ),
        "ganzoo.core.game": (
            "Adam",
            "CosineDecay",
            "Decay",
            "Game",
            "HalfLife",
            "LinearDecay",
            "Optimizers",
            "RMSprop",
            "SGD",
            "Stage",
        ),
        "ganzoo.core.latent": ("Categorical", "Latent", "Normal", "Uniform"),
        "ganzoo.core.modality": ("Modality",),
        "ganzoo.core.networks": (
            "Discriminator",
            "EncodingGenerator",
            "Generator",
            "MappedGenerator",
        ),
        "ganzoo.core.objective": ("Batch", "Losses", "Objective", "Phase", "Phases", "Players", "two_phases"),
        "ganzoo.core.sampling_option": ("SamplingOption",),
        "ganzoo.core.variant": ("Variant",),
        "ganzoo.data.mixtures": (
            "Mixture",
            "mixture_of",
        ),
        "ganzoo.errors": (
            "ConfigError",
            "GanzooError",
        ),
        "ganzoo.models.arithmetic": ("Arithmetic",),
        "ganzoo.models.evaluation": ("evaluate",),
        "ganzoo.models.interpolation": ("Interpolation",),
        "ganzoo.models.inversion": (
            "Nearest",
            "inversion",
        ),
        "ganzoo.models.model": (
            "Model",
            "load",
        ),
        "ganzoo.models.push": ("push",),
        "ganzoo.models.samples": ("Samples",),
        "ganzoo.plugins": (
            "find_variant",
            "list_variants",
            "variants",
        ),
        "ganzoo.plugins.hookspecs": ("hookimpl",),
        "ganzoo.registry": (
            "pull",
            "search",
        ),
        "ganzoo.runs.dry_run": (
            "DryRun",
            "dry_run",
        ),
        "ganzoo.runs.run": ("Run",),
        "ganzoo.runs.schema": ("config_schema",),
        "ganzoo.runs.untrained": ("create",),
        "ganzoo.sampling.latents": ("latents",),
        "ganzoo.sweeps.sweep": ("sweep",),
    },
)
