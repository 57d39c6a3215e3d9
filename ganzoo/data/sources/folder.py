"""A folder of images, or a `.zip` of one. Nothing is ever extracted to disk."""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Protocol

import numpy as np
from PIL import Image

from ganzoo.data.images import BadImageError
from ganzoo.data.sources.base import Source
from ganzoo.errors import DataError

EXTENSIONS = frozenset(
    (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".pnm")
)
"""Files with these endings are images, in small or capital letters; all others are ignored, as are hidden files."""

_LARGEST_FILE_BYTES = 256 << 20


@dataclass(frozen=True, slots=True)
class Entry:
    """One file: its name with `/` between folders, its bytes, and a number that changes when it does."""

    name: str
    size: int
    stamp: int


class Container(Protocol):
    """Where files lie: a folder or an archive."""

    path: Path

    def entries(self) -> list[Entry]:
        """The images, sorted by name."""

    def read(self, name: str) -> bytes:
        """The bytes of one."""

    def title(self, name: str) -> str:
        """How messages name one."""


class Folder:
    """A folder and all that lies below it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def entries(self) -> list[Entry]:
        try:
            return sorted(self._walk(self.path, ""), key=lambda entry: entry.name)
        except OSError as error:
            raise DataError(f"{error.filename} cannot be read ({error.strerror})") from error

    def _walk(self, folder: Path, prefix: str, above: tuple[Path, ...] = ()) -> Iterator[Entry]:
        real = folder.resolve()
        if real in above:  # a link to a folder that it lies in
            return
        for item in os.scandir(folder):
            name = prefix + item.name
            if item.is_dir() and not _is_hidden(item.name):
                yield from self._walk(Path(item.path), name + "/", (*above, real))
            elif is_image(name) and item.is_file():
                stat = item.stat()
                yield Entry(name, stat.st_size, stat.st_mtime_ns)

    def read(self, name: str) -> bytes:
        return (self.path / name).read_bytes()

    def title(self, name: str) -> str:
        return str(self.path / name)


class Archive:
    """A zip file. Its names are checked when it is opened.

    Raises:
        DataError: If it cannot be read, or has a name that would lead out of it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile) as error:
            raise DataError(f"{path} is not a readable zip file ({error}): it may be cut short") from error
        for name in self._zip.namelist():
            posix = name.replace("\\", "/")
            if posix.startswith("/") or ".." in posix.split("/") or re.match("[A-Za-z]:", posix):
                raise DataError(f"{path} is refused: its entry {name!r} has a name that leads out of the archive")

    def __reduce__(self) -> tuple[type[Archive], tuple[Path]]:
        # A worker process opens the file for itself: a shared handle would share its position.
        return Archive, (self.path,)

    def entries(self) -> list[Entry]:
        infos = (info for info in self._zip.infolist() if not info.is_dir() and is_image(info.filename))
        found = (Entry(info.filename, info.file_size, info.CRC) for info in infos)
        return sorted(found, key=lambda entry: entry.name)

    def read(self, name: str) -> bytes:
        size = self._zip.getinfo(name).file_size
        if size > _LARGEST_FILE_BYTES:
            raise BadImageError(f"{self.title(name)} unpacks to {size} bytes; the most is {_LARGEST_FILE_BYTES}")
        return self._zip.read(name)

    def title(self, name: str) -> str:
        return f"{self.path}: {name}"


@dataclass(frozen=True, eq=False, kw_only=True)
class FileSource(Source):
    """Image files of a folder or an archive.

    Args:
        container: Where they lie.
        names: Of the files, in the order of the labels.
    """

    container: Container
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.names)

    def title(self, index: int) -> str:
        return self.container.title(self.names[index])

    def open(self, index: int) -> Image.Image:
        data = self.container.read(self.names[index])
        if not data:
            raise BadImageError(f"{self.title(index)} is empty (0 bytes)")
        return Image.open(BytesIO(data))


def is_image(name: str) -> bool:
    """Whether a file counts as an image, by its name: not hidden, and with one of the `EXTENSIONS`."""
    path = PurePosixPath(name)
    return path.suffix.lower() in EXTENSIONS and not any(_is_hidden(part) for part in path.parts)


def file_source(container: Container, entries: list[Entry]) -> FileSource:
    """Label files by the first folder of their name, below the folders that all of them share.

    Raises:
        DataError: If there is no image.
    """
    path = container.path
    if not entries:
        raise DataError(f"{path} has no image in it; images end in {', '.join(sorted(EXTENSIONS))}")
    names = tuple(entry.name for entry in entries)
    parts = [PurePosixPath(name).parts for name in names]
    shared = _shared_folders([part[:-1] for part in parts])
    below = [part[shared:] for part in parts]
    folders = tuple(sorted({part[0] for part in below if len(part) > 1}))
    loose = [name for name, part in zip(names, below, strict=True) if len(part) == 1]
    stem = path.resolve().name if path.is_dir() else path.stem
    if folders and not loose:
        number = {folder: label for label, folder in enumerate(folders)}
        labels = np.array([number[part[0]] for part in below], np.int64)
        return FileSource(name=stem, container=container, names=names, labels=labels, class_names=folders)
    notes: tuple[str, ...] = ()
    if folders:
        notes = (
            f"{path} has images beside its sub-folders ({len(loose)}, first: {loose[0]}), so sub-folders are not taken "
            "as classes: all images are used, without labels",
        )
    return FileSource(name=stem, container=container, names=names, notes=notes)


def _shared_folders(folders: list[tuple[str, ...]]) -> int:
    # What the first and the last in sorted order share, all share.
    low, high = min(folders), max(folders)
    differ = (depth for depth, (a, b) in enumerate(zip(low, high, strict=False)) if a != b)
    return next(differ, min(len(low), len(high)))


def _is_hidden(part: str) -> bool:
    return part.startswith(".") or part == "__MACOSX"
