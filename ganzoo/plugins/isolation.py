"""Runs a plugin's code so that what it does wrong is found, and harms nobody."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

from ganzoo.errors import PluginError

TORCH = "a plugin must not import torch when it is discovered: name the factory as 'package.module:build'"


class Quiet:
    """What a plugin printed while it ran."""

    def __init__(self) -> None:
        self._stream = io.StringIO()

    @property
    def printed(self) -> str:
        """Its first line, shortened; empty if there was nothing."""
        said = self._stream.getvalue().strip()
        return said.splitlines()[0][:60] if said else ""


@contextmanager
def isolated() -> Iterator[Quiet]:
    """Import and call a plugin in here.

    Torch is blocked, as one plugin that imports it would slow every command by seconds; what is printed is kept away
    from the output of commands, which may be JSON. Warnings on stderr are its author's to see.

    Raises:
        PluginError: If it asked for torch, even where it caught the error: it would go on without.
    """
    quiet = Quiet()
    blocker = None if "torch" in sys.modules else _TorchBlocker()
    if blocker is not None:
        sys.meta_path.insert(0, blocker)
    try:
        with redirect_stdout(quiet._stream):
            yield quiet
    finally:
        if blocker is not None:
            sys.meta_path.remove(blocker)
    if blocker is not None and blocker.asked:
        raise PluginError(TORCH)


class _TorchBlocker:
    """A finder that refuses torch."""

    def __init__(self) -> None:
        self.asked = False

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name == "torch":
            self.asked = True
            raise ImportError(TORCH)
