"""A package as one .zip file, for machines without a network. Imports no torch.

The files lie at the top of the archive, uncompressed (weights hardly get smaller) and in a fixed order with a fixed
time, so that equal packages make equal archives. A zip made by hand is read too, if it holds nothing else.
"""

from __future__ import annotations

import hashlib
import io
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ganzoo.errors import PackageError, RegistryError
from ganzoo.registry.packages.copying import CHUNK_BYTES, Progress, copy_bytes, no_progress
from ganzoo.registry.packages.manifest import Manifest, parse_manifest
from ganzoo.registry.packages.names import MANIFEST, MANIFEST_BYTES
from ganzoo.registry.packages.package import UNVERIFIED, Package, check_names
from ganzoo.utils.digests import difference
from ganzoo.utils.files import replacing

_MODE = (stat.S_IFREG | 0o644) << 16
_REFUSED_FLAGS = 0x1 | 0x20 | 0x40 | 0x2000
"""Encrypted, patched, strongly encrypted, encrypted names."""
_READABLE = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def pack(package: Package, path: Path, progress: Progress = no_progress) -> None:
    """Write a package as a .zip; equal packages give equal bytes.

    Args:
        package: It is verified first.
        path: Of the archive; a file that is there is replaced, in one move.
        progress: Told how it gets on.

    Raises:
        RegistryError: If it cannot be written; then `path` is as it was.
    """
    package.verify()
    try:
        with replacing(path, parents=False) as aside, zipfile.ZipFile(aside, "w") as archive:
            for name in package.files():
                _add(archive, package.folder / name, progress)
    except OSError as error:
        raise RegistryError(f"{path} could not be written: {error.strerror or error}") from error


def unpack(path: Path, staging: Path, progress: Progress = no_progress) -> Package:
    """Check an archive in full, and only then write its files.

    Args:
        path: Of the archive.
        staging: An existing, empty folder.
        progress: Told how it gets on.

    Returns:
        A verified package in `staging`.

    Raises:
        PackageError: If the archive holds anything but a package; nothing was written.
        RegistryError: If it cannot be read, or `staging` not be written.
    """
    with _opened(path) as archive:
        entries = _entries(archive, path)
        manifest = _check(archive, entries, path)
        _make_room(path, staging, sum(entry.file_size for entry in entries.values()))
        for name, entry in entries.items():
            _extract(archive, entry, staging / name, progress)
    package = Package.open(staging)
    package.verify()
    if package.manifest != manifest:
        raise PackageError(f"{path} was changed while it was read: try it again")
    return package


def is_archive(path: Path) -> bool:
    """Whether a file is a .zip that holds a manifest somewhere, and not only images."""
    try:
        with _opened(path) as archive:
            return any(name.rpartition("/")[2] == MANIFEST for name in archive.namelist())
    except RegistryError:
        return False


class _Bounded(io.FileIO):
    """Refuses to read much at once: all that zipfile reads so is the list of entries, which has seven at most."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > CHUNK_BYTES:
            raise zipfile.BadZipFile(f"its list of entries has {size:,} bytes")
        return super().read(size)


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with _Bounded(path) as file, zipfile.ZipFile(file) as archive:
            yield archive
    except OSError as error:
        raise RegistryError(f"{error.filename or path} cannot be used: {error.strerror or error}") from error
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, NotImplementedError) as error:
        raise PackageError(f"{path} is no .zip with a model package, or a damaged one: {error}") from error


def _entries(archive: zipfile.ZipFile, path: Path) -> dict[str, zipfile.ZipInfo]:
    """By name, the manifest first; each is a plain file with a name that leads nowhere."""
    entries: dict[str, zipfile.ZipInfo] = {}
    # zipfile makes names harmless where it can; what counts is what the archive says.
    check_names(entry.orig_filename for entry in archive.infolist())
    for entry in archive.infolist():
        name, mode = entry.orig_filename, entry.external_attr >> 16
        if name in entries:
            raise PackageError(f"{path} holds {name[:80]!r} twice")
        if name != entry.filename or entry.is_dir() or stat.S_IFMT(mode) not in (0, stat.S_IFREG):
            raise PackageError(f"{path}: {name[:80]!r} is not a plain file: it is refused")
        if entry.flag_bits & _REFUSED_FLAGS or entry.compress_type not in _READABLE:
            raise PackageError(f"{path}: {name[:80]!r} is encrypted, or compressed in a strange way: use `zip -0`")
        entries[name] = entry
    if MANIFEST not in entries:
        raise PackageError(f"{path} has no {MANIFEST} at its top: it is no model package")
    return {MANIFEST: entries.pop(MANIFEST), **entries}


def _check(archive: zipfile.ZipFile, entries: dict[str, zipfile.ZipInfo], path: Path) -> Manifest:
    """Names, sizes and digests, against the manifest; nothing is written."""
    limits = {MANIFEST: MANIFEST_BYTES, **UNVERIFIED}
    for name in limits.keys() & entries.keys():
        if entries[name].file_size > limits[name]:
            raise PackageError(f"{path}: {name} is larger than {limits[name]:,} bytes, which is the most that is read")
    manifest = parse_manifest(b"".join(_chunks(archive, entries[MANIFEST])), f"{path}: {MANIFEST}")
    for name in entries.keys() - manifest.files.keys() - limits.keys():
        raise PackageError(f"{path} holds {name[:80]!r}, which is not in its {MANIFEST}: it is refused")
    digests = manifest.digests()
    for name in digests:
        if name not in entries:
            raise PackageError(f"{path} lacks {name}, which its {MANIFEST} names")
    for read in (False, True):
        for name, entry in entries.items():
            seen = entry.file_size, _digest(archive, entry) if read else None
            if damage := name in digests and difference(name, seen, digests[name], MANIFEST):
                raise PackageError(f"{path}: {damage}: it is damaged or was changed")
    return manifest


def _digest(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> str:
    digest = hashlib.sha256()
    for chunk in _chunks(archive, entry):
        digest.update(chunk)
    return digest.hexdigest()


def _make_room(path: Path, staging: Path, needed: int) -> None:
    free = shutil.disk_usage(staging).free
    if needed > free:
        raise RegistryError(f"{path} holds {needed:,} bytes, and the disk of {staging} has {free:,} left: make room")


def _chunks(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    with archive.open(entry) as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def _extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, progress: Progress) -> None:
    with archive.open(entry) as reader, target.open("xb") as writer:
        copy_bytes(reader, writer, target.name, entry.file_size, progress)


def _add(archive: zipfile.ZipFile, source: Path, progress: Progress) -> None:
    entry = zipfile.ZipInfo(source.name, (1980, 1, 1, 0, 0, 0))
    entry.external_attr, entry.create_system = _MODE, 3
    entry.file_size = source.stat().st_size
    with source.open("rb") as reader, archive.open(entry, "w") as writer:
        copy_bytes(reader, writer, source.name, entry.file_size, progress)
