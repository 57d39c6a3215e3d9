"""Images or vectors in an `.npz` file."""

from __future__ import annotations

import zipfile
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ganzoo.core.data_spec import Note
from ganzoo.data.arrays import Floats, Labels, check_labels, image_shape, number, vector_shape
from ganzoo.data.color import Range, scale
from ganzoo.data.images import Pixels
from ganzoo.data.memory import host_free_bytes
from ganzoo.data.sources.base import ArraySource, VectorSource
from ganzoo.data.sources.containers import open_zip
from ganzoo.errors import DataError
from ganzoo.utils.figures import short_size

# What deflate makes of zeros; a set of images that is worth learning does not come near.
_LARGEST_RATIO, _RATIO_MATTERS_BYTES = 200, 1 << 30
_BLOCK_VALUES = 1 << 24


def npz(path: Path, values: Range | None = None, kept: str = "uint8") -> ArraySource | VectorSource:
    """Open an `.npz`: `images` uint8 (N, H, W) or (N, H, W, C), or vectors as `samples` float32 (N, D).

    Optional are `labels` (N,) and `classes`, their names. The samples are read when they are first needed.

    Args:
        path: Of the file.
        values: Which become black and white; then images may have another type of numbers.
        kept: The type that images are to keep; uint8: others are scaled as `values` says.

    Raises:
        DataError: If the file is damaged, or an array is missing or not as it must be.
    """
    members = _members(path)
    if "images" in members:
        shape, dtype = _describe(path, "images")
        other = dtype not in (np.uint8, np.dtype(kept)) and dtype.kind in "biuf"
        scaled = other and values is not None and kept == "uint8"
        if other and not scaled:
            raise DataError(
                f"the images of {path} are {dtype}, but must be uint8 with values from 0 to 255, or have their range "
                "told: --range 0,1 where 0 is black and 1 is white; --dtype keeps uint16 and float32 as they are"
            )
        whole = scaled or dtype == kept
        shape = image_shape(shape, np.dtype(np.uint8) if whole else dtype, f"the images of {path}")
        labels, names, notes = _labels(path, members, shape[0])
        if scaled:
            notes = (
                *notes,
                Note("range", f"the images of {path} are {dtype} and were scaled as --range says", shape[0]),
            )
        return ArraySource(
            name=path.stem,
            labels=labels,
            class_names=names,
            shape=shape,
            load=partial(_load_images, path, shape, values if scaled else None),
            place=str(path),
            notes=notes,
            scaled=scaled,
            dtype="uint8" if scaled else dtype.name,
        )
    if "samples" in members:
        rows = vector_shape(*_describe(path, "samples"), f"the samples of {path}")
        labels, names, notes = _labels(path, members, rows[0])
        return VectorSource(
            name=path.stem,
            labels=labels,
            class_names=names,
            shape=rows,
            read=partial(_load_vectors, path),
            place=str(path),
            notes=notes,
        )
    raise DataError(
        f"{path} has no array `images`, only: {', '.join(sorted(members)) or 'nothing'}; vectors go into `samples`"
    )


def _labels(path: Path, members: set[str], count: int) -> tuple[Labels | None, tuple[str, ...], tuple[Note, ...]]:
    """The labels and the names of the classes, of a file that may have neither."""
    names = _class_names(path) if "classes" in members else None
    if "labels" not in members:
        return None, (), ()
    labels = check_labels(_load(path, "labels"), count, names, f"{path}: labels")
    return number(labels, f"the labels of {path}") if names is None else (labels, names, ())


def _members(path: Path) -> set[str]:
    with open_zip(path, ".npz") as archive:
        return {name.removesuffix(".npy") for name in archive.namelist()}


def _describe(path: Path, name: str) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Shape and type of a member from its header, so that a large array is not read to look at it.

    Raises:
        DataError: If the member is damaged, is not what its header says, or does not fit into memory.
    """
    try:
        with zipfile.ZipFile(path) as archive, archive.open(f"{name}.npy") as file:
            version = np.lib.format.read_magic(file)
            read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            shape, _, dtype = read(file)
            start, info = file.tell(), archive.getinfo(f"{name}.npy")
    except Exception as error:
        raise _unreadable(path, name, error) from error
    if any(length < 0 for length in shape):
        raise _unreadable(path, name, f"its shape is {shape}")
    if not dtype.hasobject:
        # Whole numbers of Python, which do not overflow.
        size = dtype.itemsize
        for length in shape:
            size *= length
        if start + size != info.file_size:
            raise _unreadable(path, name, f"its header says {shape} of {dtype}, and it has {info.file_size} bytes")
        _check_bytes(path, name, size, info.compress_size)
    return shape, dtype


def _check_bytes(path: Path, name: str, size: int, packed: int) -> None:
    if size > _RATIO_MATTERS_BYTES and size > _LARGEST_RATIO * packed:
        raise DataError(
            f"{path}: the array `{name}` unpacks from {short_size(packed)} to {short_size(size)}, as no data does: "
            "it may be a bomb"
        )
    if size > (free := host_free_bytes()):
        raise DataError(
            f"{path}: the array `{name}` takes {short_size(size)} of memory, and {short_size(free)} are free: save its "
            "images as files in a folder or a .zip, which stream"
        )


def _load(path: Path, name: str) -> NDArray[Any]:
    _describe(path, name)
    # Damaged bytes surface as whatever zipfile, zlib and numpy raise; a pickled array as ValueError.
    try:
        with np.load(path, allow_pickle=False) as arrays:
            array: NDArray[Any] = arrays[name]
            return array
    except Exception as error:
        raise _unreadable(path, name, error) from error


def _unreadable(path: Path, name: str, error: Exception | str) -> DataError:
    return DataError(f"{path}: the array `{name}` cannot be read ({error}); it must be a plain array, not pickled")


def _load_images(path: Path, shape: tuple[int, int, int, int], values: Range | None) -> Pixels:
    images = _load(path, "images").reshape(shape)
    if values is None:
        return images
    scaled = np.empty(shape, np.uint8)
    step = max(1, _BLOCK_VALUES // images[0].size)
    for start in range(0, len(images), step):
        block = images[start : start + step]
        if not np.isfinite(block).all():
            raise DataError(f"the images of {path} have values that are infinite or not a number")
        scaled[start : start + step] = scale(block, values, set())
    return scaled


def _load_vectors(path: Path) -> Floats:
    return _load(path, "samples")


def _class_names(path: Path) -> tuple[str, ...]:
    names = _load(path, "classes")
    if names.ndim != 1 or names.dtype.kind != "U":
        raise DataError(f"{path}: classes are {names.dtype} of shape {names.shape}, but must be a list of strings")
    return tuple(str(name) for name in names)
