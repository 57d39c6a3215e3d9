"""`ganzoo sample`."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Annotated

import typer

from ganzoo.cli.output import console
from ganzoo.errors import ConfigError, GanzooError, RunError


def sample(
    model: Annotated[
        str | None, typer.Argument(help="A run; without it, the one that was trained last.", show_default=False)
    ] = None,
    count: Annotated[int | None, typer.Option("-n", "--count", help="How many.", show_default="64")] = None,
    seed: Annotated[int, typer.Option(help="Of the latents; the same seed gives the same samples.", min=0)] = 0,
    grid: Annotated[
        str | None, typer.Option(help="Columns and rows, as 8x8.", metavar="CxR", show_default="about square")
    ] = None,
    scale: Annotated[int | None, typer.Option(help="Enlarge the grid's pixels so many times.", min=1)] = None,
    out: Annotated[
        Path | None, typer.Option(help="PNG to write.", show_default="MODEL-seed0.png in this folder")
    ] = None,
    individual: Annotated[Path | None, typer.Option(help="Folder for one PNG a sample.")] = None,
    npz: Annotated[Path | None, typer.Option(help="File for all as `images`, uint8 (N, H, W, C).")] = None,
    device: Annotated[str, typer.Option(help="Where to compute.")] = "cpu",
) -> None:
    """Sample a trained model: a grid as PNG, single PNGs, or an npz that --data reads too."""
    columns, count = _layout(grid, count)
    path = _model_path(model)

    from ganzoo import sampling
    from ganzoo.model import load

    loaded = load(path, device)
    console.print(f"{path}: {loaded.variant} on {loaded.spec.name}, {loaded.images:,} images")
    images = sampling.to_uint8(loaded.sample(count, seed=seed))
    grid_path = out or Path(f"{loaded.name}-seed{seed}.png")
    try:
        sampling.save_image(sampling.grid(images, columns, scale=scale), grid_path)
        console.print(str(grid_path))
        if individual is not None:
            sampling.save_individual(images, individual)
            console.print(f"{individual}/ ({count} files)")
        if npz is not None:
            sampling.save_npz(images, npz)
            console.print(str(npz))
    except OSError as error:
        raise GanzooError(f"{error.filename or grid_path} cannot be written: {error.strerror or error}") from error


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
