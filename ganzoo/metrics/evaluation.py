"""`evaluate` and `evaluate_generator`: from fakes and a reference to a `Report`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from ganzoo.core.config import option_name
from ganzoo.core.data_spec import DataSpec
from ganzoo.core.descriptors import Metric
from ganzoo.core.evaluation import Figure, Provenance, Report, Settings
from ganzoo.core.networks import Generator
from ganzoo.data.dataset import Dataset
from ganzoo.data.samples import aligned
from ganzoo.errors import ConfigError, PluginError
from ganzoo.metrics import cache, from_plugins
from ganzoo.metrics.comparison import Comparison, Side, look
from ganzoo.metrics.extractors.identity import Identity
from ganzoo.metrics.extractors.loading import extractor_for
from ganzoo.metrics.extractors.protocol import Extractor
from ganzoo.metrics.fakes import BATCH, Fakes, of_dataset, of_generator, pairs_of
from ganzoo.metrics.names import DEFAULT_METRICS, known_metrics, parse_metrics
from ganzoo.plugins.guard import described, owner
from ganzoo.plugins.modalities import modality_of
from ganzoo.utils.version import __version__

CODES = "codes"
"""The metric that is taken by default, and with `all`, only of fakes that were made of codes."""
PAIRED = "paired"
"""The metric that `all` means only of translations that have targets of their own."""


def evaluate(
    fakes: Dataset,
    reference: Dataset,
    metrics: str | Iterable[str] = DEFAULT_METRICS,
    settings: Settings | None = None,
    *,
    extractor: str | Extractor = "auto",
    split: str = "",
    name: str | None = None,
) -> Report:
    """Judge a set of images, or of vectors, by a reference.

    Args:
        fakes: Samples of the reference's kind and shape.
        reference: The real samples; what was seen of them is kept in ganzoo's home.
        metrics: Names from `known_metrics`. On vectors all of them look at the vectors as they are.
        settings: Number of fakes, seed and parameters; None: the defaults.
        extractor: One, or the name of one; `auto` chooses by the reference.
        split: Of the reference, for the protocol.
        name: Of the fakes, for the protocol; None: of their set.

    Raises:
        ConfigError: If the samples differ in kind or shape, a name is unknown, or there are too few of them.
        DataError: If a sample cannot be read.
        GanzooError: If the extractor is not there, or not the one it should be.
    """
    settings = settings or Settings()
    fakes = aligned(fakes, reference.spec)
    _check(fakes.spec, reference.spec)
    side = of_dataset(fakes, settings.count, settings.seed, name or fakes.spec.name)
    return _report(side, reference, parse_metrics(metrics), settings, extractor, split)


def evaluate_generator(
    generator: Generator,
    reference: Dataset,
    metrics: str | Iterable[str] = DEFAULT_METRICS,
    settings: Settings | None = None,
    *,
    conditional: bool = False,
    extractor: str | Extractor = "auto",
    split: str = "",
    name: str = "generator",
    images: int | None = None,
    ema: str = "unknown",
) -> Report:
    """Judge a generator by a reference. Looking changes nothing: its modes and all random states are put back.

    Args:
        generator: On its device, in either mode; it is run in evaluation mode.
        reference: The real images, or vectors; the extractor computes on their device.
        metrics: As in `evaluate`.
        settings: As in `evaluate`.
        conditional: The generator takes labels: it gets the reference's, at their frequencies.
        extractor: As in `evaluate`.
        split: As in `evaluate`.
        name: Of the generator, for the protocol.
        images: Real images that it was trained on, for the protocol.
        ema: What is known of its moving average, for the protocol.

    Raises:
        DataError: If a sample is not finite.
        GanzooError: As in `evaluate`.
    """
    settings = settings or Settings()
    labels = reference.labels if conditional else None
    if conditional and labels is None:
        raise ConfigError(f"{name} takes labels, and {reference.spec.name} has none to draw them from")
    sources = reference.sources
    side = of_generator(generator, settings.count, settings.seed, name, ema, labels, reference.spec, images, sources)
    return _report(side, reference, parse_metrics(metrics), settings, extractor, split)


def _report(
    fakes: Fakes,
    reference: Dataset,
    names: tuple[str, ...],
    settings: Settings,
    extractor: str | Extractor,
    split: str,
) -> Report:
    spec = reference.spec
    if fakes.codes and names == DEFAULT_METRICS:
        names = (*names, CODES)
    elif names == tuple(known_metrics()):
        there = {CODES: bool(fakes.codes), PAIRED: spec.pairing == "paired" and fakes.in_order}
        names = tuple(name for name in names if there.get(name, True))
    if isinstance(extractor, str):
        extractor = extractor_for(spec, extractor, reference.device)
    resizer = extractor.resizer(spec.shape)
    # Of samples that are their own features, any metric may look at them.
    features = isinstance(extractor, Identity) or any(known_metrics()[name].features for name in names)
    logits = any(known_metrics()[name].logits for name in names)
    notes: list[str] = []
    if fakes.count < settings.count:
        notes.append(f"there are {fakes.count} fakes, and -n asks for {settings.count}")
    # Fakes first: what is wrong with them shows before the work on the reference.
    fake = look(_of_shape(fakes, spec), extractor, features=features, logits=logits)
    path = cache.reference_path(spec, extractor, reference.device)

    def note(sentence: str) -> None:
        if sentence not in notes:
            notes.append(sentence)

    real = _reference(reference, extractor, path, note, features=features)
    of_reals = cache.Reals(path, reference.device, note).recall
    comparison = Comparison(real, fake, spec, split, extractor, settings, of_reals, notes, codes=fakes.codes)
    if spec.pairing == "paired" and fakes.in_order:
        comparison.pairs = pairs_of(fakes, reference)
    found = _measure(comparison, names)
    values = {name: value for figures in found.values() for name, value in figures.items()}
    first = (name for name, figures in found.items() for value in figures.values() if not isinstance(value, list))
    provenance = _provenance(comparison, fakes, resizer, reference.device)
    return Report(values, tuple(comparison.notes), provenance, next(first, ""))


def _provenance(comparison: Comparison, fakes: Fakes, resizer: str, device: torch.device) -> Provenance:
    spec, extractor = comparison.spec, comparison.extractor
    return Provenance(
        reference=f"{spec.name} {comparison.split}".strip(),
        reference_digest=spec.digest or "",
        shape=spec.shape,
        fit=spec.fit,
        fakes=fakes.name,
        images=fakes.images,
        real_count=comparison.real.count,
        neighbor_count=comparison.neighbor_count,
        fake_count=comparison.fake.count,
        extractor=extractor.name,
        extractor_digest=extractor.digest,
        resizer=resizer,
        precision=modality_of(spec.kind).precision,
        ema=fakes.ema,
        settings=comparison.settings,
        device=device.type,
        versions={"ganzoo": __version__, "torch": torch.__version__},
    )


def _measure(comparison: Comparison, names: tuple[str, ...]) -> dict[str, dict[str, Figure]]:
    """The figures of each metric that can be taken, in the order of the names; a note on each other one.

    Raises:
        ConfigError: If none can be taken.
    """
    metrics = [known_metrics()[name] for name in names]
    found: dict[str, dict[str, Figure]] = {metric.name: {} for metric in metrics}
    taken: dict[str, Metric] = {}
    refusals: list[ConfigError] = []
    # Third parties last: what they do to the features harms none of ganzoo's own figures.
    for metric in sorted(metrics, key=lambda metric: not owner(metric).builtin):
        try:
            figures = _figures(metric, comparison)
        except ConfigError as error:
            refusals.append(error)
            comparison.note(f"{metric.name} was left out: {error}")
            continue
        for key, value in figures.items():
            if isinstance(value, float) and not math.isfinite(value):
                comparison.note(f"{key} was left out: it is {value} here, perhaps because all samples are alike")
            elif key in taken:
                comparison.note(
                    f"{key} of {described(metric)} was left out: {described(taken[key])} gives a figure of that name"
                )
            else:
                found[metric.name][key], taken[key] = value, metric
    if refusals and not taken:
        raise refusals[0]
    return found


def _figures(metric: Metric, comparison: Comparison) -> dict[str, Figure]:
    """What a metric gives; nothing, and a note, where a plugin's is broken."""
    if owner(metric).builtin:
        found: dict[str, Figure] = metric.load()(comparison)
        return found
    try:
        return from_plugins.measure(metric, comparison)
    except PluginError as error:
        comparison.note(str(error))
        return {}


