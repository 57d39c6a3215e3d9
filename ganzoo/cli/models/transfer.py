"""What the commands that move models share: a bar with rate, and the `--offline` switch."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from ganzoo.cli.output import console, errors
from ganzoo.registry.packages.copying import Progress, no_progress

Offline = Annotated[bool, typer.Option("--offline", help="Ask no network; use what was pulled before.")]


@contextmanager
def transfer_bar() -> Iterator[Progress]:
    """A bar a file, with bytes, rate and time left; of a pipe, one line a file."""
    if not sys.stderr.isatty():
        yield no_progress
        return
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    bars = Bars(*columns, TimeRemainingColumn(), console=errors, transient=True)
    tasks = {}

    def progress(name: str, done: int, total: int) -> None:
        if name not in tasks:
            tasks[name] = bars.add_task(name, total=total)
        bars.update(tasks[name], completed=done, total=total)

    with bars:
        yield progress


def log(text: str) -> None:
    """A line for people."""
    console.print(text)
