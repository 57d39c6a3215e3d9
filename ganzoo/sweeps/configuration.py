"""`Configuration`: one row of a sweep's table, and the options of its runs. Imports no torch."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ganzoo.runs.plan import Plan

_ONLY_AT_THE_END = 10**12


@dataclass(frozen=True, slots=True)
class Range:
    """Values that Optuna chooses from.

    Args:
        min: The smallest.
        max: The largest.
        log: Chosen evenly on a logarithmic scale.
        step: Between two values; None: of whole numbers 1, else any value.
    """

    min: float
    max: float
    log: bool = False
    step: float | None = None


@dataclass(frozen=True)
class Configuration:
    """What all seeds of one row have in common.

    Args:
        label: Of the row of the file that it comes from; empty where the file has none.
        variant: Its name.
        preset: Its preset; None: the one that the device and the data decide.
        options: Any of `ganzoo train VARIANT`, with underscores, as plain values; and `steps`.
        metrics: What the runs are evaluated by; empty: what suits the data.
        ranges: Options that are still to be chosen: then it is no row but a search.
    """

    label: str
    variant: str
    preset: str | None
    options: Mapping[str, Any]
    metrics: tuple[str, ...] = ()
    ranges: Mapping[str, Range] = field(default_factory=dict)

    @property
    def values(self) -> dict[str, Any]:
        """All that is decided, for the columns of a table."""
        preset = {} if self.preset is None else {"preset": self.preset}
        return {"variant": self.variant, **preset, **self.options}

    @property
    def key(self) -> str:
        """The same for the same values, whatever their order and label: names runs and studies."""
        ranges = {name: [of.min, of.max, of.log, of.step] for name, of in self.ranges.items()}
        content = json.dumps([self.values, self.metrics, ranges], sort_keys=True)
        return f"{self.variant}-{hashlib.sha256(content.encode()).hexdigest()[:10]}"

    def chosen(self, values: Mapping[str, Any]) -> Configuration:
        """With a value for each range."""
        return replace(self, options={**self.options, **values}, ranges={})

    def training(self) -> dict[str, Any]:
        """The options of `ganzoo.train`, but for variant, preset and seed.

        Raises:
            GanzooError: If options do not fit each other, or the data.
        """
        options = dict(self.options)
        steps = options.pop("steps", None)
        plan = Plan.resolve(self.variant, self.preset, options)
        if steps is not None:
            options["images"] = steps * plan.config.batch_size
        if self.metrics:
            options["eval_metrics"] = ",".join(self.metrics)
        options.setdefault("eval_every", options.get("images", _ONLY_AT_THE_END))
        return options
