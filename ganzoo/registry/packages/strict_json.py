"""JSON from third parties: bounded in size, and refused where two readers could understand it differently."""

from __future__ import annotations

import json
import math
from collections import Counter
from pathlib import Path
from typing import Any

from ganzoo.errors import PackageError


def read_bounded(path: Path, limit_bytes: int) -> bytes:
    """The bytes of a file of at most `limit_bytes`.

    Raises:
        PackageError: If it is missing, unreadable or larger.
    """
    try:
        with path.open("rb") as file:
            data = file.read(limit_bytes + 1)
    except OSError as error:
        raise PackageError(f"{path} cannot be read: {error.strerror or error}") from error
    if len(data) > limit_bytes:
        raise PackageError(f"{path} is larger than {limit_bytes:,} bytes, which is the most that is read")
    return data


def parse(data: bytes, what: str) -> dict[str, Any]:
    """An object as UTF-8 JSON.

    Args:
        data: The text.
        what: What it is, for messages.

    Raises:
        PackageError: If it is no JSON object, a key is there twice, or a number is infinite or NaN.
    """
    try:
        value = json.loads(
            data.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse_constant, parse_float=_finite
        )
    except RecursionError as error:
        raise PackageError(f"{what} is nested too deeply") from error
    except ValueError as error:
        raise PackageError(f"{what} cannot be read as JSON: {error}") from error
    if not isinstance(value, dict):
        raise PackageError(f"{what} must hold a JSON object")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise ValueError(f"the key {twice[:80]!r} is there twice")
    return values


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{text[:80]} is too large a number")
    return number


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number that is allowed here")
