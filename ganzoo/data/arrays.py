"""Checks of samples that come as arrays, and the digest of a set."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ganzoo.core.data_spec import Note
from ganzoo.data.notes import few
from ganzoo.errors import DataError
from ganzoo.plugins.modalities import modality_of

Labels = NDArray[np.int64]
Floats = NDArray[np.float32]

_MOST_CLASSES = 65536
_MOST_CHANNELS = 64


def image_shape(shape: tuple[int, ...], dtype: np.dtype[Any], place: str) -> tuple[int, int, int, int]:
    """Check an image array's shape and type.

    Returns:
        `(N, H, W, C)`, C being 1 where the array has no channel axis.

    Raises:
        DataError: Saying how to save the array instead.
    """
    if dtype != np.uint8:
        raise DataError(f"{place} are {dtype}, but must be uint8 with values from 0 to 255")
    if len(shape) == 4 and shape[3] > 4 and shape[1] in (1, 2, 3, 4):
        raise DataError(
            f"{place} have shape {shape}, with channels first: save images.transpose(0, 2, 3, 1), shape (N, H, W, C)"
        )
    if len(shape) not in (3, 4) or (len(shape) == 4 and shape[3] > _MOST_CHANNELS):
        raise DataError(
            f"{place} have shape {shape}, but must be (N, H, W) or (N, H, W, C) with {_MOST_CHANNELS} channels at most"
        )
    if 0 in shape:
        raise DataError(f"{place} have shape {shape}: there is no image in it")
    return (shape[0], shape[1], shape[2], shape[3] if len(shape) == 4 else 1)


def check_labels(labels: NDArray[Any], count: int, names: tuple[str, ...] | None, place: str) -> Labels:
    """Check that labels are `count` whole numbers from 0 up, below the number of class names where there are any.

    Raises:
        DataError: Naming the first label that is not allowed.
    """
    if not np.issubdtype(labels.dtype, np.integer):
        raise DataError(f"{place} are {labels.dtype}, but must be whole numbers: save labels.astype('int64')")
    if labels.shape != (count,):
        raise DataError(f"{place} have shape {labels.shape}, but must be ({count},): one for each image")
    most = _MOST_CLASSES if names is None else len(names)
    wrong = np.flatnonzero((labels < 0) | (labels >= most))
    if len(wrong):
        known = "" if names is None else f", as there are {most} class names"
        raise DataError(f"{place}[{wrong[0]}] is {labels[wrong[0]]}, but labels must lie in 0..{most - 1}{known}")
    return labels.astype(np.int64)


def vector_shape(shape: tuple[int, ...], dtype: np.dtype[Any], place: str) -> tuple[int, int]:
    """Check an array's shape `(N, D)` and type.

    Raises:
        DataError: Saying how it must be.
    """
    if dtype != np.float32 or len(shape) != 2 or 0 in shape:
        raise DataError(
            f"{place} are {dtype} {shape}, but vectors must be float32 (N, D): save samples.astype('float32')"
        )
    return shape[0], shape[1]


def sample_shape(shape: tuple[int, ...], dtype: np.dtype[Any], kind: str, place: str) -> None:
    """Check shape `(N, ...)` and type of an array of samples.

    Raises:
        DataError: Saying how it must be.
    """
    modality = modality_of(kind)
    if dtype != np.float32 or 0 in shape:
        raise DataError(f"{place} are {dtype} {shape}, but {modality.samples} must be float32, and at least one")
    try:
        modality.check_shape(tuple(shape[1:]))
    except ValueError as error:
        raise DataError(f"{place} {error}") from error


def check_finite(samples: Floats, place: str) -> Floats:
    """The samples as one block of memory.

    Raises:
        DataError: If a value is infinite or not a number.
    """
    if not np.isfinite(samples).all():
        raise DataError(f"{place} have values that are infinite or not a number")
    return np.ascontiguousarray(samples)


def content_digest(hasher: hashlib._Hash, shape: tuple[int, ...], labels: Labels | None) -> str:
    """The digest of a set: sha256 over its samples in order, then their shape, then the labels.

    Args:
        hasher: Already fed with the samples' bytes. It sees them in the same order whether they are kept or
            streamed, so a set has one digest in both modes.
        shape: `(N, ...)`.
        labels: `(N,)` int64.
    """
    hasher.update(json.dumps({"shape": shape, "labeled": labels is not None}).encode())
    if labels is not None:
        hasher.update(np.ascontiguousarray(labels, "<i8").data)
    return hasher.hexdigest()


def class_order(name: str) -> tuple[int, int, str]:
    """The key by which names of classes are sorted: numbers as numbers and first, then words."""
    return (0, int(name), name) if name.isascii() and name.isdecimal() else (1, 0, name)


def number(values: NDArray[np.int64], place: str) -> tuple[Labels, tuple[str, ...], tuple[Note, ...]]:
    """Number labels from 0 that may start elsewhere and have gaps: each number that occurs is a class.

    Returns:
        Labels `(N,)` in `0..K - 1`, the numbers themselves as K names, and a note where they are not the labels.
    """
    found, labels = np.unique(values, return_inverse=True)
    names = tuple(map(str, found.tolist()))
    if len(found) and found[-1] - found[0] + 1 > len(found):
        missing = f"with gaps from {found[0]} to {found[-1]}: the {len(found)} that occur are the classes"
        kept = f" and keep their numbers as names ({few(names)})"
        return labels.astype(np.int64), names, (Note("labels", f"{place} are {missing}{kept}", len(values)),)
    if len(found) and found[0] != 0:
        text = f"{place} are {found[0]} to {found[-1]}: class 0 is the one called {found[0]}"
        return labels.astype(np.int64), names, (Note("labels", text, len(values)),)
    return labels.astype(np.int64), names, ()
