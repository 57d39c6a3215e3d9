"""How the command line prints: tables, one-line errors, and a bar for decoding."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NoReturn

from ganzoo.errors import redacted, redacted_values
from ganzoo.utils.console import PlainConsole, styled
from ganzoo.utils.text import printable, shown

if TYPE_CHECKING:
    from rich.style import Style
    from rich.text import Text

_PRINTING = ("rich", "click", "typer")


def _open_missing() -> None:
    """Give a process that was started without stdin, stdout or stderr empty ones.

    The next file that is opened would be it otherwise, and what a library prints would go into a checkpoint.
    """
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            # The lowest that is free is taken, so it is this one unless a file has it already.
            opened = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, os.fdopen(opened, "w" if descriptor else "r", encoding="utf-8", closefd=False))


_open_missing()
# A pipe has no width of its own, and rich would cut tables to 80 columns.
console = PlainConsole(soft_wrap=True, width=None if sys.stdout.isatty() else 200)
errors = PlainConsole(stderr=True, soft_wrap=True)

_GAP = 2
_LONGEST_CELL = 1000
_LONGEST_NAME = 100
"""Characters: one long name must not squeeze all other columns of a table."""


def fail(message: str, exit_code: int) -> NoReturn:
    """Print one red line on stderr, where that can be, and exit."""
    with suppress(OSError, ValueError):
        errors.print(styled("error:", "bold red"), " ".join(message.split()))
    sys.exit(exit_code)


def close_output() -> OSError | None:
    """Write out what stdout still holds; what keeps it from being written, if that is not a reader who went away.

    After it nothing is left that the interpreter would complain of at its end.
    """
    problem = None
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError) as error:
            if stream is sys.stdout and isinstance(error, OSError) and not isinstance(error, BrokenPipeError):
                problem = error
            with suppress(OSError, ValueError):
                devnull = os.open(os.devnull, os.O_WRONLY)
                os.dup2(devnull, stream.fileno())
                os.close(devnull)
    return problem


def printing_problem(error: Exception) -> str:
    """Why stdout could not be written, of an error that was raised where something was printed; else empty."""
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    module = str(frame.f_globals.get("__name__", ""))
    if isinstance(error, OSError) and (module == __name__ or module.partition(".")[0] in _PRINTING):
        return error.strerror or str(error)
    return ""


def complain(message: str) -> None:
    """Print one line on stderr of what is left out, and go on."""
    errors.print(f"not shown: {' '.join(message.split())}")


def warn(message: str) -> None:
    """Print one yellow line on stderr, and go on."""
    errors.print(styled(" ".join(message.split()), "yellow"))


def in_help(text: str) -> str:
    """A text as part of a help page, where brackets are markup."""
    from rich.markup import escape

    return escape(shown(text, kept=""))


def print_traceback() -> None:
    """Print the traceback of the error that is being handled on stderr."""
    print(shown(traceback.format_exc()), file=sys.stderr, end="", flush=True)


def print_json(value: Any) -> None:
    """Print JSON for programs: no colors, no wrapping."""
    # ASCII alone, but for DEL.
    plain = json.loads(json.dumps(value, default=str))
    print(json.dumps(redacted_values(plain), indent=2).replace("\x7f", "\\u007f"))


def print_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[str | Text]],
    *,
    right: Container[str] = (),
    whole: Container[str] = (),
) -> None:
    """Print a table without lines.

    Args:
        columns: Their heads.
        rows: A cell for each column.
        right: Columns of numbers.
        whole: Columns of names that are typed, and not broken into lines.
    """
    # Not at the top: only tables need them. rich has a table, which takes ten seconds for 5,000 rows.
    from rich.cells import cell_len, set_cell_size
    from rich.text import Span, Text

    heads: list[tuple[str, str | Style]] = [(printable(column), "bold") for column in columns]
    whole_columns = [column in whole for column in columns]
    lines = [heads, *(list(map(_cell, row, whole_columns)) for row in rows)]
    widths = [max(cell_len(line[index][0]) for line in lines) for index in range(len(columns))]
    _narrow(widths, whole_columns, console.width - 2 * _GAP * len(columns))
    parts, spans, end = [], [], 0
    for line in lines:
        for (text, style), column, width in zip(line, columns, widths, strict=True):
            length = cell_len(text)
            if length > width:
                text, length = f"{set_cell_size(text, width - 1)}\N{HORIZONTAL ELLIPSIS}", width
            before = _GAP + (width - length if column in right else 0)
            parts += [" " * before, text, " " * (2 * _GAP + width - length - before)]
            end += before
            if style:
                spans.append(Span(end, end + len(text), style))
            end += len(text) + len(parts[-1])
        parts.append("\n")
        end += 1
    table = "".join(parts)
    # Once for all of it: the environment is looked through for secrets.
    safe = redacted(table)
    if not console.is_terminal:
        print(safe, end="")  # rich, which has nothing to color here, takes as long as all else
    else:
        console.print(Text(safe, spans=spans if safe == table else []), end="")


def _narrow(widths: list[int], kept: Sequence[bool], room: int) -> None:
    """Take from the widest columns what is too much; from those that are kept, last."""
    while sum(widths) > max(room, len(widths)):
        candidates = [index for index in range(len(widths)) if not kept[index] and widths[index] > 1]
        widest = max(candidates or range(len(widths)), key=lambda index: widths[index])
        widths[widest] -= 1


def _cell(value: str | Text, whole: bool) -> tuple[str, str | Style]:
    """One line of bounded length, and its style."""
    if not isinstance(value, str):
        return value.plain, value.style
    line, most = printable(value), _LONGEST_NAME if whole else _LONGEST_CELL
    return line if len(line) <= most else f"{line[: most - 1]}\N{HORIZONTAL ELLIPSIS}", ""


@contextmanager
def decoding_bar(*, quiet: bool) -> Iterator[Callable[[str, int, int], None] | None]:
    """A progress bar for `ganzoo.data.load`, drawn only on a terminal and once decoding has begun."""
    if quiet or not sys.stdout.isatty():
        yield None
        return
    from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn

    label_column = TextColumn("{task.description}", markup=False)
    bar = Progress(
        label_column, BarColumn(), TaskProgressColumn(), TimeRemainingColumn(), console=console, transient=True
    )
    tasks: dict[str, TaskID] = {}

    def progress(label: str, done: int, total: int) -> None:
        if label not in tasks:
            bar.start()
            tasks[label] = bar.add_task(shown(label, kept=""), total=total)
        bar.update(tasks[label], completed=done, total=total)
        if done >= total:
            bar.stop()

    try:
        yield progress
    finally:
        bar.stop()
