"""`ganzoo report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ganzoo.cli.output import console
from ganzoo.errors import ConfigError, GanzooError, RunError


def report(
    run: Annotated[Path, typer.Argument(help="A run's directory, or its name in ./runs.")],
    out: Annotated[Path | None, typer.Option(help="HTML file to write.", show_default="RUN/report.html")] = None,
    animation: Annotated[
        Path | None, typer.Option(help="Write the same latents through training, too: a .webp or a .gif.")
    ] = None,
) -> None:
    """Write all about a run into one HTML file: samples, curves, metrics, warnings, and how to train it again."""
    from ganzoo.runs.report import write_report
    from ganzoo.runs.run import Run
    from ganzoo.viz.animation import animate, check_suffix

    if animation is not None:
        check_suffix(animation)
    opened = Run.open(run)
    if animation is not None and not opened.samples():
        raise RunError(f"{opened.path} has no samples yet: leave --animation out")
    page = out or opened.path / "report.html"
    if page.is_dir():
        raise ConfigError(f"--out (={page}) is a folder: name a file in it, such as {page / 'report.html'}")
    try:
        write_report(opened, page)
        console.print(str(page), markup=False)
        if animation is not None:
            animate(opened.samples(), animation)
            console.print(str(animation), markup=False)
    except OSError as error:
        raise GanzooError(f"{error.filename or page} cannot be written: {error.strerror or error}") from error
