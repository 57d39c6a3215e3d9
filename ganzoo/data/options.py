"""`DataOptions`: which data to learn from, and how it is converted to one shape. Imports pydantic, never torch."""

from __future__ import annotations

import math
import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from ganzoo.core.config import Count, Options
from ganzoo.data.guard import MAX_PIXELS

_BYTES = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}

_LARGEST_SIDE = 2**20


def parse_data(value: Any) -> Any:
    """Turn a path into text that means a path, whatever sets there are of that name; leave text as it is."""
    if not isinstance(value, os.PathLike):
        return value
    text = os.fspath(value)
    separated = "/" in text or os.sep in text or text.startswith("~")
    return text if separated else os.path.join(os.curdir, text)


def parse_bytes(value: Any) -> Any:
    """Turn `"500M"` or `"2G"` into bytes (powers of 1024); leave anything else for pydantic to judge."""
    if not isinstance(value, str):
        return value
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?\s*", value.lower())
    if match is None:
        raise ValueError("must be a size in bytes, and may end in K, M, G or T: 500M, 2G")
    return int(float(match[1]) * _BYTES[match[2]])


def parse_classes(value: Any) -> Any:
    """Turn `"3,7"` or `"cat,dog"` into a tuple; leave anything else for pydantic to judge."""
    if not isinstance(value, str | int):
        return value
    items = [item.strip() for item in str(value).split(",")]
    if not all(items):
        raise ValueError("must be class numbers or names with commas between them: 3,7 or cat,dog")
    return tuple(int(item) if item.isdecimal() else item for item in items)


def parse_range(value: Any) -> Any:
    """Turn `"0,4095"` into two numbers, the lower first; leave anything else for pydantic to judge."""
    parts = value.split(",") if isinstance(value, str) else value
    try:
        low, high = map(float, parts)
    except (TypeError, ValueError) as error:
        raise ValueError(
            "must be two numbers with a comma between them, what is black and what is white: 0,4095"
        ) from error
    if not low < high or math.isinf(low) or math.isinf(high):
        raise ValueError("must be two finite numbers, of which the first is the lower: 0,4095")
    return low, high


def parse_size(value: Any) -> Any:
    """Turn `"96x64"` into (width, height) and `"64"` or `"64x64"` into 64; leave what is no size for pydantic."""
    parts = value.lower().split("x") if isinstance(value, str) else value
    sides = list(parts) if isinstance(parts, list | tuple) else [parts]
    try:
        sides = [int(side) if isinstance(side, str) else side for side in sides]
    except ValueError:
        sides = []
    if len(sides) not in (1, 2) or not all(isinstance(side, int) and not isinstance(side, bool) for side in sides):
        raise ValueError("must be pixels, as 64, or width and height, as 96x64")
    if not min(sides) > 0:
        raise ValueError("must be greater than 0")
    if max(sides) > _LARGEST_SIDE:
        raise ValueError(f"must be less than or equal to {_LARGEST_SIDE}")
    return sides[0] if sides[0] == sides[-1] else tuple(sides)


def _parse_channels(value: Any) -> Any:
    return int(value) if isinstance(value, str) and value.isdecimal() else value


ByteSize = Annotated[int, BeforeValidator(parse_bytes)]
"""A number of bytes that may be written `500M` or `2G`."""

Classes = Annotated[tuple[int | str, ...], BeforeValidator(parse_classes)]
"""Class numbers or names that may be written `3,7`."""

PixelRange = Annotated[tuple[float, float], BeforeValidator(parse_range)]
"""What becomes black and what becomes white, that may be written `0,4095`."""

Size = Annotated[int | tuple[int, int], BeforeValidator(parse_size)]
"""A side of a square in pixels, or (width, height), that may be written `96x64`."""

Channels = Annotated[int, BeforeValidator(_parse_channels), Field(ge=1, le=64)]


