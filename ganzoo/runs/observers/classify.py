"""What names the class of a sample, for the monitor: nearest mode of a known mixture, or an extractor."""

from __future__ import annotations

import torch
from torch import Tensor

from ganzoo.data.dataset import Dataset
from ganzoo.data.mixtures import Mixture, mixture_of
from ganzoo.metrics import Extractor, known_extractors, load_extractor
from ganzoo.runs.observers.monitor import SAMPLES, Classify, evenly_spaced

CHECKED = 256
"""Labeled reals that a classifier has to get right before it is believed."""


def classifier_for(dataset: Dataset) -> Classify | None:
    """A function from samples `(N, *shape)` to the share of each class `(K,)`; None where nothing fits the data."""
    spec = dataset.spec
    mixture = mixture_of(spec)
    if mixture is not None and mixture.modes > 1:
        return _nearest_mode(mixture)
    # Of more classes than samples nothing can be said.
    if spec.extractor is None or spec.extractor not in known_extractors() or not 0 < spec.classes <= SAMPLES:
        return None
    extractor = load_extractor(spec.extractor)
    fits = extractor.classes == spec.class_names and _knows(extractor, dataset)
    return _predicted(extractor, dataset) if fits else None


def _knows(extractor: Extractor, dataset: Dataset) -> bool:
    """What has the names of the extractor's classes need not look like them."""
    assert dataset.labels is not None
    indices = evenly_spaced(dataset, CHECKED)
    _, logits = extractor(dataset.gather(indices).cpu())
    if logits is None:
        return False
    right = logits.argmax(1) == dataset.labels[indices].cpu()
    return float(right.float().mean()) > 0.9


def _nearest_mode(mixture: Mixture) -> Classify:
    def shares(samples: Tensor) -> Tensor:
        modes, _ = mixture.nearest(samples.numpy())
        return torch.bincount(torch.from_numpy(modes), minlength=mixture.modes) / len(samples)

    return shares


def _predicted(extractor: Extractor, dataset: Dataset) -> Classify:
    def shares(samples: Tensor) -> Tensor:
        _, logits = extractor(torch.from_numpy(dataset.modality.to_stored(samples.numpy(), dataset.spec)))
        assert logits is not None
        return torch.bincount(logits.argmax(1), minlength=logits.shape[1]) / len(samples)

    return shares
