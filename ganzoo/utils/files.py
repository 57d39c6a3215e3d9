"""Files that are there whole or not at all, and files and folders that survive a crash of the machine."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ganzoo.errors import ConfigError


@contextlib.contextmanager
def replacing(path: Path, *, synced: bool = True, parents: bool = True) -> Iterator[Path]:
    """Replace a file in one move: write it at the path beside it that is yielded.

    Whoever reads `path` sees the old file or the new one. If the block raises, the old one stays and nothing is left
    beside it. A new file has the usual mode, one that is replaced keeps its own.

    Args:
        path: To replace, or to make.
        synced: The new file survives a crash of the machine. It costs a disk some 10 ms.
        parents: Make the folders above it too.

    Raises:
        OSError: If it cannot be written; its `filename` is `path` or a folder above, and none beside.
    """
    # Not mkstemp: its files are for their owner alone. Random, as several machines may share the disk.
    aside = path.with_name(f".{path.name}.{os.urandom(4).hex()}.part")
    if parents:
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield aside
        if synced:
            with aside.open("rb+") as file:
                os.fsync(file.fileno())
        with contextlib.suppress(FileNotFoundError):
            aside.chmod(stat.S_IMODE(path.stat().st_mode))
        aside.replace(path)
    except OSError as error:
        if error.filename in (None, str(aside)):
            error.filename, error.filename2 = str(path), None
        raise
    finally:
        with contextlib.suppress(OSError):
            aside.unlink()


@contextlib.contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """Replace a folder: fill the empty one beside it that is yielded, `.staging-*`.

    If the block raises, the old one stays and nothing is left beside it. Only a process that is killed leaves one.

    Args:
        path: To replace, or to make; folders above it are made.

    Raises:
        OSError: If it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    staging = path.with_name(f".staging-{os.urandom(4).hex()}")
    old = staging.with_suffix(".old")
    try:
        staging.mkdir()
        yield staging
        if path.exists():
            path.rename(old)
        staging.rename(path)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def write_atomically(path: Path, content: bytes | str, *, synced: bool = True, parents: bool = True) -> None:
    """Write a file in one move, text as UTF-8; see `replacing`."""
    with replacing(path, synced=synced, parents=parents) as aside:
        aside.write_bytes(content.encode() if isinstance(content, str) else content)


def write_synced(path: Path, data: bytes) -> None:
    """Write a file that survives a crash of the machine."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make new names in a folder survive a crash, where the system can."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def open_regular(path: str | Path) -> BinaryIO:
    """Open a file to read; a pipe or a device, which may never answer or never end, is none.

    Raises:
        OSError: If it cannot be opened, or is no regular file.
    """
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is no regular file", str(path))
    return os.fdopen(descriptor, "rb")


def read_regular(path: str | Path) -> bytes:
    """All bytes of a file; see `open_regular`."""
    with open_regular(path) as file:
        return file.read()


def check_ending(path: Path, *endings: str, what: str = "") -> None:
    """Refuse to write something else than a file's name says.

    Args:
        path: Of the file. One without an ending says nothing.
        endings: Those that are written, in lower case: `".png"`.
        what: The option that named it, for the message.

    Raises:
        ConfigError: If its name ends otherwise.
    """
    if path.suffix and path.suffix.lower() not in endings:
        option = f"{what} (={path})" if what else str(path)
        raise ConfigError(f"{option} must end in {' or '.join(endings)}, which is what is written")
