"""What an extractor saw of a reference, kept on disk: the reals are the larger half of the work.

    <home>/metrics/<key>.reference      64 hex digits: sha256 of the rest; then safetensors

The key is of all that the content depends on: the data's digest and class names, the extractor's digest, the resizer
and the kind of device. A file that is damaged is as good as none: it is made again.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import fields
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from ganzoo.core.data_spec import DataSpec
from ganzoo.core.home import home
from ganzoo.metrics.comparison import Side
from ganzoo.metrics.extractors import Extractor
from ganzoo.metrics.fid import Moments

# Raised whenever what is kept changes its meaning, so that older files are not found.
_FORMAT = 1
_HEAD_BYTES = 64


def reference_path(spec: DataSpec, extractor: Extractor, device: torch.device) -> Path:
    """Where the look of an extractor at this data is kept."""
    depends = [spec.digest, spec.class_names, extractor.digest, extractor.resizer(spec.shape), device.type]
    key = hashlib.sha256(json.dumps([_FORMAT, *depends]).encode()).hexdigest()
    return home() / "metrics" / f"{key[:40]}.reference"


def recall(path: Path, device: torch.device, *, features: bool) -> Side | None:
    """What was kept; None if nothing was, it is damaged, or the features are wanted and were not kept."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    if hashlib.sha256(content[_HEAD_BYTES:]).hexdigest().encode() != content[:_HEAD_BYTES]:
        return None
    try:
        tensors = load(content[_HEAD_BYTES:])
        count, right = (int(value) for value in tensors["numbers"])
        kept = tensors.get("features") if features else None
        if features and kept is None:
            return None
        # MPS has no float64.
        place = torch.device("cpu") if device.type == "mps" else device
        moments = Moments(tensors["mean"].to(place), tensors["scatter"].to(place), count)
        return Side(moments, tensors.get("class_counts"), right, None if kept is None else kept.to(device))
    except (SafetensorError, KeyError, ValueError):
        return None


def keep(path: Path, side: Side) -> str | None:
    """Keep a look at a reference.

    Returns:
        None, or a sentence for the user if the disk does not take it: figures need it no more.
    """
    numbers = torch.tensor([side.count, side.right])
    tensors = {"mean": side.moments.mean, "scatter": side.moments.scatter, "numbers": numbers}
    tensors |= {
        field.name: value
        for field in fields(side)
        if field.name in ("class_counts", "features") and isinstance(value := getattr(side, field.name), Tensor)
    }
    payload = save({name: tensor.cpu().contiguous() for name, tensor in tensors.items()})
    try:
        write_atomically(path, hashlib.sha256(payload).hexdigest().encode() + payload)
    except OSError as error:
        return f"features of the reference could not be kept in {path.parent} ({error}): they are made again next time"
    return None


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file in one move, so that there is never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not mkstemp: its files are for their owner alone, and this one keeps its mode.
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with aside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
