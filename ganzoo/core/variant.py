"""`Variant`: what `ganzoo list` knows of a GAN. Imports neither torch nor pydantic."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from ganzoo.errors import PluginError

if TYPE_CHECKING:
    from ganzoo.core.config import VariantConfig
    from ganzoo.core.data_spec import DataSpec
    from ganzoo.core.game import Game

DataKind = Literal["image", "vector", "both"]
LabelUse = Literal["none", "optional", "required"]


@dataclass(frozen=True, slots=True)
class Variant:
    """Descriptor of one GAN variant.

    Args:
        name: What is typed: `ganzoo train NAME`. Lower-case letters, digits and `-`.
        title: One line for people.
        paper: Where it comes from, e.g. `"arXiv:1511.06434"`.
        config: `"package.module:Class"` of its `VariantConfig`; the module must not import torch.
        factory: `"package.module:function"` of `build(config, data) -> Game`.
        data: The kind of samples it can learn.
        labels: `"none"` (labels are not given to it), `"optional"` or `"required"`.
        encodes: Its generator is an `EncodingGenerator`.

    Raises:
        PluginError: If a field has a value that is not allowed.
    """

    name: str
    title: str
    paper: str
    config: str
    factory: str
    data: DataKind = "image"
    labels: LabelUse = "none"
    encodes: bool = False

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", self.name):
            raise PluginError(
                f"variant name {self.name!r} is not allowed: use lower-case letters, digits and single hyphens"
            )
        for field in ("config", "factory"):
            if not re.fullmatch(r"[\w.]+:\w+", getattr(self, field)):
                raise PluginError(
                    f"variant {self.name!r}: {field} (={getattr(self, field)!r}) must look like 'package.module:name'"
                )
        for field, allowed in (("data", get_args(DataKind)), ("labels", get_args(LabelUse))):
            if getattr(self, field) not in allowed:
                raise PluginError(
                    f"variant {self.name!r}: {field} (={getattr(self, field)!r}) must be one of {', '.join(allowed)}"
                )

    def load_config(self) -> type[VariantConfig]:
        """Import the config class. Does not import torch."""
        config: type[VariantConfig] = self._resolve(self.config)
        return config

    def load_factory(self) -> Callable[[VariantConfig, DataSpec], Game]:
        """Import the factory, and torch with it."""
        factory: Callable[[VariantConfig, DataSpec], Game] = self._resolve(self.factory)
        return factory

    def takes_labels(self, config: VariantConfig, data: DataSpec) -> bool:
        """Whether the players are given labels."""
        if self.labels == "optional" and not config.uses_labels():
            return False
        return self.labels != "none" and data.classes > 0

    def _resolve(self, dotted: str) -> Any:
        module, _, attribute = dotted.partition(":")
        try:
            return getattr(importlib.import_module(module), attribute)
        except (ImportError, AttributeError, SyntaxError) as error:
            raise PluginError(
                f"variant {self.name!r} names {dotted!r}, which cannot be imported: {type(error).__name__}: {error}"
            ) from error
