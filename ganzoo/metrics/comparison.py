"""What the metrics see: the two sides, looked at by one extractor, batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from ganzoo.core.data_spec import DataSpec
from ganzoo.core.evaluation import Settings
from ganzoo.metrics.extractors.protocol import Extractor
from ganzoo.metrics.moments import Moments

Remember = Callable[[Callable[[], Tensor]], Tensor]
"""Gives what a function makes of the reals alone, perhaps from an earlier evaluation."""


def at_once(make: Callable[[], Tensor]) -> Tensor:
    """A `Remember` that forgets."""
    return make()


@dataclass(slots=True)
class Side:
    """What an extractor saw of reals or fakes.

    Args:
        moments: Mean and covariance of the features.
        class_counts: `(classes,)` int64: images by their likeliest class; None without logits.
        right: Images whose likeliest class is their label; meaningless without labels.
        features: `(N, D)` as the extractor gives them, where a metric asked for them.
        logits: `(N, classes)` float32, where a metric asked for them.
    """

    moments: Moments
    class_counts: Tensor | None = None
    right: int = 0
    features: Tensor | None = None
    logits: Tensor | None = None

    @property
    def count(self) -> int:
        """Images seen."""
        return self.moments.count


@dataclass(slots=True)
class Comparison:
    """Everything that a metric may look at.

    Args:
        real: The reference.
        fake: What is judged.
        spec: Of the reference.
        split: Of the reference; empty where it has none.
        extractor: What looked.
        settings: Seed and parameters; a metric that had to do with less writes down what it took.
        of_reals: `of_reals(name, make)` gives the tensor of `make()`, made again or as it was kept on disk. It must
            depend on the reals and the words of its name alone: parameters and seed belong into the name.
        notes: Sentences for the user; metrics add to them by `note`.
        neighbor_count: Reals in `prdc`, for the protocol.
        codes: By the name of a categorical part of the latents: the choice that each fake was made of, `(N,)` int64 on
            the CPU, and how many there are. Empty of samples that nothing of that kind is known of.
        pairs: Batches of what was made of sources and of the images that belong to these, both uint8 `(n, C, H, W)`,
            begun again with each call; None where there are no pairs.
    """

    real: Side
    fake: Side
    spec: DataSpec
    split: str
    extractor: Extractor
    settings: Settings
    of_reals: Callable[[str, Callable[[], Tensor]], Tensor]
    notes: list[str] = field(default_factory=list)
    neighbor_count: int = 0
    codes: Mapping[str, tuple[Tensor, int]] = field(default_factory=dict)
    pairs: Callable[[], Iterator[tuple[Tensor, Tensor]]] | None = None

    def note(self, sentence: str) -> None:
        """Say something of the figures."""
        self.notes.append(sentence)

    def features(self) -> tuple[Tensor, Tensor]:
        """Of reals `(N, D)` and fakes `(M, D)`; for metrics that declare `features`.

        float32 on the extractor's device, or float64 vectors on the CPU; not to be changed in place.
        """
        if self.real.features is None or self.fake.features is None:
            raise RuntimeError("features are there for a Metric(..., features=True) alone")
        return self.real.features, self.fake.features


def look(
    batches: Iterable[tuple[Tensor, Tensor | None]], extractor: Extractor, *, features: bool, logits: bool
) -> Side:
    """Run all batches through the extractor.

    Memory: a batch and the moments, unless features or logits are to be kept.

    Args:
        batches: Images uint8 `(n, C, H, W)`, and their labels in terms of the extractor's classes or None.
        extractor: What looks.
        features: Keep them.
        logits: Keep them.
    """
    side: Side | None = None
    kept_features, kept_logits = [], []
    for images, labels in batches:
        seen, scores = extractor(images)
        if side is None:
            side = Side(Moments.empty(extractor.features, seen.device))
        side.moments.update(seen)
        if features:
            kept_features.append(seen)
        if scores is not None:
            _count(side, scores.argmax(dim=1), labels, len(extractor.classes))
            if logits:
                kept_logits.append(scores)
    assert side is not None, "there is at least one batch"
    side.features = torch.cat(kept_features) if kept_features else None
    side.logits = torch.cat(kept_logits) if kept_logits else None
    return side


def _count(side: Side, classes: Tensor, labels: Tensor | None, number: int) -> None:
    counts = torch.bincount(classes, minlength=number).cpu()
    side.class_counts = counts if side.class_counts is None else side.class_counts + counts
    if labels is not None:
        side.right += int((classes == labels.to(classes.device)).sum())
