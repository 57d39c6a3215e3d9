"""`evaluate` and `evaluate_generator`: from fakes and a reference to a `Report`."""

from __future__ import annotations

import importlib
import math
from collections.abc import Iterable, Iterator

import torch
from torch import Tensor

from ganzoo._version import __version__
from ganzoo.core.networks import Generator
from ganzoo.data.dataset import Dataset
from ganzoo.errors import ConfigError
from ganzoo.metrics import cache
from ganzoo.metrics.comparison import Comparison, Side, look
from ganzoo.metrics.extractors import Extractor, choose_extractor, load_extractor
from ganzoo.metrics.fakes import BATCH, Fakes, of_dataset, of_generator
from ganzoo.metrics.names import DEFAULT_METRICS, METRICS, parse_metrics
from ganzoo.metrics.report import Figure, Protocol, Report, Settings

PRECISION = "8-bit images, float32 features, float64 moments"


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
    """Judge a set of images by a reference.

    Args:
        fakes: Images of the reference's shape.
        reference: The real images; what was seen of them is kept in ganzoo's home.
        metrics: Names from `METRICS`.
        settings: Number of fakes, seed and parameters; None: the defaults.
        extractor: One, or the name of one; `auto` chooses by the reference.
        split: Of the reference, for the protocol.
        name: Of the fakes, for the protocol; None: of their set.

    Raises:
        ConfigError: If the images differ in shape, a name is unknown, or there are too few samples for a metric.
        DataError: If an image cannot be read.
        GanzooError: If the extractor is not there, or not the one it should be.
    """
    settings = settings or Settings()
    _check(fakes.spec.kind, fakes.spec.shape, fakes.spec.name, reference)
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
    ema: str = "unknown",
) -> Report:
    """Judge a generator by a reference. Looking changes nothing: its modes and all random states are put back.

    Args:
        generator: On its device, in either mode; it is run in evaluation mode.
        reference: The real images; the extractor computes on their device.
        metrics: As in `evaluate`.
        settings: As in `evaluate`.
        conditional: The generator takes labels: it gets the reference's, at their frequencies.
        extractor: As in `evaluate`.
        split: As in `evaluate`.
        name: Of the generator, for the protocol.
        ema: What is known of its moving average, for the protocol.

    Raises:
        DataError: If a sample is not finite.
        GanzooError: As in `evaluate`.
    """
    settings = settings or Settings()
    _check("image", None, name, reference)
    labels = reference.labels if conditional else None
    if conditional and labels is None:
        raise ConfigError(f"{name} takes labels, and {reference.spec.name} has none to draw them from")
    side = of_generator(generator, settings.count, settings.seed, name, ema, labels)
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
    if isinstance(extractor, str):
        extractor = load_extractor(choose_extractor(extractor, spec), reference.device)
    resizer = extractor.resizer(spec.shape)
    features = any(METRICS[name].features for name in names)
    logits = any(METRICS[name].logits for name in names)
    notes = []
    if fakes.count < settings.count:
        notes.append(f"there are {fakes.count} fakes, and -n asks for {settings.count}")
    # Fakes first: what is wrong with them shows before the work on the reference.
    fake = look(_of_shape(fakes, spec.shape, spec.name), extractor, features=features, logits=logits)
    real, note = _reference(reference, extractor, features=features)
    notes += [note] if note else []
    comparison = Comparison(real, fake, spec, split, extractor, settings, notes)
    values = _measure(comparison, names)
    return Report(values, tuple(comparison.notes), _protocol(comparison, fakes, resizer, reference.device))


def _protocol(comparison: Comparison, fakes: Fakes, resizer: str, device: torch.device) -> Protocol:
    spec, extractor = comparison.spec, comparison.extractor
    return Protocol(
        reference=f"{spec.name} {comparison.split}".strip(),
        reference_digest=spec.digest or "",
        shape=spec.shape,
        fit=spec.fit,
        fakes=fakes.name,
        real_count=comparison.real.count,
        neighbour_count=comparison.neighbour_count,
        fake_count=comparison.fake.count,
        extractor=extractor.name,
        extractor_digest=extractor.digest,
        resizer=resizer,
        precision=PRECISION,
        ema=fakes.ema,
        settings=comparison.settings,
        device=device.type,
        versions={"ganzoo": __version__, "torch": torch.__version__},
    )


def _measure(comparison: Comparison, names: tuple[str, ...]) -> dict[str, Figure]:
    values: dict[str, Figure] = {}
    for name in names:
        module, _, function = METRICS[name].target.partition(":")
        found: dict[str, Figure] = getattr(importlib.import_module(module), function)(comparison)
        for key, value in found.items():
            if isinstance(value, float) and not math.isfinite(value):
                comparison.note(f"{key} was left out: it is {value} here, perhaps because all images are alike")
            else:
                values[key] = value
    return values


def _reference(reference: Dataset, extractor: Extractor, *, features: bool) -> tuple[Side, str | None]:
    path = cache.reference_path(reference.spec, extractor, reference.device)
    kept = cache.recall(path, reference.device, features=features)
    if kept is not None:
        return kept, None
    side = look(_labelled(reference, extractor.classes), extractor, features=features, logits=False)
    return side, cache.keep(path, side)


def _labelled(reference: Dataset, classes: tuple[str, ...]) -> Iterator[tuple[Tensor, Tensor | None]]:
    """Batches of the reference, with labels as numbers of the extractor's classes; -1 for those it lacks."""
    names, labels = reference.spec.class_names, reference.labels
    places = torch.tensor([classes.index(name) if name in classes else -1 for name in names], device=reference.device)
    for start in range(0, len(reference), BATCH):
        indices = torch.arange(start, min(start + BATCH, len(reference)), device=reference.device)
        yield reference.gather(indices), None if labels is None else places[labels[indices]]


def _of_shape(fakes: Fakes, shape: tuple[int, ...], name: str) -> Iterator[tuple[Tensor, None]]:
    for images in fakes.batches():
        if images.shape[1:] != shape:
            raise _mismatch(fakes.name, tuple(images.shape[1:]), name, shape)
        yield images, None


def _check(kind: str, shape: tuple[int, ...] | None, name: str, reference: Dataset) -> None:
    for what, its_kind in ((name, kind), (reference.spec.name, reference.spec.kind)):
        if its_kind != "image":
            raise ConfigError(f"these metrics compare images, and {what} is {its_kind} data")
    if shape is not None and shape != reference.spec.shape:
        raise _mismatch(name, shape, reference.spec.name, reference.spec.shape)


def _mismatch(name: str, shape: tuple[int, ...], real_name: str, real_shape: tuple[int, ...]) -> ConfigError:
    ours, theirs = ("x".join(map(str, sizes)) for sizes in (shape, real_shape))
    return ConfigError(
        f"{name} has images of {ours} (channels, height, width), and the reference {real_name} of {theirs}: bring the "
        f"reference to them with --res {shape[-1]} --channels {shape[0]}"
    )
