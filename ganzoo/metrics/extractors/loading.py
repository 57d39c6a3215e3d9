"""Which extractor looks at which data, and how one is made."""

from __future__ import annotations

import math

import torch

from ganzoo.core.data_spec import DataSpec
from ganzoo.errors import ConfigError
from ganzoo.metrics.extractors.from_plugins import Checked
from ganzoo.metrics.extractors.identity import Identity
from ganzoo.metrics.extractors.protocol import Extractor
from ganzoo.metrics.names import check_extractor, known_extractors
from ganzoo.plugins.guard import blaming, owner
from ganzoo.plugins.modalities import modality_of


def extractor_for(spec: DataSpec, name: str = "auto", device: torch.device | str = "cpu") -> Extractor:
    """The extractor of that name, or what `auto` means for this data, of which samples may be their own features.

    Args:
        spec: Of the reference.
        name: `auto`, or one of `known_extractors`.
        device: Where it computes.

    Raises:
        ConfigError: If there is no such extractor, or one is named for data whose samples are their own features.
        GanzooError: As `load_extractor`.
    """
    check_extractor(name)
    modality = modality_of(spec.kind)
    known = modality.extractor(spec)
    if known:
        return load_extractor(known if name == "auto" else name, device)
    if name != "auto":
        raise ConfigError(
            f"the extractor {name} looks at images, and {spec.name} is {modality.samples}, which are compared as they "
            "are: leave out --extractor"
        )
    return Identity(math.prod(spec.shape))


def load_extractor(name: str, device: torch.device | str = "cpu") -> Extractor:
    """Make an extractor, its weights checked.

    Args:
        name: One of `known_extractors`.
        device: Where it computes.

    Raises:
        ConfigError: If there is no such extractor.
        GanzooError: If its library or its weights are missing, or the weights are not the ones they should be.
        PluginError: If a plugin's raises anything else, or is no extractor.
    """
    check_extractor(name)
    item = known_extractors()[name]
    with blaming(item):
        extractor: Extractor = item.load()(torch.device(device))
    return extractor if owner(item).builtin else Checked(item, extractor)
