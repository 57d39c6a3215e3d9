"""Metrics and extractors of plugins: what they give is checked, and a broken one costs no other its figures."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ganzoo.core.descriptors import FeatureExtractor
from ganzoo.errors import PluginError
from ganzoo.plugins.guard import blaming, described, owner
from ganzoo.utils.random_state import own_random_states

_ATTRIBUTES = {"name": str, "digest": str, "features": int, "classes": tuple, "score": str}


class Checked:
    """A plugin's extractor, with a check of all that it gives; see `Extractor`.

    Args:
        item: Its descriptor.
        extractor: What its factory made.

    Raises:
        PluginError: If that is no extractor.
    """

    def __init__(self, item: FeatureExtractor, extractor: Any) -> None:
        self._item, self._extractor = item, extractor
        for name, kind in _ATTRIBUTES.items():
            with blaming(item):
                value = getattr(extractor, name, None)
            if not isinstance(value, kind):
                raise PluginError(
                    f"{described(item)}: {item.factory} gave {type(extractor).__name__}, whose {name} is {value!r:.80} "
                    f"and must be {kind.__name__}: see ganzoo.metrics.Extractor"
                )
        plugin = owner(item)
        self.name = f"{extractor.name} ({plugin.distribution or plugin.name} {plugin.version}".rstrip() + ")"
        self.digest: str = extractor.digest
        self.features: int = extractor.features
        self.classes: tuple[str, ...] = extractor.classes
        self.score: str = extractor.score

    def resizer(self, shape: tuple[int, ...]) -> str:
        """See `Extractor`."""
        with blaming(self._item):
            words = self._extractor.resizer(shape)
        if not isinstance(words, str):
            raise PluginError(f"{described(self._item)}: its resizer gave {words!r:.80}, and must give words")
        return words

    def __call__(self, images: Tensor) -> tuple[Tensor, Tensor | None]:
        """See `Extractor`.

        Raises:
            PluginError: If it raises, or gives something else than features and logits.
        """
        # Looking changes nothing, a training least of all.
        with blaming(self._item), torch.no_grad(), own_random_states(images.device):
            found = self._extractor(images)
        if not isinstance(found, tuple) or len(found) != 2:
            raise PluginError(f"{described(self._item)} gave {type(found).__name__}, and must give (features, logits)")
        features, logits = found
        self._check("features", features, (len(images), self.features))
        if logits is not None:
            self._check("logits", logits, (len(images), len(self.classes)))
        return features, logits

    def _check(self, what: str, tensor: object, shape: tuple[int, int]) -> None:
        must = f"and must be finite float32 of shape {shape}"
        if not isinstance(tensor, Tensor):
            raise PluginError(f"{described(self._item)} gave {what} that are {type(tensor).__name__}, {must}")
        if tensor.dtype != torch.float32 or tuple(tensor.shape) != shape:
            seen = f"{str(tensor.dtype).removeprefix('torch.')} of shape {tuple(tensor.shape)}"
            raise PluginError(f"{described(self._item)} gave {what} that are {seen}, {must}")
        if not bool(tensor.isfinite().all()):
            raise PluginError(f"{described(self._item)} gave {what} that are not finite, {must}")
