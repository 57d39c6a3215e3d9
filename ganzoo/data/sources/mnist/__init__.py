"""MNIST as it ships inside the package: the four original IDX files, checked by digest."""

from __future__ import annotations

import gzip
import hashlib
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np

from ganzoo.data.images import Pixels
from ganzoo.data.sources.base import ArraySource
from ganzoo.errors import DataError

FOLDER = Path(__file__).parent
DIGESTS = {
    "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}
LICENSE = "no license text was published; commonly stated CC BY-SA 3.0; cite LeCun et al., 1998"

_PARTS = {"train": ("train",), "test": ("t10k",), "all": ("train", "t10k")}


def mnist(split: Literal["train", "test", "all"]) -> ArraySource:
    """MNIST: 60,000 (train) and 10,000 (test) gray images of 28x28.

    Raises:
        DataError: If a file is missing or is not the one that was shipped.
    """
    labels = _read(split, "labels-idx1").astype(np.int64)
    return ArraySource(
        name="mnist",
        labels=labels,
        class_names=tuple("0123456789"),
        license=LICENSE,
        shape=(len(labels), 28, 28, 1),
        load=partial(_images, split),
        place="mnist",
        extractor="digits",
    )


def mnist_source(argument: str, split: Literal["train", "test", "all"]) -> ArraySource:
    """What its `DataSource` names."""
    return mnist(split)


def _images(split: str) -> Pixels:
    return _read(split, "images-idx3")[..., None]


def _read(split: str, kind: str) -> Pixels:
    return np.concatenate([_read_idx(f"{part}-{kind}-ubyte.gz") for part in _PARTS[split]])


def _read_idx(name: str) -> Pixels:
    """Read an IDX file of bytes: two zeros, type 8, number of axes, the big-endian length of each, the values."""
    path = FOLDER / name
    try:
        packed = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}): reinstall torch-ganzoo") from error
    if hashlib.sha256(packed).hexdigest() != DIGESTS[name]:
        raise DataError(f"{path} is damaged, its sha256 is not the one that was shipped: reinstall torch-ganzoo")
    raw = gzip.decompress(packed)
    axes = raw[3]
    shape = np.frombuffer(raw, ">i4", axes, offset=4)
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * axes).reshape(shape)
