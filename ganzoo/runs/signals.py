"""Signals that ask a training to stop, looked at between two rounds, or raised where work may be left at any point."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Self

# A terminal that closes, and a batch system's limit of processor time, end a process as SIGTERM does.
_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGXCPU")


class Stopped(BaseException):
    """A signal asked the training to end. No `Exception`, so that nobody takes it for what an evaluation raised."""

    def __init__(self, received: signal.Signals) -> None:
        super().__init__(received.name)
        self.received = received


class StopSignals:
    """While entered, signals that end a process are noted instead; a second SIGINT raises KeyboardInterrupt.

    SIGHUP stays ignored where it was, as under nohup.

    Attributes:
        received: The signal that came last, None if none did.
    """

    def __init__(self) -> None:
        self.received: signal.Signals | None = None
        self._raises = False
        self._previous: dict[signal.Signals, object] = {}

    def __enter__(self) -> Self:
        # Python delivers signals to the main thread alone; in a notebook's worker thread there are none to catch.
        if threading.current_thread() is threading.main_thread():
            for number in (signal.Signals[name] for name in _NAMES if hasattr(signal, name)):
                if number.name == "SIGHUP" and signal.getsignal(number) is signal.SIG_IGN:
                    continue
                self._previous[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """In here nothing waits for the end of the work: it is left where it is.

        Raises:
            Stopped: When a signal comes, or if one came before.
        """
        if self.received is not None:
            raise Stopped(self.received)
        self._raises = True
        try:
            yield
        finally:
            self._raises = False

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.received is signal.SIGINT and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.received = signal.Signals(number)
        if self._raises:
            self._raises = False
            raise Stopped(self.received)
