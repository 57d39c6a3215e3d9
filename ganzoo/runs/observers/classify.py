"""What names the class of a sample, for the monitor: nearest mode of a known mixture, or the digits classifier."""

from __future__ import annotations

import torch
from torch import Tensor

from ganzoo.data.dataset import Dataset
from ganzoo.data.mixtures import Mixture, mixture_of
from ganzoo.metrics import Extractor, load_extractor
from ganzoo.runs.observers.monitor import Classify, evenly_spaced
from ganzoo.sampling import generate as sampling

CHECKED = 256
"""Labeled reals that a classifier has to get right before it is believed."""


def classifier_for(dataset: Dataset) -> Classify | None:
    """A function from samples `(N, *shape)` to the share of each class `(K,)`; None where nothing fits the data."""
    mixture = mixture_of(dataset.spec)
    if mixture is not None and mixture.modes > 1:
        return _nearest_mode(mixture)
    digits = tuple(map(str, range(10)))
    if dataset.spec.kind != "image" or dataset.spec.channels != 1 or dataset.spec.class_names != digits:
        return None
    extractor = load_extractor("digits")
    return _predicted(extractor) if _knows(extractor, dataset) else None


def _knows(extractor: Extractor, dataset: Dataset) -> bool:
    """Ten classes called 0 to 9 need not be digits."""
    assert dataset.labels is not None
    indices = evenly_spaced(dataset, CHECKED)
    _, logits = extractor(dataset.gather(indices).cpu())
    assert logits is not None
    right = logits.argmax(1) == dataset.labels[indices].cpu()
    return float(right.float().mean()) > 0.9


def _nearest_mode(mixture: Mixture) -> Classify:
    def shares(samples: Tensor) -> Tensor:
        modes, _ = mixture.nearest(samples.numpy())
        return torch.bincount(torch.from_numpy(modes), minlength=mixture.modes) / len(samples)

    return shares


def _predicted(extractor: Extractor) -> Classify:
    def shares(samples: Tensor) -> Tensor:
        images = torch.from_numpy(sampling.to_uint8(samples)).permute(0, 3, 1, 2)
        _, logits = extractor(images)
        assert logits is not None
        return torch.bincount(logits.argmax(1), minlength=logits.shape[1]) / len(samples)

    return shares
