"""Metrics and extractors of plugins: what they give is checked, and a broken one costs no other its figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from ganzoo.core.extensions import FeatureExtractor, Metric
from ganzoo.core.randomness import own_random_states
from ganzoo.errors import PluginError
from ganzoo.plugins.strangers import blaming, described, owner

if TYPE_CHECKING:
    from ganzoo.metrics.comparison import Comparison, Side
    from ganzoo.metrics.report import Figure

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
        with blaming(self._item), torch.no_grad():
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


def measure(metric: Metric, comparison: Comparison) -> dict[str, Figure]:
    """The figures of a plugin's metric. It may draw random numbers, and keeps what it makes of the reals apart.

    It sees features and logits only if it declares them: otherwise it would work beside some metrics and fail alone.

    Raises:
        PluginError: If it cannot be imported, raises, or gives something else than figures.
        GanzooError: What it raises of that kind itself.
    """
    prefix = f"{owner(metric).distribution or owner(metric).name} {metric.name}: "

    def of_reals(name: str, make: Callable[[], Tensor]) -> Tensor:
        return comparison.of_reals(prefix + name, make)

    features = metric.features or comparison.spec.kind == "vector"

    def declared(side: Side) -> Side:
        return replace(
            side, features=side.features if features else None, logits=side.logits if metric.logits else None
        )

    seen = replace(comparison, real=declared(comparison.real), fake=declared(comparison.fake), of_reals=of_reals)
    function = metric.load()
    with blaming(metric), torch.no_grad(), own_random_states(comparison.real.moments.mean.device):
        found = function(seen)
    if not isinstance(found, dict):
        raise PluginError(f"{described(metric)} returned {found!r:.80}, and must return a dict of figures by name")
    for name, value in found.items():
        if not isinstance(name, str) or not _is_figure(value):
            raise PluginError(
                f"{described(metric)} returned {name!r:.80} = {value!r:.80}, and figures are float, int or list[int]"
            )
    return found


def _is_figure(value: object) -> bool:
    if isinstance(value, list):
        return all(isinstance(item, int) for item in value)
    return isinstance(value, float | int) and not isinstance(value, bool)
