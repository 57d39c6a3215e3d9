"""`ganzoo sample`."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ganzoo.cli.completion import complete_run
from ganzoo.cli.output import console
from ganzoo.errors import ConfigError, GanzooError, RunError

if TYPE_CHECKING:
    from torch import Tensor

    from ganzoo.model import Model


def sample(
    model: Annotated[
        str | None,
        typer.Argument(
            help="A run; without it, the one that was trained last.", show_default=False, autocompletion=complete_run
        ),
    ] = None,
    count: Annotated[
        int | None, typer.Option("-n", "--count", help="How many.", show_default="64; of vectors 2500")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the latents; the same seed gives the same samples.", min=0)] = 0,
    grid: Annotated[
        str | None, typer.Option(help="Columns and rows, as 8x8.", metavar="CxR", show_default="about square")
    ] = None,
    scale: Annotated[int | None, typer.Option(help="Enlarge the grid's pixels so many times.", min=1)] = None,
    out: Annotated[
        Path | None, typer.Option(help="PNG to write.", show_default="MODEL-seed0.png in this folder")
    ] = None,
    individual: Annotated[Path | None, typer.Option(help="Folder for one PNG a sample.")] = None,
    npz: Annotated[
        Path | None, typer.Option(help="File for all: `images`, uint8 (N, H, W, C), or `samples`, float32 (N, D).")
    ] = None,
    best: Annotated[bool, typer.Option("--best", help="The best checkpoint of a run that was evaluated.")] = False,
    show: Annotated[bool, typer.Option("--show", help="Show the picture in the terminal too.")] = False,
    device: Annotated[str, typer.Option(help="Where to compute.")] = "cpu",
) -> None:
    """Sample a trained model: a grid (of vectors a scatter plot) as PNG, single PNGs, or an npz that --data reads."""
    columns, images = _layout(grid, count)
    path = _model_path(model)

    from ganzoo.model import load

    loaded = load(path, device, best=best)
    console.print(f"{path}: {loaded.variant} on {loaded.spec.name}, {loaded.images:,} images")
    picture = out or Path(f"{loaded.name}-seed{seed}.png")
    try:
        if loaded.spec.kind == "vector":
            _refuse_for_vectors(loaded, {"--grid": grid, "--scale": scale, "--individual": individual})
            _sample_vectors(loaded, count, seed, picture, npz)
        else:
            _sample_images(loaded.sample(images, seed=seed), columns, scale, picture, individual, npz)
        if show:
            _show(picture)
    except OSError as error:
        raise GanzooError(f"{error.filename or picture} cannot be written: {error.strerror or error}") from error


def _show(picture: Path) -> None:
    from PIL import Image

    from ganzoo import terminal

    with Image.open(picture) as image:
        terminal.show(image)


def _sample_images(
    samples: Tensor, columns: int, scale: int | None, picture: Path, individual: Path | None, npz: Path | None
) -> None:
    from ganzoo import sampling

    images = sampling.to_uint8(samples)
    sampling.save_image(sampling.grid(images, columns, scale=scale), picture)
    console.print(str(picture))
    if individual is not None:
        sampling.save_individual(images, individual)
        console.print(f"{individual}/ ({len(images)} files)")
    if npz is not None:
        sampling.save_npz(images, npz)
        console.print(str(npz))


def _refuse_for_vectors(model: Model, given: dict[str, object]) -> None:
    for option, value in given.items():
        if value is not None:
            raise ConfigError(
                f"{option} is for images, and {model.name} makes vectors, drawn as a scatter plot: leave it out"
            )


def _sample_vectors(model: Model, count: int | None, seed: int, picture: Path, npz: Path | None) -> None:
    """A scatter plot, an npz, and a line on the modes where they are known."""
    from ganzoo import modes, sampling, sampling_vectors

    samples = model.sample(modes.SAMPLES if count is None else count, seed=seed).numpy()
    backdrop = sampling_vectors.Backdrop.of(model.spec, samples)
    title = f"{model.variant} on {model.spec.name}"
    sampling.save_image(sampling_vectors.frame(samples, backdrop, title, model.images), picture)
    console.print(str(picture))
    if npz is not None:
        sampling_vectors.save_vectors(samples, npz)
        console.print(str(npz))
    if backdrop.mixture is not None:
        console.print(f"{modes.score_modes(samples, backdrop.mixture)} ({len(samples):,} samples)")


def _layout(grid: str | None, count: int | None) -> tuple[int, int]:
    """Columns and number of samples."""
    if grid is not None:
        match = re.fullmatch(r"(\d+)x(\d+)", grid)
        if match is None or int(match[1]) * int(match[2]) == 0:
            raise ConfigError(f"--grid (={grid}) must be columns x rows, such as 8x8")
        columns, rows = int(match[1]), int(match[2])
        count = columns * rows if count is None else count
        if count > columns * rows:
            raise ConfigError(f"--grid {grid} holds {columns * rows} samples, and -n asks for {count}")
        return columns, count
    count = 64 if count is None else count
    if count < 1:
        raise ConfigError(f"-n (={count}) must be at least 1")
    return math.ceil(math.sqrt(count)), count


def _model_path(model: str | None) -> Path:
    if model is not None:
        return Path(model)
    from ganzoo.core.last_model import last_model

    last = last_model()
    if last is None:
        raise RunError("no model was trained yet: name a run, or train one with `ganzoo train dcgan`")
    # Shown as the user would type it, where it lies below the current folder.
    return last.relative_to(Path.cwd()) if last.is_relative_to(Path.cwd()) else last
