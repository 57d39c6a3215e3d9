"""Where image files lie: a folder or a `.zip`. Nothing is ever extracted to disk."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from ganzoo.data.images import BadImageError
from ganzoo.errors import DataError

_LARGEST_FILE_BYTES = 1 << 30
_LARGEST_MEMBER_BYTES = 256 << 20
# Deflate reaches 1,032; an image of one color, stored without compression, comes close, but is not that large.
_LARGEST_RATIO, _RATIO_MATTERS_BYTES = 200, 64 << 20


@dataclass(frozen=True, slots=True)
class File:
    """One file: its name with `/` between folders, and numbers of which one changes when it does.

    The numbers are one string of bytes: a million files are held at once, and numbers would take most of the memory.
    `regular` is False for what cannot be read as a file: pipes, devices, sockets, links to nowhere or in circles.
    """

    name: str
    stamp: bytes
    regular: bool = True


class Container(Protocol):
    """Where files lie: a folder or an archive."""

    path: Path

    def files(self) -> list[File]:
        """All that are not in a hidden folder, sorted by name."""

    def read(self, name: str) -> bytes:
        """The bytes of one."""

    def title(self, name: str) -> str:
        """How messages name one."""


class Folder:
    """A folder and all that lies below it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def files(self) -> list[File]:
        try:
            return sorted(self._walk(self.path, ""), key=lambda file: file.name)
        except OSError as error:
            raise DataError(f"{error.filename} cannot be read ({error.strerror})") from error

    def _walk(self, folder: Path, prefix: str, above: tuple[Path, ...] = ()) -> Iterator[File]:
        real = folder.resolve()
        if real in above:  # a link to a folder that it lies in
            return
        for item in os.scandir(folder):
            name = prefix + item.name
            try:
                status = item.stat()
            except OSError:
                # A link to nowhere or in circles has no status, and a file may vanish beside us.
                yield File(name, b"", regular=False)
                continue
            if stat.S_ISDIR(status.st_mode):
                if not is_hidden(item.name):
                    yield from self._walk(Path(item.path), name + "/", (*above, real))
            else:
                stamp = repr((status.st_size, *file_stamp(status))).encode()
                yield File(name, stamp, stat.S_ISREG(status.st_mode))

    def read(self, name: str) -> bytes:
        return read_regular(self.path / name)

    def title(self, name: str) -> str:
        return str(self.path / name)


class Archive:
    """A zip file. Its names are checked when it is opened, and read with `/` where a backslash parts folders.

    Raises:
        DataError: If it cannot be read, or has a name that would lead out of it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._zip = open_zip(path, "zip file")
        self._members: dict[str, zipfile.ZipInfo] = {}
        for info in self._zip.infolist():
            name = info.filename.replace("\\", "/")
            if name.startswith("/") or ".." in name.split("/") or re.match("[A-Za-z]:", name):
                raise DataError(
                    f"{path} is refused: its entry {info.filename!r} has a name that leads out of the archive"
                )
            if name.endswith("/"):
                continue
            name = str(PurePosixPath(name))
            if name in self._members:
                raise DataError(f"{path} is refused: it has two entries called {name!r}, and only one can be meant")
            self._members[name] = info

    def __reduce__(self) -> tuple[type[Archive], tuple[Path]]:
        # A worker process opens the file for itself: a shared handle would share its position.
        return Archive, (self.path,)

    def files(self) -> list[File]:
        found = (
            # The upper half is the mode of a Unix file, 0 if another system packed it.
            File(
                name, b"%d %d" % (info.file_size, info.CRC), stat.S_IFMT(info.external_attr >> 16) in (0, stat.S_IFREG)
            )
            for name, info in self._members.items()
            if not any(map(is_hidden, PurePosixPath(name).parts[:-1]))
        )
        return sorted(found, key=lambda file: file.name)

    def read(self, name: str) -> bytes:
        info = self._members[name]
        size, packed = info.file_size, info.compress_size
        if size > _LARGEST_MEMBER_BYTES:
            raise BadImageError(f"{self.title(name)} unpacks to {size} bytes; the most is {_LARGEST_MEMBER_BYTES}")
        if size > _RATIO_MATTERS_BYTES and size > _LARGEST_RATIO * packed:
            raise BadImageError(
                f"{self.title(name)} unpacks from {packed} bytes to {size}, as no image does: it may be a bomb"
            )
        with self._zip.open(info) as file:
            # Counted: what the archive says of its sizes need not be true.
            data = file.read(size + 1)
        if len(data) != size:
            raise BadImageError(f"{self.title(name)} does not unpack to the {size} bytes that the archive promises")
        return data

    def title(self, name: str) -> str:
        return f"{self.path}: {name}"


def open_zip(path: Path, what: str) -> zipfile.ZipFile:
    """Open an archive.

    Args:
        path: Of the file.
        what: It should be, for messages: `"zip file"`.

    Raises:
        DataError: If it is no regular file, or cannot be read.
    """
    try:
        return zipfile.ZipFile(path)
    # Damaged bytes surface as BadZipFile, NotImplementedError, UnicodeDecodeError, struct.error, ...
    except Exception as error:
        raise DataError(f"{path} is not a readable {what} ({error}): it may be cut short") from error


def read_regular(path: Path, most: int = _LARGEST_FILE_BYTES) -> bytes:
    """The bytes of a file, of `most` at most; never waits for a pipe and never reads a device.

    Raises:
        DataError: If it is no regular file, or too large.
        OSError: If it cannot be read.
    """
    with open(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)), "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise BadImageError(f"{path} is not a regular file but a {kind_of(status.st_mode)}")
        data = file.read(most + 1)
    if len(data) > most:
        raise BadImageError(f"{path} has {max(status.st_size, len(data))} bytes; the most is {most}")
    return data


def file_stamp(status: os.stat_result) -> tuple[int, ...]:
    """Numbers of which at least one changes when a file does, or when another takes its place.

    The time of the content can be set by anybody, and files of one archive share it. So the inode is in here, which
    stays with a file when its folder is renamed, and the time of its last change of any kind.
    """
    return status.st_mtime_ns, status.st_ctime_ns, status.st_ino


def path_stamp(text: str) -> tuple[object, ...]:
    """Where a text is a path: which, and the stamp of the file, or of every file in the folder; else nothing."""
    try:
        path = Path(text).expanduser().resolve()
        if not path.exists():
            return ()
        if not path.is_dir():
            return str(path), *_size_and_stamp(path)
        listing = hashlib.sha256()
        for folder, folders, files in os.walk(path):
            folders.sort()
            for name in sorted(files):
                listing.update(
                    repr((folder, name, *_size_and_stamp(Path(folder, name)))).encode("utf-8", "surrogatepass")
                )
        return str(path), listing.hexdigest()
    # Not every text can be a path: it may have a null byte, or be too long.
    except (OSError, ValueError, RuntimeError):
        return ()


def _size_and_stamp(path: Path) -> tuple[int, ...]:
    # A link to nowhere is a file too.
    status = path.lstat()
    return status.st_size, *file_stamp(status)


def kind_of(mode: int) -> str:
    """What a path is that is neither a folder nor a regular file."""
    kinds = {stat.S_IFIFO: "pipe", stat.S_IFSOCK: "socket", stat.S_IFCHR: "device", stat.S_IFBLK: "device"}
    return kinds.get(stat.S_IFMT(mode), "special file")


def is_hidden(part: str) -> bool:
    """Whether a file or folder of this name is nobody's data."""
    return part.startswith(".") or part == "__MACOSX"