def _reference(
    reference: Dataset, extractor: Extractor, path: Path, note: Callable[[str], None], *, features: bool
) -> Side:
    kept = cache.recall(path, reference.device, features=features)
    if kept is not None:
        return kept
    side = look(_labeled(reference, extractor.classes), extractor, features=features, logits=False)
    if problem := cache.keep(path, side):
        note(problem)
    return side


def _labeled(reference: Dataset, classes: tuple[str, ...]) -> Iterator[tuple[Tensor, Tensor | None]]:
    """Batches of the reference, with labels as numbers of the extractor's classes; -1 for those it lacks."""
    names, labels = reference.spec.class_names, reference.labels
    places = torch.tensor([classes.index(name) if name in classes else -1 for name in names], device=reference.device)
    for start in range(0, len(reference), BATCH):
        indices = torch.arange(start, min(start + BATCH, len(reference)), device=reference.device)
        seen = reference.modality.to_extractor(reference.gather(indices), reference.spec)
        yield seen, None if labels is None else places[labels[indices]]


def _of_shape(fakes: Fakes, spec: DataSpec) -> Iterator[tuple[Tensor, None]]:
    for samples in fakes.batches():
        if samples.shape[1:] != spec.shape:
            raise _mismatch(fakes.name, tuple(samples.shape[1:]), spec)
        yield samples, None


def _check(fakes: DataSpec, reference: DataSpec) -> None:
    if fakes.kind != reference.kind:
        raise ConfigError(
            f"{fakes.name} is {fakes.kind} data, and the reference {reference.name} is {reference.kind} data: name "
            "what to compare with by --data"
        )
    if fakes.shape != reference.shape:
        raise _mismatch(fakes.name, fakes.shape, reference)


def _mismatch(name: str, shape: tuple[int, ...], reference: DataSpec) -> ConfigError:
    modality = modality_of(reference.kind)
    asked = modality.conversion(replace(reference, shape=shape)) if len(shape) == len(reference.shape) else {}
    advice = " ".join(f"{option_name(option)} {value}" for option, value in asked.items())
    ours, theirs = ("x".join(map(str, sizes)) for sizes in (shape, reference.shape))
    return ConfigError(
        f"{name} has {modality.samples} of {ours}, and the reference {reference.name} of {theirs}: "
        + (f"convert the reference with {advice}" if advice else "both must be alike")
    )
