"""Metrics of plugins: what they give is checked, and a broken one costs no other its figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ganzoo.core.descriptors import Metric
from ganzoo.errors import PluginError
from ganzoo.metrics.extractors.identity import Identity
from ganzoo.plugins.guard import blaming, described, owner
from ganzoo.utils.random_state import own_random_states

if TYPE_CHECKING:
    from ganzoo.core.evaluation import Figure
    from ganzoo.metrics.comparison import Comparison, Side


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

    features = metric.features or isinstance(comparison.extractor, Identity)

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
