"""How the command line prints: tables, one-line errors, and a bar for decoding."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from rich.console import Console
from rich.markup import escape

# A pipe has no width of its own, and rich would cut tables to 80 columns.
console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 200)
errors = Console(stderr=True, highlight=False, soft_wrap=True)


def fail(message: str, exit_code: int) -> NoReturn:
    """Print one red line on stderr and exit."""
    errors.print(f"[bold red]error:[/] {escape(' '.join(message.split()))}")
    sys.exit(exit_code)


def complain(message: str) -> None:
    """Print one line on stderr of what is left out, and go on."""
    errors.print(f"not shown: {message}", markup=False)


def print_json(value: Any) -> None:
    """Print JSON for programs: no colors, no wrapping."""
    print(json.dumps(value, indent=2, default=str))


@contextmanager
def decoding_bar(*, quiet: bool) -> Iterator[Callable[[str, int, int], None] | None]:
    """A progress bar for `ganzoo.data.load`, drawn only on a terminal and once decoding has begun."""
    if quiet or not sys.stdout.isatty():
        yield None
        return
    from rich.progress import Progress, TaskID

    bar = Progress(console=console, transient=True)
    tasks: dict[str, TaskID] = {}

    def progress(label: str, done: int, total: int) -> None:
        if label not in tasks:
            bar.start()
            tasks[label] = bar.add_task(label, total=total)
        bar.update(tasks[label], completed=done, total=total)
        if done >= total:
            bar.stop()

    try:
        yield progress
    finally:
        bar.stop()
