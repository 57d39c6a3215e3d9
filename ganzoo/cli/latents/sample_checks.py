"""What `ganzoo sample` refuses, and how many samples it makes."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING

from ganzoo.cli.latents import latent_options
from ganzoo.errors import ConfigError
from ganzoo.plugins.modalities import modality_of

if TYPE_CHECKING:
    from ganzoo.sampling.generate import GenerativeModel


def refuse_contradictions(
    count: int | None,
    choice: latent_options.Choice,
    label: str | None,
    rows: str | None,
    given: dict[str, str],
    *,
    label_grid: bool,
    grid: str | None,
) -> None:
    """Refuse options that say two things of one."""
    source = "--seeds" if choice.seeds else "--latents" if choice.file else ""
    if source and count is not None:
        raise ConfigError(f"{source} says how many samples there are: leave -n out")
    if label_grid and label is not None:
        raise ConfigError("--label is one class and --label-grid all of them: leave one out")
    if rows is not None and label_grid:
        raise ConfigError("--rows and --label-grid both say what a row is: leave one out")
    if rows is not None and rows in given:
        raise ConfigError(
            f"--rows {rows} has a row for each value, and --set {rows}={given[rows]} is one: leave one out"
        )
    if rows is not None and grid is not None:
        raise ConfigError("--rows has a row for each value: give its columns with -n, and leave --grid out")
    if rows is not None and choice.space == "w":
        raise ConfigError("--rows sets parts of latents, and --latents holds w, which is made of them: leave one out")
    if label is not None and choice.space == "w":
        raise ConfigError("--label is a class, and --latents holds w, which it went into already: leave --label out")
    if label_grid and choice.space == "w":
        raise ConfigError("--label-grid is of latents, and --latents holds w, which the class went into: leave it out")
    if label_grid and grid is not None:
        raise ConfigError("--label-grid has a row for each class: give its columns with -n, and leave --grid out")


def refuse_mixing(folder: Path, model: GenerativeModel, count: int) -> None:
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


def refuse_for_vectors(model: GenerativeModel, given: dict[str, object]) -> None:
    """Refuse options of pictures, where there is none."""
    for option, value in given.items():
        if value is not None:
            raise ConfigError(
                f"{option} is for images, and {model.name} makes {modality_of(model.spec.kind).samples}, drawn as a "
                "scatter plot: leave it out"
            )


def layout(grid: str | None, count: int | None, asks: str = "-n") -> tuple[int, int]:
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
