"""`Extractor`: what looks at samples for the metrics."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from ganzoo.core.data_spec import DataSpec
from ganzoo.errors import ConfigError
from ganzoo.metrics.identity import Identity
from ganzoo.metrics.names import check_extractor, known_extractors
from ganzoo.metrics.strangers import Checked
from ganzoo.plugins.strangers import blaming, owner

DIGITS_RESOLUTION = 32
"""Grey images of up to so many pixels are looked at by `digits` unless another extractor is named."""


class Extractor(Protocol):
    """Maps samples to features, and perhaps to classes.

    Attributes:
        name: For the protocol line, with the library that it is of; that of a plugin gets the plugin's added.
        digest: sha256 of the weights, in hex, empty where it has none; checked before the extractor is made. What was
            seen of the reals is kept on disk by name, digest and resizer.
        features: D, the length of a feature vector.
        classes: Names of the classes of its logits; empty where it has none.
        score: Name of the score of these classes: `inception_score` for Inception alone.
    """

    name: str
    digest: str
    features: int
    classes: tuple[str, ...]
    score: str

    def resizer(self, shape: tuple[int, ...]) -> str:
        """In words, how images `(C, H, W)` come to the network's input.

        Raises:
            ConfigError: If it cannot look at such images.
        """

    def __call__(self, images: Tensor, /) -> tuple[Tensor, Tensor | None]:
        """Look at images uint8 `(n, C, H, W)`, on any device; `Identity` looks at vectors.

        Returns:
            Features `(n, D)` float32, and logits `(n, classes)` float32 or None, on the extractor's device.
        """


def extractor_for(spec: DataSpec, name: str = "auto", device: torch.device | str = "cpu") -> Extractor:
    """The extractor of that name, or what `auto` means for this data. Vectors are their own features.

    Args:
        spec: Of the reference.
        name: `auto`, or one of `known_extractors`.
        device: Where it computes.

    Raises:
        ConfigError: If there is no such extractor, or one is named for vectors.
        GanzooError: As `load_extractor`.
    """
    check_extractor(name)
    if spec.kind == "vector":
        if name != "auto":
            raise ConfigError(
                f"the extractor {name} looks at images, and {spec.name} is vectors, which are compared as they are: "
                "leave out --extractor"
            )
        return Identity(spec.channels)
    return load_extractor(choose_extractor(name, spec), device)


def choose_extractor(name: str, spec: DataSpec) -> str:
    """What `auto` means for these images: `digits` for small grey ones and for stacks of them, else `inception`."""
    check_extractor(name)
    if name != "auto":
        return name
    if spec.name == "stacked-mnist" and spec.channels == 3:
        return "stacked-digits"
    return "digits" if spec.channels == 1 and spec.resolution <= DIGITS_RESOLUTION else "inception"


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
