"""What a training shows while it runs: a live bar on a terminal, plain lines elsewhere, or nothing."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from contextlib import suppress
from typing import Any

from rich.console import Group
from rich.live import Live
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from ganzoo.core.entries import Tick
from ganzoo.utils.console import PlainConsole, styled
from ganzoo.utils.figures import line_of, memory
from ganzoo.utils.text import shown


class Display(ABC):
    """Shows one training. The trainer calls `start` first and `stop` last, whatever happens."""

    @abstractmethod
    def start(self, title: str, images: int, total: int) -> None:
        """The training begins at `images` of `total`."""

    @abstractmethod
    def advance(self, images: int) -> None:
        """A round ended; called very often."""

    @abstractmethod
    def tick(self, tick: Tick) -> None:
        """New values, as written into `metrics.jsonl`."""

    @abstractmethod
    def log(self, text: str) -> None:
        """One line that stays."""

    @abstractmethod
    def stop(self) -> None:
        """Leave the terminal as it should be."""


class QuietDisplay(Display):
    """Shows nothing."""

    def start(self, title: str, images: int, total: int) -> None: ...

    def advance(self, images: int) -> None: ...

    def tick(self, tick: Tick) -> None: ...

    def log(self, text: str) -> None: ...

    def stop(self) -> None: ...


class PlainDisplay(Display):
    """One line a tick on stdout, for logs and pipes."""

    def start(self, title: str, images: int, total: int) -> None:
        self._total = total
        self.log(title)

    def advance(self, images: int) -> None: ...

    def tick(self, tick: Tick) -> None:
        values = line_of(_values(tick))
        rate = tick.images_per_second
        self.log(f"{tick.images:>9} / {self._total}  {rate:.0f} img/s  eta {_eta(tick, self._total)}  {values}")

    def log(self, text: str) -> None:
        print(shown(text), flush=True)

    def stop(self) -> None: ...


class LiveDisplay(Display):
    """A bar with rate and time left, and under it a table of every term and measure."""

    def __init__(self) -> None:
        self._console = PlainConsole(soft_wrap=True)
        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.completed:,.0f} / {task.total:,.0f} images"),
            TextColumn("{task.fields[rate]}"),
            TextColumn("{task.fields[least]}"),
            TimeRemainingColumn(),
            console=self._console,
        )
        self._live = Live(self._bar, console=self._console, refresh_per_second=4)

    def start(self, title: str, images: int, total: int) -> None:
        self._task = self._bar.add_task(title, completed=images, total=total, rate="", least="")
        self._live.start()

    def advance(self, images: int) -> None:
        self._bar.update(self._task, completed=images)

    def tick(self, tick: Tick) -> None:
        rate, least = f"{tick.images_per_second:,.0f} img/s", _at_least(tick)
        self._bar.update(self._task, completed=tick.images, rate=rate, least=least)
        self._live.update(Group(self._bar, _table(tick)))

    def log(self, text: str) -> None:
        self._console.print(text)

    def stop(self) -> None:
        self._live.stop()


class Unbroken(Display):
    """Shows through another display, and goes on when its stream breaks: a pipe that closed, a disk that is full.

    Args:
        display: The other one.
    """

    def __init__(self, display: Display) -> None:
        self._display, self._told = display, False

    def start(self, title: str, images: int, total: int) -> None:
        self._show("start", title, images, total)

    def advance(self, images: int) -> None:
        self._show("advance", images)

    def tick(self, tick: Tick) -> None:
        self._show("tick", tick)

    def log(self, text: str) -> None:
        self._show("log", text)

    def stop(self) -> None:
        self._show("stop")

    def _show(self, method: str, *arguments: Any) -> None:
        try:
            getattr(self._display, method)(*arguments)
        # A file that was closed, and text that the stream's encoding lacks, are ValueErrors; rich exits without a pipe.
        except (OSError, ValueError, SystemExit) as error:
            if not self._told and sys.stderr is not None:
                self._told = True
                reason = error.strerror if isinstance(error, OSError) and error.strerror else error
                with suppress(OSError, ValueError):
                    print(f"warning: output cannot be written ({reason}): it is left out", file=sys.stderr, flush=True)


def choose_display(*, quiet: bool) -> Display:
    """The display that suits stdout."""
    if quiet:
        return QuietDisplay()
    return LiveDisplay() if sys.stdout is not None and sys.stdout.isatty() else PlainDisplay()


def _values(tick: Tick) -> dict[str, float]:
    level = {} if tick.resolution is None or tick.fade is None else {"resolution": tick.resolution, "fade": tick.fade}
    return {**tick.values, **level}


def _at_least(tick: Tick) -> str:
    """Networks that grow become slower: what is left takes longer than the rate of now says."""
    return "" if tick.resolution is None else "at least "


def _eta(tick: Tick, total: int) -> str:
    rate = tick.images_per_second
    seconds = int((total - tick.images) / rate) if rate else 0
    return f"{_at_least(tick)}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _table(tick: Tick) -> Table:
    table = Table(box=None, padding=(0, 2), show_header=False)
    rows: dict[str, list[Text]] = {}
    for name, value in _values(tick).items():
        owner, _, term = name.rpartition("/")
        rows.setdefault(owner, []).append(_named(f"{term.replace('_', ' ')} ", f"{value:.4g}"))
    for owner, values in rows.items():
        table.add_row(styled(owner, "cyan"), *values)
    table.add_row(styled("memory", "cyan"), _named("", memory(tick.memory_bytes)))
    return table


def _named(name: str, value: str) -> Text:
    return Text.assemble(styled(name, ""), (value, "bold"))
