"""Images or vectors in an `.npz` file."""

from __future__ import annotations

import zipfile
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ganzoo.data.arrays import Labels, Vectors, check_labels, image_shape, names_for, vector_shape
from ganzoo.data.images import Pixels
from ganzoo.data.sources.base import ArraySource, VectorSource
from ganzoo.errors import DataError


def npz(path: Path) -> ArraySource | VectorSource:
    """Open an `.npz`: `images` uint8 (N, H, W) or (N, H, W, C), or vectors as `samples` float32 (N, D).

    Optional are `labels` (N,) and `classes`, their names. The samples are read when they are first needed.

    Raises:
        DataError: If the file is damaged, or an array is missing or not as it must be.
    """
    members = _members(path)
    if "images" in members:
        shape = image_shape(*_describe(path, "images"), f"the images of {path}")
        labels, names = _labels(path, members, shape[0])
        load = partial(_load_images, path, shape)
        return ArraySource(name=path.stem, labels=labels, class_names=names, shape=shape, load=load, place=str(path))
    if "samples" in members:
        rows = vector_shape(*_describe(path, "samples"), f"the samples of {path}")
        labels, names = _labels(path, members, rows[0])
        return VectorSource(
            name=path.stem,
            labels=labels,
            class_names=names,
            shape=rows,
            read=partial(_load_vectors, path),
            place=str(path),
        )
    raise DataError(
        f"{path} has no array `images`, only: {', '.join(sorted(members)) or 'nothing'}; vectors go into `samples`"
    )


def _labels(path: Path, members: set[str], count: int) -> tuple[Labels | None, tuple[str, ...]]:
    """The labels and the names of the classes, of a file that may have neither."""
    names = _class_names(path) if "classes" in members else None
    if "labels" not in members:
        return None, ()
    labels = check_labels(_load(path, "labels"), count, names, f"{path}: labels")
    return labels, names or names_for(labels)


def _members(path: Path) -> set[str]:
    try:
        with zipfile.ZipFile(path) as archive:
            return {name.removesuffix(".npy") for name in archive.namelist()}
    except (OSError, zipfile.BadZipFile) as error:
        raise DataError(f"{path} is not a readable .npz ({error}): it may be cut short") from error


def _describe(path: Path, name: str) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Shape and type of a member from its header, so that a large array is not read to look at it."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open(f"{name}.npy") as file:
            version = np.lib.format.read_magic(file)
            read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            shape, _, dtype = read(file)
            return shape, dtype
    except Exception as error:
        raise _unreadable(path, name, error) from error


def _load(path: Path, name: str) -> NDArray[Any]:
    # Damaged bytes surface as whatever zipfile, zlib and numpy raise; a pickled array as ValueError.
    try:
        with np.load(path, allow_pickle=False) as arrays:
            array: NDArray[Any] = arrays[name]
            return array
    except Exception as error:
        raise _unreadable(path, name, error) from error


def _unreadable(path: Path, name: str, error: Exception) -> DataError:
    return DataError(f"{path}: the array `{name}` cannot be read ({error}); it must be a plain array, not pickled")


def _load_images(path: Path, shape: tuple[int, int, int, int]) -> Pixels:
    return _load(path, "images").reshape(shape)


def _load_vectors(path: Path) -> Vectors:
    return _load(path, "samples")


def _class_names(path: Path) -> tuple[str, ...]:
    names = _load(path, "classes")
    if names.ndim != 1 or names.dtype.kind != "U":
        raise DataError(f"{path}: classes are {names.dtype} of shape {names.shape}, but must be a list of strings")
    return tuple(str(name) for name in names)
