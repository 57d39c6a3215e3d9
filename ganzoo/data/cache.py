"""Decoded sets on disk, so that the second run of a set starts at once.

    <home>/data/index/<fingerprint>.json      what is known of a set: spec, notes, skipped files, sizes on disk
    <home>/data/decoded/<digest>.npy          its images, as they are stored, (N, C, H, W)
    <home>/data/decoded/<digest>.labels.npy   its labels, int64 (N,)

The fingerprint is of what is cheap to look at (names, sizes, times or CRCs of the files, and the options), the
digest of what was decoded; sets that decode to the same images share them. A file gets its name only when it is
complete and on the disk, so processes may write at the same time, and a kill leaves nothing half written. When a
file is used, its size is compared and its bytes are not hashed: that would read a large set in full at every
start, to find what neither a kill nor a full disk can cause.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ganzoo.core.data_spec import DataSpec
from ganzoo.data.arrays import Labels
from ganzoo.data.images import Pixels
from ganzoo.data.options import DataOptions
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


def store(key: str, entry: Entry, images: Pixels | None, labels: Labels | None) -> str | None:
    """Remember a set; without `images` only what is known of it.

    Returns:
        None, or a sentence for the user if the disk does not take it: a run goes on without.
    """
    arrays = {".npy": images, ".labels.npy": labels} if images is not None else {}
    try:
        for suffix, array in arrays.items():
            if array is not None:
                with replacing(_decoded(entry.spec, suffix)) as aside, aside.open("wb") as file:
                    np.save(file, array)
        write_atomically(_index(key), json.dumps(asdict(entry)))
    except OSError as error:
        return f"the decoded images could not be kept in {home() / 'data'} ({error}): the next run decodes again"
    return None


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
