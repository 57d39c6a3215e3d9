"""One bar for all runs of a sweep, on a terminal; lines elsewhere, or nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ganzoo.utils.text import shown


@dataclass(frozen=True, slots=True)
class Bar:
    """What a sweep tells.

    Args:
        log: Takes a line that stays.
        advance: Takes the runs that are done, with parts of runs, and how many there are.
    """

    log: Callable[[str], None]
    advance: Callable[[float, int], None]


@contextmanager
def bar(*, quiet: bool) -> Iterator[Bar]:
    """The bar that suits stdout."""
    if quiet or not sys.stdout.isatty():
        yield Bar(lambda text: None if quiet else print(shown(text), flush=True), lambda done, total: None)
        return
    from rich import progress as parts

    from ganzoo.utils.console import PlainConsole

    columns = (parts.BarColumn(), parts.TextColumn("{task.completed:.1f} / {task.total} runs"))
    times = (parts.TimeElapsedColumn(), parts.TextColumn("left"), parts.TimeRemainingColumn())
    with parts.Progress(*columns, *times, console=PlainConsole(soft_wrap=True), transient=True) as progress:
        task = progress.add_task("runs", total=None)
        yield Bar(
            lambda text: progress.console.print(text),
            lambda done, total: progress.update(task, completed=done, total=total),
        )
