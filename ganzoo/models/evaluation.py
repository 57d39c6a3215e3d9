"""`evaluate`: a model, or samples, judged by real data that are found by name. Imports torch when all is checked."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from warnings import warn

from ganzoo.core.data_spec import DataSpec
from ganzoo.data.options import DataOptions
from ganzoo.errors import ConfigError, DataError
from ganzoo.metrics.names import DEFAULT_METRICS
from ganzoo.metrics.options import EvaluationOptions
from ganzoo.plugins.modalities import modality_of
from ganzoo.registry.opening import Opened, open_reference
from ganzoo.registry.references import means_model
from ganzoo.utils.last_model import last_model
from ganzoo.utils.shell import typed

if TYPE_CHECKING:
    from ganzoo.core.evaluation import Report
    from ganzoo.data.dataset import Dataset
    from ganzoo.data.decode import Progress
    from ganzoo.models.trained import Trained

_SPLIT = re.compile(r"(.+):(train|val|test|all)")


def evaluate(
    subject: str | Path | Trained | None = None,
    *,
    device: str = "auto",
    decoding: Progress | None = None,
    note: Callable[[str], None] = warn,
    **options: Any,
) -> Report:
    """Judge a model, or samples, by real data; the options are those of `ganzoo eval`, with underscores.

    Args:
        subject: What `load` takes or gave; or samples: a folder, .zip or .npz, or a set by name with a split, as
            `"mnist:test"`. None: the model that was trained or pulled last.
        device: Where to compute.
        decoding: Told how the decoding of data gets on.
        note: Told in a sentence what was converted or left out.
        **options: `metrics`, `count`, `seed`, `extractor`, ..., and for the reference `data`, `split`, `res`, ...;
            without `data` a model is judged by what it learned.

    Returns:
        The figures, `report.values["fid"]`, with the protocol that they were taken by.

    Raises:
        ConfigError: If an option is refused, or model and reference do not fit.
        DataError: If data cannot be used.
        GanzooError: If there is no such model, or an extractor is missing.
    """
    return prepare(subject, device=device, decoding=decoding, note=note, **options)()


def prepare(
    subject: str | Path | Trained | None = None,
    *,
    device: str = "auto",
    decoding: Progress | None = None,
    note: Callable[[str], None] = warn,
    **options: Any,
) -> Callable[[], Report]:
    """As `evaluate`, up to where the looking begins: model and data are loaded, and the rest is left to be called."""
    own = {name: options.pop(name) for name in EvaluationOptions.model_fields if name in options}
    asked = EvaluationOptions.parse(own)
    asked.check()
    # Refused before a model is looked for.
    DataOptions.parse(options)
    loader = partial(_load, device=device, decoding=decoding, note=note)
    if isinstance(subject, str | Path) and not means_model(str(subject)):
        return _of_images(str(subject), options, asked, loader)
    return _of_model(subject, options, asked, device, loader)


def _of_model(
    subject: str | Path | Trained | None,
    given: dict[str, Any],
    asked: EvaluationOptions,
    device: str,
    loader: Callable[[DataOptions], Dataset],
) -> Callable[[], Report]:
    opened = _opened(subject)
    learned, spec = _learned(opened)
    if spec.source is not None:
        given = _of_held_out(given, learned)
    # Other data is converted to the size and the channels that the model makes, unless told otherwise.
    shaped = modality_of(spec.kind).conversion(spec) if "data" in given else learned
    shaped = {**shaped, "source": spec.pairing}
    options = DataOptions.parse({**shaped, **given})
    from ganzoo.data.samples import aligned
    from ganzoo.engine.device import choose
    from ganzoo.metrics import evaluate_generator
    from ganzoo.metrics.fakes import Backwards
    from ganzoo.models.trained import Trained

    model = subject if isinstance(subject, Trained) else Trained.open(opened, str(choose(device)))
    try:
        reference = aligned(loader(options), spec)
    except (ConfigError, DataError) as error:
        if "data" in given:
            raise
        place = f"{typed('ganzoo', 'eval', opened.reference)} --data PLACE"
        raise type(error)(
            f"{opened.reference} learned {spec.name}: {str(error).removesuffix('.')}. Where it lies elsewhere: {place}"
        ) from error
    if model.conditional and reference.spec.class_names != spec.class_names:
        raise ConfigError(
            f"{opened.reference} makes the classes {_few(spec)}, and {reference.spec.name} has {_few(reference.spec)}"
        )
    generator = model.generator
    if spec.source is not None:
        turned = (options.direction or "AtoB") != (learned.get("direction") or "AtoB")
        if turned and "direction" not in generator.sampling_options:
            raise ConfigError(
                f"--direction {options.direction}: {opened.reference} learned the other direction alone: leave it out"
            )
        generator = Backwards(generator) if turned else generator
        _check_shapes(opened.reference, spec, reference.spec, turned=turned)
    metrics = asked.metrics
    if spec.pairing == "paired" and metrics == ",".join(DEFAULT_METRICS):
        metrics = f"{metrics},paired"
    return partial(
        evaluate_generator,
        generator,
        reference,
        metrics,
        asked.settings(),
        conditional=model.conditional,
        extractor=asked.extractor,
        split=options.split,
        name=opened.reference,
        images=model.images,
        ema=str(model.ema),
    )


def _check_shapes(name: str, spec: DataSpec, reference: DataSpec, *, turned: bool) -> None:
    """Refuse a reference whose sources or targets are not those that a model takes and makes."""
    assert spec.source is not None
    assert reference.source is not None
    source, target = (spec.shape, spec.source.shape) if turned else (spec.source.shape, spec.shape)
    if (reference.source.shape, reference.shape) != (source, target):
        raise ConfigError(
            f"{name} makes images of {target} (channels, height, width) of images of {source}, and {reference.name} "
            f"has {reference.shape} of {reference.source.shape}: give --res"
        )


def _of_held_out(given: dict[str, Any], learned: dict[str, Any]) -> dict[str, Any]:
    """What was given, with the part of pairs or of two sets that was not learned from, unless a part was named."""
    if {"split", "data"} & given.keys() or learned.get("split") != "train":
        return given
    from ganzoo.data.load import inspect

    for split in ("test", "val"):
        try:
            inspect(DataOptions.parse({**learned, **given, "split": split}))
        except (ConfigError, DataError):
            continue
        return {**given, "split": split}
    return given


def _of_images(
    subject: str, given: dict[str, Any], asked: EvaluationOptions, loader: Callable[[DataOptions], Dataset]
) -> Callable[[], Report]:
    match = _SPLIT.fullmatch(subject)
    name, split = (match[1], match[2]) if match else (subject, "train")
    reference_options = DataOptions.parse(given)
    # A set by name is converted to the reference's size; files are judged as they are.
    shaping = ("data_root", "skip_bad") if Path(name).exists() else ("data_root", "res", "channels")
    shaped = {key: given[key] for key in shaping if key in given}
    fake_options = DataOptions.parse({"data": name, "split": split, **shaped})
    from ganzoo.data.sources.locate import locate

    try:
        locate(fake_options)
    except ConfigError as error:
        raise ConfigError(
            f"{subject!r} is not a model (`ganzoo models` lists those), and not images: {error}"
        ) from error
    from ganzoo.metrics import evaluate as compare

    try:
        fakes = loader(fake_options)
    except DataError as error:
        # That would be the reference's.
        said = re.sub(r": give --res \d+ to resize all", ": what is judged is not resized", str(error))
        raise DataError(said) from error
    reference = loader(reference_options)
    return partial(
        compare,
        fakes,
        reference,
        asked.metrics,
        asked.settings(),
        extractor=asked.extractor,
        split=reference_options.split,
        name=subject,
    )


def _opened(subject: str | Path | Trained | None) -> Opened:
    """The model that is meant. A model wins over a data set of the same name."""
    if subject is None:
        return open_reference(last_model())
    if isinstance(subject, str | Path):
        return open_reference(str(subject))
    if subject.origin is None:
        raise ConfigError(f"{subject.name} is of no run and no package: use ganzoo.metrics.evaluate_generator")
    return subject.origin


def _learned(opened: Opened) -> tuple[dict[str, Any], DataSpec]:
    """The data options of a model's training, and what its data was."""
    if opened.run is not None:
        from ganzoo.runs.run import Run

        run = Run.open(opened.run)
        return run.config.data.model_dump(mode="json"), run.spec
    assert opened.package is not None
    return opened.package.manifest.training["data"], opened.package.manifest.data.to_data_spec()


def _load(options: DataOptions, *, device: str, decoding: Progress | None, note: Callable[[str], None]) -> Dataset:
    from ganzoo import data
    from ganzoo.engine.device import choose

    dataset = data.load(options, choose(device), decoding)
    for sentence in dataset.notes:
        note(sentence)
    return dataset


def _few(spec: DataSpec) -> str:
    names = spec.class_names
    return ", ".join(names[:10]) + (", ..." if len(names) > 10 else "") if names else "none"
