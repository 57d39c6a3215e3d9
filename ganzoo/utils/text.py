"""Text from elsewhere, made fit for a terminal and a message. Imports no rich."""

from __future__ import annotations

import unicodedata

from ganzoo.errors import redacted

_JOINERS = "\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}"
"""Without them words of some scripts are spelled wrong."""


def printable(text: str, *, kept: str = "") -> str:
    r"""A text with all that steers a terminal, is invisible or is no text escaped as Python does: `\x1b`, `\u202e`.

    Args:
        text: Any, as a file's name with bytes that are no UTF-8.
        kept: Characters that stay, as a newline where there may be several lines.
    """
    if text.isprintable() or (kept and text.translate(dict.fromkeys(map(ord, kept))).isprintable()):
        return text
    return "".join(
        char
        if char.isprintable() or char in kept or char in _JOINERS or unicodedata.category(char) == "Zs"
        else char.encode("unicode_escape").decode("ascii")
        for char in text
    )


def shown(text: str, *, kept: str = "\n\t") -> str:
    """A text as it may leave ganzoo: `redacted` and `printable`."""
    return printable(redacted(text), kept=kept)


def without_user(url: str) -> str:
    """An address without the user and the password that may stand before its host."""
    scheme, separator, rest = url.rpartition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"
