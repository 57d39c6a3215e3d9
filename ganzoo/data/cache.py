"""Decoded sets on disk, so that the second run of a set starts at once.

    <home>/data/index/<fingerprint>.json      what is known of a set: spec, notes, skipped files, sizes on disk
    <home>/data/decoded/<digest>.npy          its images, as they are stored, (N, C, H, W)
    <home>/data/decoded/<digest>.labels.npy   its labels, int64 (N,)

The fingerprint is of what is cheap to look at (names, sizes, times or CRCs of the files, and the options), the
digest of what was decoded; sets that decode to the same images share them. Images are written while they are decoded.
A file gets its name only when it is complete and on the disk, so processes may write at the same time, and a kill
leaves nothing half written under a name. When a file is used, its size is compared and its bytes are not hashed: that
would read a large set in full at every start, to find what neither a kill nor a full disk can cause.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from ganzoo.core.data_spec import DataSpec
from ganzoo.data.arrays import Labels
from ganzoo.data.images import Pixels
from ganzoo.data.memory import stored_bytes
from ganzoo.data.options import DataOptions
from ganzoo.utils.figures import short_size
from ganzoo.utils.files import replacing, write_atomically
from ganzoo.utils.places import home

# Raised whenever decoding or the spec changes, so that older entries are not found.
_FORMAT = 3
_MATTERS = ("res", "channels", "dtype", "range", "classes", "limit", "skip_bad")


@dataclass(frozen=True, slots=True)
class Entry:
    """What is remembered of a set.

    Args:
        spec: With its digest and notes.
        skipped: Positions in the selection of the files that could not be used.
    """

    spec: DataSpec
    skipped: tuple[int, ...]


def fingerprint(identity: tuple[object, ...], options: DataOptions) -> str:
    """Name a set, with the options that decide what is decoded, without reading it."""
    values = options.model_dump(include=set(_MATTERS))
    text = json.dumps([_FORMAT, identity, [values[name] for name in _MATTERS]])
    return hashlib.sha256(text.encode()).hexdigest()


def recall(key: str) -> Entry | None:
    """What is known of a set, None if nothing is. A damaged file is as good as none: it is written again."""
    try:
        values = json.loads(_index(key).read_bytes())
        return Entry(DataSpec.from_dict(values["spec"]), tuple(values["skipped"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def fetch(key: str, spec: DataSpec) -> tuple[Pixels, Labels | None] | None:
    """The decoded images, mapped from disk, and the labels; None if they are not there in full."""
    try:
        images = _map(_decoded(spec, ".npy"), (spec.count, *spec.shape), np.dtype(spec.dtype))
        labels = _map(_decoded(spec, ".labels.npy"), (spec.count,), np.dtype(np.int64)) if spec.class_names else None
    except (OSError, ValueError):
        return None
    with contextlib.suppress(OSError):  # when it was used last, where that can be written
        os.utime(_index(key))
    return images, None if labels is None else np.array(labels)


def refusal(spec: DataSpec, budget: int | None) -> str | None:
    """Why the decoded images of a set are not to be kept: a sentence's first half, empty if told so; None if they are.

    Args:
        spec: Of the set.
        budget: Of `--data-disk`, in bytes; None: half of what is free.
    """
    folder = home() / "data"
    while not folder.exists():
        folder = folder.parent
    try:
        free = shutil.disk_usage(folder).free
    except OSError:  # the first write will tell
        return None
    size, most = stored_bytes(spec), free // 2 if budget is None else budget
    if size <= min(free, most):
        return None
    if budget == 0:
        return ""
    seen = f"{spec.count:,} decoded images take {short_size(size)}, too much to keep them in {home() / 'data'}"
    if size > free:
        return f"{seen} ({short_size(free)} are free)"
    ask = f"--data-disk {-(-size // 2**20)}M allows it"
    return f"{seen} (the most is {short_size(most)}; {ask})"


class Growing:
    """Decoded images on their way into the cache, written as they come; `store` gives them their name.

    A disk that takes no more ends the writing and not the decoding. On leaving, what has no name is removed.

    Args:
        key: The set's fingerprint.
        spec: Of the set; its count may turn out too large.
    """

    def __init__(self, key: str, spec: DataSpec) -> None:
        self._spec, self._count = spec, 0
        self._file: BinaryIO | None = None
        self._error: OSError | None = None
        # The digest, and so the name, is known at the end.
        self._aside = home() / "data" / "decoded" / f".{key}.npy.{os.urandom(4).hex()}.part"
        with self._trying():
            self._aside.parent.mkdir(parents=True, exist_ok=True)
            _sweep(self._aside.parent, key)
            self._file = self._aside.open("xb")
            with contextlib.suppress(OSError):  # not every disk knows locks
                _lock(self._file)
            self._write_header()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            # What is buffered may not fit either.
            with contextlib.suppress(OSError):
                self._file.close()
            self._file = None
        with contextlib.suppress(OSError):
            self._aside.unlink()

    def add(self, block: Pixels) -> None:
        """Write images `(n, C, H, W)` behind those before."""
        if self._file is not None:
            with self._trying():
                self._file.write(block.data)
                self._count += len(block)

    def name(self, path: Path) -> None:
        """All are there: put them on the disk under their name.

        Raises:
            OSError: Now, or of what could not be written before.
        """
        if self._file is None:
            raise self._error or ValueError("the file is closed")
        self._file.seek(0)
        self._write_header()
        self._file.close()
        if path.exists() and path.stat().st_size == self._aside.stat().st_size:
            return  # another process was faster, and memory holds the pages of one file once
        with replacing(path) as aside:
            self._aside.replace(aside)

    def _write_header(self) -> None:
        # Its length does not depend on the count: numpy leaves room for arrays that grow.
        assert self._file is not None
        descr = np.lib.format.dtype_to_descr(np.dtype(self._spec.dtype))
        header = {"descr": descr, "fortran_order": False, "shape": (self._count, *self._spec.shape)}
        np.lib.format.write_array_header_1_0(self._file, header)

    @contextlib.contextmanager
    def _trying(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self._error = error
            self.__exit__()


def store(key: str, entry: Entry, images: Growing | None, labels: Labels | None) -> str | None:
    """Remember a set; without `images` only what is known of it.

    Returns:
        None, or the first half of a sentence for the user if the disk does not take it: a run goes on without.
    """
    try:
        write_atomically(_index(key), json.dumps(asdict(entry)))
        if images is not None:
            images.name(_decoded(entry.spec, ".npy"))
        if images is not None and labels is not None:
            with replacing(_decoded(entry.spec, ".labels.npy")) as aside, aside.open("wb") as file:
                np.save(file, labels)
    except OSError as error:
        return f"{entry.spec.count:,} decoded images could not be kept in {home() / 'data'} ({error})"
    return None


def _sweep(folder: Path, key: str) -> None:
    """Remove what killed processes left of a set: who is still writing holds a lock."""
    for left in folder.glob(f".{key}.npy.*.part"):
        with contextlib.suppress(OSError), left.open("rb+") as file:
            _lock(file)
            left.unlink()


def _lock(file: BinaryIO) -> None:
    """Until the file is closed or the process ends. Raises OSError if another process holds it."""
    if os.name == "posix":  # elsewhere nobody can remove an open file
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _index(key: str) -> Path:
    return home() / "data" / "index" / f"{key}.json"


def _decoded(spec: DataSpec, suffix: str) -> Path:
    return home() / "data" / "decoded" / f"{spec.digest}{suffix}"


def _map(path: Path, shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
    # "c": pages stay shared with other processes, and torch accepts the array as writable.
    array = np.lib.format.open_memmap(path, mode="c")
    if array.shape != shape or array.dtype != dtype or path.stat().st_size != array.offset + array.nbytes:
        raise ValueError(f"{path} is not what it was")
    return array
