"""The header of a safetensors file, read and checked without torch (the format: 8 bytes of length, JSON, data)."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import numpy
import safetensors

from ganzoo.errors import PackageError
from ganzoo.registry.packages import strict_json
from ganzoo.registry.packages.manifest import DType, TensorEntry

HEADER_BYTES = 4 * 1024 * 1024
"""The longest header that is read."""

_ITEM_BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}

# A float is infinite or NaN where all bits of its exponent are set; on integers that is a quick test of all four types.
_EXPONENTS: Mapping[str, tuple[type[numpy.unsignedinteger[Any]], int]] = {
    "F64": (numpy.uint64, 0x7FF0_0000_0000_0000),
    "F32": (numpy.uint32, 0x7F80_0000),
    "F16": (numpy.uint16, 0x7C00),
    "BF16": (numpy.uint16, 0x7F80),
}
_CHUNK = 1 << 20


def check_tensors(path: Path, expected: Mapping[str, TensorEntry] | None) -> None:
    """Compare a file's tensors with what the manifest names, and look at every weight.

    Args:
        path: Of the file.
        expected: By name; None where the manifest does not say.

    Raises:
        PackageError: If the header is broken, tensors overlap, leave gaps or are not those expected, or a weight is
            infinite or NaN.
    """
    offsets, start = read_header(path)
    if expected is not None:
        _compare(path, {name: entry for name, (entry, _) in offsets.items()}, expected)
    try:
        # What is verified here is loaded by this library later, which has an opinion of its own on headers.
        safetensors.safe_open(path, "numpy")
    except (safetensors.SafetensorError, OSError) as error:
        raise PackageError(f"{path} is not safetensors: {error}") from error
    if path.stat().st_size == start:
        return
    data = numpy.memmap(path, numpy.uint8, "r", offset=start)
    for name, (entry, (first, last)) in offsets.items():
        _check_finite(path, name, entry.dtype, data[first:last])


def read_header(path: Path) -> tuple[dict[str, tuple[TensorEntry, tuple[int, int]]], int]:
    """Tensors with their places in the data, in order of those, and where the data begins, in bytes.

    Raises:
        PackageError: If the header is not as the format has it.
    """
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            length = int.from_bytes(file.read(8), "little")
            if size < 8 or length > min(HEADER_BYTES, size - 8):
                raise PackageError(f"{path} is not safetensors: its header would be {length:,} of {size:,} bytes long")
            header = strict_json.parse(file.read(length), f"the header of {path}")
    except OSError as error:
        raise PackageError(f"{path} cannot be read: {error.strerror or error}") from error
    header.pop("__metadata__", None)
    tensors = {name: _entry(path, name, value) for name, value in header.items()}
    in_order = dict(sorted(tensors.items(), key=lambda item: item[1][1]))
    end = 0
    for name, (_, (first, last)) in in_order.items():
        if first != end:
            raise PackageError(f"{path}: tensor {name[:80]!r} overlaps the one before it, or leaves a gap")
        end = last
    if end != size - 8 - length:
        raise PackageError(f"{path} has {size - 8 - length:,} bytes of data, and its tensors {end:,}")
    return in_order, 8 + length


def _compare(path: Path, seen: Mapping[str, TensorEntry], expected: Mapping[str, TensorEntry]) -> None:
    for name in sorted(seen.keys() ^ expected.keys()):
        side = "the file has it and the manifest does not" if name in seen else "the manifest alone has it"
        raise PackageError(f"{path}: tensor {name[:80]!r}: {side}")
    for name, entry in seen.items():
        if entry != expected[name]:
            raise PackageError(
                f"{path}: tensor {name[:80]!r} is {entry.dtype} {entry.shape}, and the manifest says "
                f"{expected[name].dtype} {expected[name].shape}"
            )


def _entry(path: Path, name: str, value: Any) -> tuple[TensorEntry, tuple[int, int]]:
    try:
        if sorted(value) != ["data_offsets", "dtype", "shape"] or value["dtype"] not in get_args(DType):
            raise ValueError
        first, last = value["data_offsets"]
        numbers = [first, last, *value["shape"]]
        if not all(type(number) is int and 0 <= number < 2**40 for number in numbers) or len(numbers) > 10:
            raise ValueError
        if last - first != math.prod(value["shape"]) * _ITEM_BYTES[value["dtype"]]:
            raise ValueError
        return TensorEntry(shape=tuple(value["shape"]), dtype=value["dtype"]), (first, last)
    except (TypeError, ValueError, KeyError) as error:
        raise PackageError(f"{path}: tensor {name[:80]!r} has a type, shape or place that cannot be") from error


def _check_finite(path: Path, name: str, dtype: str, data: numpy.ndarray) -> None:
    if dtype not in _EXPONENTS:
        return
    kind, exponent = _EXPONENTS[dtype]
    item = numpy.dtype(kind).itemsize
    for start in range(0, len(data), _CHUNK * item):
        # A copy: the data need not be aligned.
        part = numpy.frombuffer(data[start : start + _CHUNK * item].tobytes(), kind)
        if ((part & kind(exponent)) == exponent).any():
            raise PackageError(f"{path}: tensor {name[:80]!r} has weights that are infinite or NaN")
