"""What is noted on disk of a plugin while its code is imported, so that one that ends the process does so once.

HOME/importing/PID-NUMBER   the plugin's name; deleted when its import is over, whatever came of it

A note of a process that is gone says that the process died inside of that plugin: `os._exit`, a crash of a library, a
loop that somebody ended. Third parties only.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from ganzoo.utils.places import home

IMPATIENT_S = 2.0
"""Ctrl-C in an import that has taken this long is because of that plugin."""

UNATTENDED_S = 30.0
"""And so is a signal of another process, which does not see what is imported, in one that has taken this long."""

_ENDING = ("SIGTERM", "SIGHUP")


@contextlib.contextmanager
def noted(plugin: str) -> Iterator[None]:
    """Import and ask a plugin in here. A home that cannot be written loses only the note."""
    path = _folder() / f"{os.getpid()}-{time.monotonic_ns()}"
    began, ended_by_user = time.monotonic(), False
    with contextlib.suppress(OSError, ValueError):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(plugin, encoding="utf-8")
    try:
        with _unless_ended(path, began):
            yield
    except KeyboardInterrupt:
        ended_by_user = time.monotonic() - began > IMPATIENT_S
        raise
    finally:
        if not ended_by_user:
            with contextlib.suppress(OSError):
                path.unlink()


@contextlib.contextmanager
def _unless_ended(path: Path, began: float) -> Iterator[None]:
    """A signal that ends the process in here takes the note with it: whoever sent it knew nothing of the plugin."""

    def end(number: int, frame: FrameType | None) -> None:
        if time.monotonic() - began < UNATTENDED_S:
            with contextlib.suppress(OSError):
                path.unlink()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    replaced = []
    # Python lets the main thread alone set handlers. Those that somebody set, or ignores, stay.
    if threading.current_thread() is threading.main_thread():
        numbers = [getattr(signal, name) for name in _ENDING if hasattr(signal, name)]
        replaced = [number for number in numbers if signal.getsignal(number) is signal.SIG_DFL]
    for number in replaced:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in replaced:
            if signal.getsignal(number) is end:
                signal.signal(number, signal.SIG_DFL)


def fatal() -> set[str]:
    """Names of the plugins in whose import a process died."""
    return {name for name, _ in _notes()}


def forgive(plugin: str) -> bool:
    """Forget that of a plugin, so that it is imported again; whether there was anything to forget."""
    found = [path for name, path in _notes() if name == plugin]
    for path in found:
        with contextlib.suppress(OSError):
            path.unlink()
    return bool(found)


def _notes() -> Iterator[tuple[str, Path]]:
    with contextlib.suppress(OSError):
        for path in list(_folder().iterdir()):
            with contextlib.suppress(OSError, ValueError):
                if not _is_at_work(int(path.name.partition("-")[0])):
                    yield path.read_text(encoding="utf-8")[:200], path


def _is_at_work(pid: int) -> bool:
    """Whether a process is there, other than this one: what we have noted ourselves and left, we left for good."""
    if pid == os.getpid():
        return False
    if os.name != "posix":  # there, asking would end it
        return False
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True


def _folder() -> Path:
    return home() / "importing"
