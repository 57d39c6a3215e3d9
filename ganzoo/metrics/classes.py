"""Metrics of classes: Inception Score (or classifier score), class histogram, classes covered and reverse KL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy
import torch
from torch import Tensor

from ganzoo.data.mixtures import Mixture, mixture_of
from ganzoo.metrics.extractors.identity import Identity
from ganzoo.metrics.modes import mode_counts, reverse_kl, score_modes

if TYPE_CHECKING:
    from ganzoo.core.evaluation import Figure
    from ganzoo.metrics.comparison import Comparison

FITS = 0.9
"""An extractor's classes fit where it names at least this share of the reals as their labels do."""


def class_score(logits: Tensor, splits: int, seed: int) -> tuple[float, float]:
    """exp(E_x KL(p(y|x) || p(y))), Salimans et al. (2016), section 4: mean and deviation over parts of the fakes.

    Args:
        logits: `(N, classes)`.
        splits: Parts; as many as there are logits if that is less.
        seed: Of the order in which the logits form parts, drawn as torch-fidelity draws it.

    Returns:
        Mean and deviation, each score from 1 to the number of classes.
    """
    order = torch.from_numpy(numpy.random.RandomState(seed).permutation(len(logits)))
    shuffled = logits[order.to(logits.device)].cpu().double()
    splits = min(splits, len(logits))
    scores = []
    for part in range(splits):
        chunk = shuffled[part * len(shuffled) // splits : (part + 1) * len(shuffled) // splits]
        given = chunk.softmax(dim=1)
        # xlogy: a probability that underflows to 0 adds 0.
        divergence = torch.xlogy(given, given) - torch.xlogy(given, given.mean(dim=0))
        scores.append(float(divergence.sum(dim=1).mean().exp()))
    return float(numpy.mean(scores)), float(numpy.std(scores))


def measure_score(comparison: Comparison) -> dict[str, Figure]:
    """`inception_score`, or `classifier_score` where the classifier is not Inception, with its deviation."""
    logits, name = comparison.fake.logits, comparison.extractor.score
    if name == "inception_score":
        # ImageNet's classes fit no data here; on color images the score is what papers print all the same.
        if comparison.spec.channels == 1:
            comparison.note("is was left out: Inception's classes are ImageNet's, which gray images have not")
            return {}
        comparison.note("inception_score is of ImageNet's classes: compare it only on the same data")
    elif reason := misfit(comparison):
        comparison.note(f"is was left out: {reason}")
        return {}
    assert logits is not None
    mean, deviation = class_score(logits, comparison.settings.splits, comparison.settings.seed)
    return {name: mean, f"{name}_std": deviation}


def measure_modes(comparison: Comparison) -> dict[str, Figure]:
    """`modes`, `modes_total`, `reverse_kl`, `class_histogram`: how the fakes spread over the data's classes.

    A class is covered if one fake is of it. The reverse KL is of the fakes' class frequencies from the reals' (in
    nats), and both are as the classifier sees them, so that what it confuses it confuses on both sides. Those of
    stacked MNIST are taken as equal, as PacGAN takes them (arXiv:1712.04086, section 4.2). Vectors of a known
    mixture have its modes for classes, and `high_quality` besides.
    """
    mixture = mixture_of(comparison.spec)
    if mixture is not None:
        return _measure_mixture(comparison, mixture)
    if reason := misfit(comparison):
        comparison.note(f"modes was left out: {reason}")
        return {}
    assert comparison.real.class_counts is not None
    assert comparison.fake.class_counts is not None
    places = [comparison.extractor.classes.index(name) for name in comparison.spec.class_names]
    reals, fakes = comparison.real.class_counts[places], comparison.fake.class_counts[places]
    strays = comparison.fake.count - int(fakes.sum())
    if strays:
        comparison.note(f"modes: {strays} of {comparison.fake.count} fakes look like classes that the data lacks")
    # A class of the data that the classifier never names would make the KL infinite.
    frequencies = reals.clamp(min=1).double()
    if comparison.extractor.name == "stacked-digits":
        frequencies = torch.ones_like(frequencies)
    return {
        "modes": int((fakes > 0).sum()),
        "modes_total": len(places),
        "reverse_kl": reverse_kl(fakes.numpy(), (frequencies / frequencies.sum()).numpy()),
        "class_histogram": fakes.tolist(),
    }


def _measure_mixture(comparison: Comparison, mixture: Mixture) -> dict[str, Figure]:
    samples = comparison.features()[1].numpy()
    score = score_modes(samples, mixture)
    if score.covered == 0:
        comparison.note("reverse_kl was left out: no sample is of high quality")
    divergence: dict[str, Figure] = {"reverse_kl": score.reverse_kl} if score.covered else {}
    return {
        "modes": score.covered,
        "modes_total": score.modes,
        "high_quality": score.high_quality,
        **divergence,
        "class_histogram": mode_counts(samples, mixture).tolist(),
    }


def misfit(comparison: Comparison) -> str:
    """Why the extractor's classes are not those of the data; empty if they are.

    Names alone prove nothing (an `.npz` calls its classes 0, 1, 2, whatever they are), so the extractor must also
    give most of the reals the class of their label.
    """
    spec, extractor, real = comparison.spec, comparison.extractor, comparison.real
    if isinstance(extractor, Identity):
        return "no classifier knows such data, and modes are known of toy mixtures only"
    if not extractor.classes or real.class_counts is None:
        return f"the extractor {extractor.name} has no classes"
    if not spec.class_names:
        return f"{spec.name} has no labels to compare the classes of {extractor.name} with"
    if not set(spec.class_names) <= set(extractor.classes):
        return f"the classes of {extractor.name} are not those of {spec.name}"
    if real.right < FITS * real.count:
        return (
            f"{extractor.name} agrees with the labels of {spec.name} on {real.right / real.count:.0%} of the reals, "
            f"and {FITS:.0%} are needed"
        )
    return ""
