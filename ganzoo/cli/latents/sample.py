"""`ganzoo sample`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ganzoo.cli.completion import complete_model
from ganzoo.cli.latents import latent_options
from ganzoo.cli.latents.model_options import Best, Device, Label, Set, Show, ends_in
from ganzoo.cli.latents.sample_checks import layout, refuse_contradictions, refuse_for_vectors, refuse_mixing
from ganzoo.cli.output import console
from ganzoo.core.latent import LARGEST_SEED
from ganzoo.errors import ConfigError
from ganzoo.plugins.modalities import modality_of

if TYPE_CHECKING:
    import numpy
    from PIL import Image

    from ganzoo.core.sampling_option import Settable
    from ganzoo.models.samples import Samples
    from ganzoo.sampling.generate import GenerativeModel
    from ganzoo.sampling.latents import Latents

_ROW_COLUMNS = 8
"""Of a grid whose rows mean something."""


def sample(
    model: Annotated[
        str | None,
        typer.Argument(
            help="A run, a model as `ganzoo models` shows it, or an .onnx file; without it, what was trained or pulled "
            "last.",
            show_default=False,
            autocompletion=complete_model,
        ),
    ] = None,
    count: Annotated[
        int | None,
        typer.Option(
            "-n", "--count", help="How many.", show_default="64; with --label-grid and --rows 8 a row; of vectors 2500"
        ),
    ] = None,
    seed: Annotated[
        int,
        typer.Option(help="Of the latents; the same seed gives the same samples.", min=0, max=LARGEST_SEED),
    ] = 0,
    seeds: Annotated[
        str | None,
        typer.Option(help="A sample from each of these seeds, numbered: 0-63, or 3,17,42.", show_default=False),
    ] = None,
    latents: Annotated[
        Path | None,
        typer.Option(help="Latents from an .npz that `nearest` or `arithmetic` wrote.", show_default=False),
    ] = None,
    truncation: Annotated[
        float | None,
        typer.Option(
            help="Keep latents from the edges of their distribution: largest magnitude of normal ones (1.5: fewer odd "
            "samples, less variety), share of the range of uniform ones; psi of a model that has it.",
            show_default=False,
        ),
    ] = None,
    label: Label = None,
    label_grid: Annotated[
        bool, typer.Option("--label-grid", help="A row for each class, a column for each latent.")
    ] = False,
    set: Set = None,
    rows: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="A row for each value of a part of the latents (digit, style.0) or of a sampling option (psi), a "
            "column for each latent.",
            show_default=False,
        ),
    ] = None,
    grid: Annotated[
        str | None, typer.Option(help="Columns and rows, as 8x8.", metavar="CxR", show_default="about square")
    ] = None,
    scale: Annotated[int | None, typer.Option(help="Enlarge the grid's pixels so many times.", min=1)] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="PNG to write.",
            callback=ends_in(".png"),
            show_default="MODEL-seed0.png in this folder",
        ),
    ] = None,
    individual: Annotated[Path | None, typer.Option(help="Folder for one PNG a sample.")] = None,
    npz: Annotated[
        Path | None,
        typer.Option(
            callback=ends_in(".npz"),
            help="File for all: `images`, uint8 (N, H, W, C), with `labels`, or `samples`, float32 (N, D).",
        ),
    ] = None,
    csv: Annotated[
        Path | None,
        typer.Option(
            callback=ends_in(".csv"),
            help="Table of all, of a model that learned one: values in their units, words as words.",
        ),
    ] = None,
    best: Best = False,
    show: Show = False,
    device: Device = "cpu",
) -> None:
    """Sample a trained model: a grid (of vectors a scatter plot) as PNG, single PNGs, or an npz that --data reads."""
    import numpy

    from ganzoo.sampling import settings

    choice = latent_options.Choice.parse(seed, seeds, latents, truncation)
    given = settings.parse(set or ())
    refuse_contradictions(count, choice, label, rows, given, label_grid=label_grid, grid=grid)
    asks, asked = ("--seeds", len(choice.seeds)) if choice.seeds else ("-n", count)
    layout(grid, asked, asks)
    loaded = latent_options.open_sampled(model, device, best=best)
    if loaded.spec.source is not None:
        _refuse_for_translations(
            loaded, {"--label": label, "--label-grid": label_grid or None, "--csv": csv, "--rows": rows}
        )
        with latent_options.writing(out or Path()):
            shown = _translations(loaded, count, choice, grid, given)
            picture = out or Path(f"{loaded.name}-{choice.word}.png")
            latent_options.keep(
                shown.grid(layout(grid, len(shown))[0] if grid else None, scale=scale), picture, show=show
            )
            _save(loaded, shown.numpy(), None, individual, npz)
        return
    named = None if label is None else loaded.label_of(label)
    from ganzoo.viz.samples import check_table, save_csv

    if csv is not None:
        check_table(loaded)
    cut, chosen = settings.truncated(loaded, choice.truncation, given)
    choice = replace(choice, truncation=cut)
    picture = out or Path(f"{loaded.name}-{'labels' if label_grid else rows or choice.word}.png")
    if modality_of(loaded.spec.kind).plotted:
        options = {"--grid": grid, "--scale": scale, "--individual": individual, "--seeds": seeds, "--latents": latents}
        refuse_for_vectors(loaded, {**options, "--label-grid": label_grid or None, "--rows": rows})
        with latent_options.writing(picture):
            points = _vectors(loaded, count, named, choice, chosen)
            latent_options.keep(_picture(loaded, points, 1, None, [], ()), picture, show=show)
            _save(loaded, points, None, None, npz)
            if csv is not None:
                save_csv(points, loaded, csv)
                console.print(str(csv))
            _say_modes(loaded, points)
        return
    if label_grid and not loaded.conditional:
        raise ConfigError(f"{loaded.name} ({loaded.variant}) is not conditional: leave --label-grid out")
    in_rows = label_grid or rows is not None
    drawn, known = choice.latents(loaded, count or (_ROW_COLUMNS if in_rows else layout(grid, None)[1]))
    labels = loaded.labels(len(drawn), known if named is None else [named] * len(drawn))
    columns = len(drawn) if in_rows else layout(grid, len(drawn), "--latents")[0]
    row_names: tuple[str, ...] = ()
    values: dict[str, Any] = {"": None}
    if label_grid:
        row_names = loaded.spec.class_names
        drawn, labels = _every_class(loaded, drawn)
    elif rows is not None:
        values = settings.rows_of(loaded, rows)
        row_names = tuple(values)
    total = len(drawn) * len(values)
    names = choice.names and [""] * (total - len(choice.names)) + choice.names
    if individual is not None:
        refuse_mixing(individual, loaded, total)
    with latent_options.writing(picture):
        each = [{**chosen, **({} if rows is None else {rows: value})} for value in values.values()]
        samples = numpy.concatenate([_made(loaded, choice, drawn, labels, row) for row in each])
        latent_options.keep(_picture(loaded, samples, columns, scale, names, row_names), picture, show=show)
        labels = None if labels is None else numpy.tile(labels, len(values))
        _save(loaded, samples, labels, individual, npz)


def _every_class(model: GenerativeModel, latents: Latents) -> tuple[Latents, numpy.ndarray]:
    """Each latent once for each class, class by class, and the labels."""
    import numpy

    from ganzoo.viz.grid import label_rows

    classes = model.spec.classes
    return numpy.concatenate([latents] * classes), label_rows(len(latents), classes, classes)


def _made(
    model: GenerativeModel,
    choice: latent_options.Choice,
    latents: Latents,
    labels: numpy.ndarray | None,
    given: Settable,
) -> numpy.ndarray:
    """Samples of latents, or of the w that a file holds."""
    import numpy

    if choice.space == "w":
        from ganzoo.models.model import Model

        assert isinstance(model, Model), "`latents` has refused others"
        return numpy.asarray(model.synthesize(latents, set=given))
    return numpy.asarray(model.generate(latents, None if labels is None else labels.tolist(), given))


def _picture(
    model: GenerativeModel,
    samples: numpy.ndarray,
    columns: int,
    scale: int | None,
    names: list[str],
    row_names: tuple[str, ...],
) -> Image.Image:
    from ganzoo.viz.figures import named_grid
    from ganzoo.viz.samples import picture, pixels

    if names or row_names:
        shown = pixels(samples, model.spec)
        return named_grid(shown, columns, names=names, row_names=row_names, scale=scale)
    return picture(samples, model, columns, scale=scale)


def _save(
    model: GenerativeModel,
    samples: numpy.ndarray,
    labels: numpy.ndarray | None,
    individual: Path | None,
    npz: Path | None,
) -> None:
    from ganzoo.viz.samples import save_individual, save_npz

    if individual is not None:
        save_individual(samples, model.spec, individual)
        console.print(f"{individual}/ ({len(samples)} files)")
    if npz is not None:
        save_npz(samples, model.spec, npz, labels)
        console.print(str(npz))


def _translations(
    model: GenerativeModel, count: int | None, choice: latent_options.Choice, grid: str | None, given: Settable
) -> Samples:
    """What a model makes of the images that it has with it: each once, unless told otherwise."""
    own = getattr(model, "inputs", None)
    latents, _ = choice.latents(
        model, count or (len(own) if own is not None and grid is None else layout(grid, None)[1])
    )
    made: Any = model.generate(latents, set=given)
    shown: Samples = made
    return shown


def _refuse_for_translations(model: GenerativeModel, given: dict[str, object]) -> None:
    for option, value in given.items():
        if value is not None:
            raise ConfigError(f"{option}: {model.name} makes images of images, without labels: leave it out")


def _vectors(
    model: GenerativeModel,
    count: int | None,
    label: int | None,
    choice: latent_options.Choice,
    given: Settable,
) -> numpy.ndarray:
    import numpy

    latents, _ = choice.latents(model, modality_of(model.spec.kind).count if count is None else count)
    return numpy.asarray(model.generate(latents, None if label is None else [label] * len(latents), given))


def _say_modes(model: GenerativeModel, points: numpy.ndarray) -> None:
    """A line on the modes, where they are known."""
    from ganzoo.data.mixtures import mixture_of
    from ganzoo.metrics import modes

    mixture = mixture_of(model.spec)
    if mixture is not None:
        console.print(f"{modes.score_modes(points, mixture)} ({len(points):,} samples)")
