"""Copying packages with progress, and writing so that a crash of the machine leaves whole files."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    # It imports pydantic, which lists of models must not wait for.
    from ganzoo.registry.packages.package import Package

Progress = Callable[[str, int, int], None]
"""Told a file's name, the bytes that are done, and of how many. Called often; must be cheap."""

CHUNK_BYTES = 1 << 18
"""Four times as quick as 1 MiB, on a disk with ext4."""


def copy_package(package: Package, target: Path, progress: Progress, *, synced: bool = False) -> None:
    """Copy the files of a package that are carried from place to place; the copy is not verified.

    Args:
        package: To copy.
        target: An existing folder.
        progress: Told how it gets on.
        synced: Return only when the files would survive a crash of the machine.

    Raises:
        PackageError: If a file does not have the size that the manifest says.
        OSError: If a file cannot be read or written.
    """
    package.check_sizes()
    for name in package.files():
        with (package.folder / name).open("rb") as reader, (target / name).open("wb") as writer:
            copy_bytes(reader, writer, name, os.fstat(reader.fileno()).st_size, progress)
            if synced:
                writer.flush()
                os.fsync(writer.fileno())


def copy_bytes(reader: IO[bytes], writer: IO[bytes], name: str, total: int, progress: Progress) -> None:
    """Copy at most `total` bytes, in pieces."""
    done = 0
    while chunk := reader.read(min(CHUNK_BYTES, total - done)):
        done += writer.write(chunk)
        progress(name, done, total)


def no_progress(_name: str, _done: int, _total: int) -> None:
    """Shows nothing."""
