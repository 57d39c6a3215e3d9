"""`ganzoo eval`."""

from __future__ import annotations

import contextlib
import inspect
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ganzoo.cli.options import parameters
from ganzoo.cli.output import console, decoding_bar, print_json
from ganzoo.core.data_spec import DataSpec
from ganzoo.data.options import DataOptions
from ganzoo.errors import ConfigError, GanzooError
from ganzoo.metrics import Report, known_extractors, known_metrics
from ganzoo.metrics.options import EvaluationOptions
from ganzoo.utils.last_model import last_model

if TYPE_CHECKING:
    import torch

    from ganzoo.data import Dataset
    from ganzoo.registry.opening import Opened

LONG = 30
"""Classes whose histogram is still printed."""

_SPLIT = re.compile(r"(.+):(train|val|test|all)")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for, besides data.

    Args:
        options: Checked.
        device: As typed.
        quiet: Draw no progress.
    """

    options: EvaluationOptions
    device: str
    quiet: bool


def _eval(
    subject: Annotated[
        str | None,
        typer.Argument(
            help="A model (a run, or any that `ganzoo pull` takes), or samples: a folder, .zip, .npz, or a set by "
            "name with a split, as mnist:test. Without it, the model that was trained or pulled last.",
            show_default=False,
        ),
    ] = None,
    device: Annotated[str, typer.Option(help="Where to compute.")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else.")] = False,
    out: Annotated[Path | None, typer.Option(help="File for the figures and their protocol, as JSON.")] = None,
    **given: Any,
) -> None:
    given = {name: value for name, value in given.items() if value is not None}
    own = {name: given.pop(name) for name in EvaluationOptions.model_fields if name in given}
    options = EvaluationOptions.parse(own)
    options.check()
    asked = Asked(options, device, as_json)
    if out is not None and out.is_dir():
        raise ConfigError(f"--out {out} is a folder: name a file, such as {out / 'eval.json'}")
    report = _judge(subject, given, asked)
    if out is not None:
        _save(report, out)
    if as_json:
        print_json(report.to_dict())
    else:
        _show(report, out)
    if not report.values:
        raise typer.Exit(1)


def _command() -> Any:
    """`_eval` with the options of the evaluation and of the reference spelled out."""

    def command(subject: str | None = None, **given: Any) -> None:
        _eval(subject, **given)

    there_are = {
        "metrics": ", ".join(f"{name} ({metric.title})" for name, metric in known_metrics().items()),
        "extractor": ", ".join(known_extractors()),
    }
    own = inspect.signature(_eval, eval_str=True).parameters.values()
    subject, *others = (parameter for parameter in own if parameter.name != "given")
    command.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            subject,
            *parameters(EvaluationOptions, lambda *_: "the evaluation", there_are),
            *(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in others),
            *parameters(DataOptions, lambda *_: "the reference (of a run: what it learned)"),
        ]
    )
    command.__doc__ = (
        "Judge a model, or samples, by real data: FID, KID, precision and recall, scores of classes or modes."
    )
    return command


evaluate = _command()


def _judge(subject: str | None, given: dict[str, Any], asked: Asked) -> Report:
    opened = _opened(subject)
    if opened is None:
        assert subject is not None
        return _judge_images(subject, given, asked)
    return _judge_model(opened, given, asked)


def _opened(subject: str | None) -> Opened | None:
    """The model that is meant, None if it is none. A model wins over a data set of the same name."""
    from ganzoo.registry.opening import open_reference
    from ganzoo.registry.references import means_model

    if subject is None:
        return open_reference(last_model())
    return open_reference(subject) if means_model(subject) else None


def _judge_model(opened: Opened, given: dict[str, Any], asked: Asked) -> Report:
    learned, spec = _learned(opened)
    # Other data is converted to the size and the channels that the model makes, unless told otherwise.
    shape = {"res": spec.resolution, "channels": spec.channels} if spec.kind == "image" else {}
    own = shape if "data" in given else learned
    options = DataOptions.parse({**own, **given})
    from ganzoo.metrics import evaluate_generator
    from ganzoo.models.model import open_model

    device = _device(asked)
    model = open_model(opened, str(device))
    reference = _load(options, device, asked)
    if model.conditional and reference.spec.class_names != spec.class_names:
        raise ConfigError(
            f"{opened.reference} makes the classes {_few(spec)}, and {reference.spec.name} has {_few(reference.spec)}"
        )
    with _waiting(asked):
        return evaluate_generator(
            model.generator,
            reference,
            asked.options.metrics,
            asked.options.settings(),
            conditional=model.conditional,
            extractor=asked.options.extractor,
            split=_split(options, reference),
            name=opened.reference,
            images=model.images,
            ema=str(model.ema),
        )


def _learned(opened: Opened) -> tuple[dict[str, Any], DataSpec]:
    """The data options of a model's training, and what its data was."""
    if opened.run is not None:
        from ganzoo.runs.run import Run

        run = Run.open(opened.run)
        return run.config.data.model_dump(mode="json"), run.spec
    assert opened.package is not None
    return opened.package.manifest.training["data"], opened.package.manifest.data.to_data_spec()


