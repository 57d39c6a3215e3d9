"""`ganzoo sample`."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ganzoo.cli.completion import complete_model
from ganzoo.cli.latents import latent_options
from ganzoo.cli.latents.model_options import Best, Device, Label, Show, ends_in
from ganzoo.cli.output import console
from ganzoo.core.latent import LARGEST_SEED
from ganzoo.errors import ConfigError
from ganzoo.plugins.modalities import modality_of

if TYPE_CHECKING:
    import numpy
    from PIL import Image

    from ganzoo.sampling.generate import GenerativeModel
    from ganzoo.sampling.latents import Latents

_LABEL_GRID_COLUMNS = 8


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
            "-n", "--count", help="How many.", show_default="64; with --label-grid 8 a class; of vectors 2500"
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
            "samples, less variety), share of the range of uniform ones.",
            show_default=False,
        ),
    ] = None,
    label: Label = None,
    label_grid: Annotated[
        bool, typer.Option("--label-grid", help="A row for each class, a column for each latent.")
    ] = False,
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
    choice = latent_options.Choice.parse(seed, seeds, latents, truncation)
    _refuse_contradictions(count, choice, label, label_grid, grid)
    asks, asked = ("--seeds", len(choice.seeds)) if choice.seeds else ("-n", count)
    _layout(grid, asked, asks)
    loaded = latent_options.open_sampled(model, device, best=best)
    named = None if label is None else loaded.label_of(label)
    from ganzoo.viz.samples import check_table, save_csv

    if csv is not None:
        check_table(loaded)
    picture = out or Path(f"{loaded.name}-{'labels' if label_grid else choice.word}.png")
    if modality_of(loaded.spec.kind).plotted:
        given = {"--grid": grid, "--scale": scale, "--individual": individual, "--seeds": seeds, "--latents": latents}
        _refuse_for_vectors(loaded, {**given, "--label-grid": label_grid or None})
        with latent_options.writing(picture):
            points = _vectors(loaded, count, named, choice)
            latent_options.keep(_picture(loaded, points, 1, None, [], ()), picture, show=show)
            _save(loaded, points, None, None, npz)
            if csv is not None:
                save_csv(points, loaded, csv)
                console.print(str(csv))
            _say_modes(loaded, points)
        return
    if label_grid and not loaded.conditional:
        raise ConfigError(f"{loaded.name} ({loaded.variant}) is not conditional: leave --label-grid out")
    drawn, known = choice.latents(loaded, count or (_LABEL_GRID_COLUMNS if label_grid else _layout(grid, None)[1]))
    names, columns = choice.names, _layout(grid, len(drawn), "--latents")[0]
    row_names: tuple[str, ...] = ()
    labels = loaded.labels(len(drawn), known if named is None else [named] * len(drawn))
    if label_grid:
        columns, row_names = len(drawn), loaded.spec.class_names
        drawn, labels = _every_class(loaded, drawn)
        names = names and [""] * (len(drawn) - columns) + names
    if individual is not None:
        _refuse_mixing(individual, loaded, len(drawn))
    import numpy

    with latent_options.writing(picture):
        samples = numpy.asarray(loaded.generate(drawn, None if labels is None else labels.tolist()))
        latent_options.keep(_picture(loaded, samples, columns, scale, names, row_names), picture, show=show)
        _save(loaded, samples, labels, individual, npz)


def _refuse_contradictions(
    count: int | None, choice: latent_options.Choice, label: str | None, label_grid: bool, grid: str | None
) -> None:
    source = "--seeds" if choice.seeds else "--latents" if choice.file else ""
    if source and count is not None:
        raise ConfigError(f"{source} says how many samples there are: leave -n out")
    if label_grid and label is not None:
        raise ConfigError("--label is one class and --label-grid all of them: leave one out")
    if label_grid and grid is not None:
        raise ConfigError("--label-grid has a row for each class: give its columns with -n, and leave --grid out")


def _every_class(model: GenerativeModel, latents: Latents) -> tuple[Latents, numpy.ndarray]:
    """Each latent once for each class, class by class, and the labels."""
    import numpy

    from ganzoo.viz.grid import label_rows

    classes = model.spec.classes
    return numpy.concatenate([latents] * classes), label_rows(len(latents), classes, classes)


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


def _refuse_mixing(folder: Path, model: GenerativeModel, count: int) -> None:
    """Whoever judges a folder judges all that is in it, so nothing may stay there that is not of this model."""
    from ganzoo.viz.samples import individual_names

    try:
        there = {path.name for path in folder.iterdir() if not path.name.startswith(".")} if folder.exists() else set()
    except OSError as error:
        raise ConfigError(f"--individual {folder} cannot be used: {error.strerror}") from error
    others = sorted(there - set(individual_names(count, model.spec)))
    if others:
        raise ConfigError(
            f"--individual {folder} holds {len(others)} files that these {count} would not replace (such as "
            f"{others[0]}), and all would be judged together: remove them, or name an empty folder"
        )


def _refuse_for_vectors(model: GenerativeModel, given: dict[str, object]) -> None:
    for option, value in given.items():
        if value is not None:
            raise ConfigError(
                f"{option} is for images, and {model.name} makes {modality_of(model.spec.kind).samples}, drawn as a "
                "scatter plot: leave it out"
            )


def _vectors(
    model: GenerativeModel, count: int | None, label: int | None, choice: latent_options.Choice
) -> numpy.ndarray:
    import numpy

    latents, _ = choice.latents(model, modality_of(model.spec.kind).count if count is None else count)
    return numpy.asarray(model.generate(latents, None if label is None else [label] * len(latents)))


def _say_modes(model: GenerativeModel, points: numpy.ndarray) -> None:
    """A line on the modes, where they are known."""
    from ganzoo.data.mixtures import mixture_of
    from ganzoo.metrics import modes

    mixture = mixture_of(model.spec)
    if mixture is not None:
        console.print(f"{modes.score_modes(points, mixture)} ({len(points):,} samples)")


def _layout(grid: str | None, count: int | None, asks: str = "-n") -> tuple[int, int]:
    """Columns and number of samples."""
    if grid is not None:
        match = re.fullmatch(r"(\d+)x(\d+)", grid)
        if match is None or int(match[1]) * int(match[2]) == 0:
            raise ConfigError(f"--grid (={grid}) must be columns x rows, such as 8x8")
        columns, rows = int(match[1]), int(match[2])
        count = columns * rows if count is None else count
        if count > columns * rows:
            raise ConfigError(f"--grid {grid} holds {columns * rows} samples, and {asks} asks for {count}")
        return columns, count
    count = 64 if count is None else count
    if count < 1:
        raise ConfigError(f"-n (={count}) must be at least 1")
    return math.ceil(math.sqrt(count)), count
