"""`ganzoo report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ganzoo.cli.latents.model_options import ends_in
from ganzoo.cli.output import console


def report(
    run: Annotated[Path, typer.Argument(help="A run's directory, or its name in ./runs.")],
    out: Annotated[
        Path | None,
        typer.Option(
            callback=ends_in(".html", ".htm"),
            help="HTML file to write.",
            show_default="RUN/report.html",
        ),
    ] = None,
    animation: Annotated[
        Path | None, typer.Option(help="Write the same latents through training, too: a .webp or a .gif.")
    ] = None,
) -> None:
    """Write all about a run into one HTML file: samples, curves, metrics, warnings, and how to train it again."""
    from ganzoo import api

    console.print(str(api.report(run, out, animation=animation)))
    if animation is not None:
        console.print(str(animation))