def _judge_images(subject: str, given: dict[str, Any], asked: Asked) -> Report:
    match = _SPLIT.fullmatch(subject)
    name, split = (match[1], match[2]) if match else (subject, "train")
    reference_options = DataOptions.parse(given)
    # A set by name is converted to the reference's size; files are judged as they are.
    shaping = ("data_root",) if Path(name).exists() else ("data_root", "res", "channels")
    shaped = {key: given[key] for key in shaping if key in given}
    fake_options = DataOptions.parse({"data": name, "split": split, **shaped})
    from ganzoo.data.sources.locate import locate

    try:
        locate(fake_options)
    except ConfigError as error:
        raise ConfigError(
            f"{subject!r} is not a model (`ganzoo models` lists those), and not images: {error}"
        ) from error
    from ganzoo.metrics import evaluate

    device = _device(asked)
    fakes = _load(fake_options, device, asked)
    reference = _load(reference_options, device, asked)
    with _waiting(asked):
        return evaluate(
            fakes,
            reference,
            asked.options.metrics,
            asked.options.settings(),
            extractor=asked.options.extractor,
            split=_split(reference_options, reference),
            name=subject,
        )


def _device(asked: Asked) -> torch.device:
    from ganzoo.engine import device

    return device.choose(asked.device)


def _load(options: DataOptions, device: torch.device, asked: Asked) -> Dataset:
    from ganzoo import data

    with decoding_bar(quiet=asked.quiet) as decoding:
        dataset = data.load(options, device, decoding)
    if not asked.quiet:
        for note in dataset.notes:
            console.print(note)
    return dataset


def _split(options: DataOptions, reference: Dataset) -> str:
    """For the protocol; vectors have none."""
    return options.split if reference.spec.kind == "image" else ""


def _waiting(asked: Asked) -> contextlib.AbstractContextManager[Any]:
    show = sys.stdout.isatty() and not asked.quiet
    return console.status("looking at fakes and reals") if show else contextlib.nullcontext()


def _few(spec: DataSpec) -> str:
    names = spec.class_names
    return ", ".join(names[:10]) + (", ..." if len(names) > 10 else "") if names else "none"


def _save(report: Report, out: Path) -> None:
    from ganzoo.utils.files import write_atomically

    try:
        write_atomically(out, json.dumps(report.to_dict(), indent=2) + "\n")
    except OSError as error:
        raise GanzooError(f"{out} cannot be written: {error.strerror or error}") from error


def _show(report: Report, out: Path | None) -> None:
    for name, value in report.values.items():
        shown = f"{value:.5g}" if isinstance(value, float) else str(value)
        if isinstance(value, list) and len(value) > LONG:
            shown = f"of {len(value)} classes: see --json or --out"
        console.print(f"{name:<22} {shown}")
    for note in report.notes:
        console.print(f"note: {note}")
    console.print(f"protocol: {report.provenance.line()}")
    if out is not None:
        console.print(f"written: {out}")
