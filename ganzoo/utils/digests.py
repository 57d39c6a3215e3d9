"""Files that are compared with the size and the sha256 that a manifest names."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

Digests = Mapping[str, tuple[int, str]]
"""By file name: size in bytes, and sha256 as 64 hex digits."""


def digest_of(path: Path) -> str:
    """The sha256 of a file, which is read in pieces, as hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def difference(name: str, seen: tuple[int, str | None], expected: tuple[int, str], manifest: str) -> str:
    """How a file differs from what a manifest says of it; empty if it does not. The sha256 may be seen later (None)."""
    if seen[0] != expected[0]:
        return f"{name} has {seen[0]:,} bytes, and {manifest} says {expected[0]:,}"
    return f"{name} does not match its sha256 in {manifest}" if seen[1] not in (None, expected[1]) else ""


def damage_in(
    folder: Path, files: Digests, manifest: str, names: Iterable[str] | None = None, *, sizes_only: bool = False
) -> str:
    """What is wrong with the files of a folder, beginning with the first bad one's name; empty if nothing is.

    All sizes are compared before a byte is read.

    Args:
        folder: With the files.
        files: What they should be.
        manifest: Where that was written, for the message.
        names: Only these, of `files`; None: all.
        sizes_only: Read none.

    Raises:
        OSError: If a file is missing or cannot be read.
    """
    wanted = list(files if names is None else names)
    sizes = {name: (folder / name).stat().st_size for name in wanted}
    for read in (False,) if sizes_only else (False, True):
        for name in wanted:
            seen = sizes[name], digest_of(folder / name) if read else None
            if found := difference(name, seen, files[name], manifest):
                return found
    return ""
