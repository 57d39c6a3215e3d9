"""Arguments and options that several commands have, each written once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from ganzoo.cli.completion import complete_model
from ganzoo.utils.files import check_ending

LastModel = Annotated[
    str | None,
    typer.Argument(
        metavar="MODEL",
        help="A run, or a model as `ganzoo models` shows it; without it, what was trained or pulled last.",
        show_default=False,
        autocompletion=complete_model,
    ),
]
NamedModel = Annotated[
    str,
    typer.Argument(
        metavar="MODEL",
        help="A run, or a model as `ganzoo models` shows it.",
        show_default=False,
        autocompletion=complete_model,
    ),
]
Images = Annotated[
    str,
    typer.Argument(
        help="An image, a folder, .zip or .npz of images, or a set by name with a split, as mnist:test. They are "
        "converted to the size and the channels that the model makes.",
        show_default=False,
    ),
]
Label = Annotated[str | None, typer.Option(help="Class of a conditional model, by name or number.", show_default=False)]
Scale = Annotated[int | None, typer.Option(help="Enlarge the PNG's pixels so many times.", min=1)]
DataRoot = Annotated[
    Path | None, typer.Option(help="Folder where torchvision sets lie or are downloaded to.", show_default=False)
]


def ends_in(*endings: str) -> Callable[[typer.CallbackParam, Path | None], Path | None]:
    """A callback of an option: the file that it names is of a kind that is written."""

    def check(option: typer.CallbackParam, path: Path | None) -> Path | None:
        if path is not None:
            check_ending(path, *endings, what=max(option.opts, key=len))
        return path

    return check


Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Set a part of the latents (digit=3, style=0.5,-1, style.0=0.5) or a sampling option (psi=0.7). May be "
        "given again.",
        show_default=False,
    ),
]
In = Annotated[
    str | None,
    typer.Option(
        "--in",
        metavar="z|w",
        help="Where: in what latents are drawn from, or in what the generator maps them to.",
        show_default="w where the generator has it",
    ),
]
Best = Annotated[bool, typer.Option("--best", help="The best checkpoint of a run that was evaluated.")]
Show = Annotated[bool, typer.Option("--show", help="Show the picture in the terminal too.")]
Device = Annotated[str, typer.Option(help="Where to compute.")]