class DataOptions(Options):
    """Which samples a run learns from. A field becomes an option of the command line: `data_root` is `--data-root`."""

    data: Annotated[str, BeforeValidator(parse_data)] = Field(
        "mnist",
        min_length=1,
        description="mnist, stacked-mnist, a torchvision set by name (fashion-mnist, cifar10, ...), a toy mixture "
        "(ring, grid, cities, normal1d), a plugin's set (NAME or NAME:ARGUMENT), a folder of images whose "
        "sub-folders are the classes (or with a dataset.json, metadata.csv or metadata.jsonl), a .zip of one, or an "
        ".npz with `images` (or vectors as `samples`) and optional `labels`, or a table as .csv or .csv.gz; a name "
        "wins over a file of that name, so write ./mnist for the file",
    )
    data_root: Path | None = Field(
        None, description="folder where torchvision sets lie or are downloaded to (default: in ganzoo's home)"
    )
    split: Literal["train", "val", "test", "all"] = Field(
        "train",
        description="part of the set; of a folder or .zip, its folders train, val (or valid) and test; what has no "
        "parts is train and all",
    )
    source: Literal["none", "paired", "unpaired"] = Field(
        "none",
        description="what images are made of: nothing, images in pairs with them, or images of a set of their own; a "
        "variant decides it",
    )
    direction: Literal["AtoB", "BtoA"] | None = Field(
        None,
        description="of pairs or two sets A and B, which is made of which; left is A, right is B, where they are side "
        "by side (default: AtoB)",
    )
    res: Size | None = Field(
        None,
        description="size in pixels, 64 or WIDTHxHEIGHT as 96x64: images are cropped around their center to its ratio "
        "and resized, except that 28 to 32 is padded (default: as they are)",
    )
    channels: Channels | None = Field(
        None, description="1 for gray, 3 for color, 4 for color and alpha (default: as the first image, without alpha)"
    )
    dtype: Literal["uint8", "uint16", "float32"] = Field(
        "uint8", description="numbers that images are kept as: of 16 bits or floating-point ones if told so, else of 8"
    )
    range: PixelRange | None = Field(
        None,
        description="LOW,HIGH: the pixel values that become black and white, of files of 12 bits in 16, floating-point "
        "numbers, masks of 0 and 1 (default: 0 to 255, or to 65535)",
    )
    max_pixels: Count = Field(
        MAX_PIXELS,
        gt=0,
        description="an image of more pixels is refused before it is decoded, as it may be a decompression bomb",
    )
    classes: Classes | None = Field(
        None, min_length=1, description="only these classes, by name or number: 3,7; renumbered from 0 in their order"
    )
    limit: Count | None = Field(
        None,
        gt=0,
        description="use N images: always the same random choice whatever the run's seed, so that classes stay mixed",
    )
    data_memory: ByteSize | None = Field(
        None,
        ge=0,
        description="a set of more bytes than this streams from disk instead of staying on the device, e.g. 500M or "
        "2G (default: half of the free memory)",
    )
    data_disk: ByteSize | None = Field(
        None,
        ge=0,
        description="a set of no more bytes than this is kept decoded in ganzoo's home, e.g. 50G, and a set that "
        "streams is read from there; 0 keeps none (default: half of what is free on that disk)",
    )
    skip_bad: bool = Field(False, description="leave out files that cannot be used, and count them")
    workers: int | None = Field(
        None,
        ge=0,
        le=1024,
        description="threads that decode, and processes that stream (default: one for each core, at most 8)",
    )

    @model_validator(mode="after")
    def _know_range(self) -> Self:
        if self.dtype == "float32" and self.range is None:
            raise ValueError("--dtype float32 needs --range LOW,HIGH: what networks are to see as -1 and 1")
        return self

    @property
    def size(self) -> tuple[int, int] | None:
        """`(width, height)` of `--res`; None where it is not given."""
        return (self.res, self.res) if isinstance(self.res, int) else self.res
