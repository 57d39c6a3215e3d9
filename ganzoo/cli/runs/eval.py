"""`ganzoo eval`."""

from __future__ import annotations

import contextlib
import inspect
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from ganzoo.cli.latents.model_options import ends_in
from ganzoo.cli.options import parameters
from ganzoo.cli.output import console, decoding_bar, print_json
from ganzoo.data.options import DataOptions
from ganzoo.errors import ConfigError, GanzooError
from ganzoo.metrics import Report, known_extractors, known_metrics
from ganzoo.metrics.options import EvaluationOptions

LONG = 30
"""Classes whose histogram is still printed."""


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
    out: Annotated[
        Path | None,
        typer.Option(
            help="File for the figures and their protocol, as JSON.",
            callback=ends_in(".json"),
        ),
    ] = None,
    **given: Any,
) -> None:
    from ganzoo.models.evaluation import prepare

    given = {name: value for name, value in given.items() if value is not None}
    if out is not None and out.is_dir():
        raise ConfigError(f"--out {out} is a folder: name a file, such as {out / 'eval.json'}")
    with decoding_bar(quiet=as_json) as decoding:
        ready = prepare(subject, device=device, decoding=decoding, note=_silent if as_json else _note, **given)
    with _waiting(quiet=as_json):
        report = ready()
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


def _note(sentence: str) -> None:
    console.print(sentence)


def _silent(sentence: str) -> None: ...


def _waiting(*, quiet: bool) -> contextlib.AbstractContextManager[Any]:
    show = sys.stdout.isatty() and not quiet
    return console.status("looking at fakes and reals") if show else contextlib.nullcontext()


def _save(report: Report, out: Path) -> None:
    from ganzoo.utils.files import write_atomically

    try:
        write_atomically(out, json.dumps(report.to_dict(), indent=2) + "\n")
    except OSError as error:
        raise GanzooError(f"{out} cannot be written: {error.strerror or error}") from error


def _show(report: Report, out: Path | None) -> None:
    from ganzoo.utils.figures import figure_title

    for name, value in report.values.items():
        shown = f"{value:.5g}" if isinstance(value, float) else str(value)
        if isinstance(value, list) and len(value) > LONG:
            shown = f"of {len(value)} classes: see --json or --out"
        console.print(f"{figure_title(name, report.provenance.extractor):<26} {shown}")
    for note in report.notes:
        console.print(f"note: {note}")
    console.print(f"protocol: {report.provenance.line()}")
    if out is not None:
        console.print(f"written: {out}")
