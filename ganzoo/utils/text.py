"""Text from elsewhere, made fit for a terminal and a message. Imports no rich."""

from __future__ import annotations

import os
import re
import unicodedata

_JOINERS = "\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}"
"""Without them words of some scripts are spelled wrong."""

_SECRET_NAME = re.compile(r"(HF|HUGGING_?FACE|GANZOO)\w*(TOKEN|PASSWORD|SECRET|KEY)")
_SHORTEST_SECRET = 6
_CONCEALED: set[str] = set()

_SECRETS = (
    (re.compile(r"\b(hf_|api_org_)[A-Za-z0-9]{16,}"), r"\1***"),
    (re.compile(r"(?i)\b(authorization\W{1,6})(?:(?:bearer|basic|token)\s+)?[\w.~+/=-]+"), r"\1***"),
    (re.compile(r"(?i)\b(bearer\s+)[A-Za-z0-9._~+/=-]{8,}"), r"\1***"),
    (re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://)[^\s/?#\"'<>@]*:[^\s/?#\"'<>]*@"), r"\1***@"),
    (re.compile(r"(?i)\b(https?://)[^\s/?#\"'<>]+@"), r"\1***@"),
)  # fmt: skip
"""Tokens of the Hub, headers that log in, and users in addresses; what stands for each."""


def printable(text: str, *, kept: str = "") -> str:
    r"""A text with all that steers a terminal, is invisible or is no text escaped as Python does: `\x1b`, `\u202e`.

    Args:
        text: Any, as a file's name with bytes that are no UTF-8.
        kept: Characters that stay, as a newline where there may be several lines.
    """
    if text.translate(dict.fromkeys(map(ord, kept))).isprintable():
        return text
    return "".join(
        char
        if char.isprintable() or char in kept or char in _JOINERS or unicodedata.category(char) == "Zs"
        else char.encode("unicode_escape").decode("ascii")
        for char in text
    )


def redacted(text: str) -> str:
    """A text without secrets: tokens, what stands behind `Authorization`, users and passwords in addresses."""
    for value in _known_secrets():
        text = text.replace(value, "***")
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


def conceal(secret: str | None) -> None:
    """Take a secret out of every text that is `redacted` from now on: a token that was read from a file."""
    if secret is not None:
        _CONCEALED.add(secret)


def shown(text: str, *, kept: str = "\n\t") -> str:
    """A text as it may leave ganzoo: `redacted` and `printable`."""
    return printable(redacted(text), kept=kept)


def without_user(url: str) -> str:
    """An address without the user and the password that may stand before its host."""
    scheme, separator, rest = url.rpartition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"


def _known_secrets() -> list[str]:
    """What was concealed, values of variables that hold a token, and the user in HF_ENDPOINT; the longest first."""
    found = [*_CONCEALED]
    found += [value for name, value in os.environ.items() if _SECRET_NAME.fullmatch(name)]
    user = os.environ.get("HF_ENDPOINT", "").partition("://")[2].rpartition("@")[0]
    found += [user, user.partition(":")[2]]
    return sorted((value for value in found if len(value) >= _SHORTEST_SECRET), key=len, reverse=True)
