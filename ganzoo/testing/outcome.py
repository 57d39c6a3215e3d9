"""What a check can say, and where in a plugin's code something went wrong. Imports no torch."""

from __future__ import annotations

import unittest
from pathlib import Path
from types import FrameType

from ganzoo.core.variant import Variant
from ganzoo.errors import said


class Nonconforming(AssertionError):
    """A plugin breaks the contract; the message says what was seen and how to fix it."""


class Skipped(unittest.SkipTest):
    """A check does not apply here, or cannot be run; the message says why. Pytest shows it as skipped."""


def require(holds: bool, message: str) -> None:
    """Raise `Nonconforming` unless it holds."""
    if not holds:
        raise Nonconforming(message)


def packages_of(variant: Variant) -> set[str]:
    """Import packages whose lines are the author's."""
    return {dotted.partition(":")[0].partition(".")[0] for dotted in (variant.config, variant.factory)}


def place_of(error: BaseException, packages: set[str]) -> str:
    """The innermost line of some import packages that an error went through, as `ganzoo_mygan/model.py line 12`.

    Returns:
        Empty if it went through none.
    """
    if isinstance(error, SyntaxError) and error.filename:
        return _place(error.filename, error.lineno or 0)
    found, trace = "", error.__traceback__
    while trace is not None:
        if _within(trace.tb_frame, packages):
            found = _place(trace.tb_frame.f_code.co_filename, trace.tb_lineno)
        trace = trace.tb_next
    return found


def place_in(frame: FrameType | None, packages: set[str]) -> str:
    """The innermost line of some import packages among the callers of a frame; empty if there is none."""
    while frame is not None and not _within(frame, packages):
        frame = frame.f_back
    return "" if frame is None else _place(frame.f_code.co_filename, frame.f_lineno)


def raised(error: BaseException, packages: set[str]) -> str:
    """An error with the plugin's own line: `raised KeyError: 'width' in ganzoo_mygan/model.py line 12`."""
    place = place_of(error, packages)
    words = " ".join(said(error).split()).removesuffix(".")
    return f"raised {words[:500]}{f' in {place}' if place else ''}"


def _within(frame: FrameType, packages: set[str]) -> bool:
    name = frame.f_globals.get("__name__", "")
    return isinstance(name, str) and name.partition(".")[0] in packages


def _place(filename: str, line: int) -> str:
    path = Path(filename)
    return f"{path.parent.name}/{path.name} line {line}"
