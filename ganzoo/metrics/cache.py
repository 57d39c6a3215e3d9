"""What depends on the reals alone, kept on disk: it is the larger half of the work.

    <home>/metrics/<key>.reference        what an extractor saw: moments, features, classes
    <home>/metrics/<key>-<name>.reals     what a metric made of it: radii of neighborhoods, sums of kernels

Each is 64 hex digits, the sha256 of the rest, and then safetensors. The key is of all that the content depends on: the
data's digest and class names, the extractor and its digest, the resizer and the kind of device. The name is of a
metric's parameters. A file that is damaged is as good as none: it is made again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from ganzoo.core.data_spec import DataSpec
from ganzoo.metrics.comparison import Side
from ganzoo.metrics.extractors.protocol import Extractor
from ganzoo.metrics.moments import Moments
from ganzoo.utils.files import write_atomically
from ganzoo.utils.places import home

# Raised whenever what is kept changes its meaning, so that older files are not found.
_FORMAT = 2
_HEAD_BYTES = 64


def reference_path(spec: DataSpec, extractor: Extractor, device: torch.device) -> Path:
    """Where the look of an extractor at this data is kept."""
    looking = [extractor.name, extractor.digest, extractor.resizer(spec.shape)]
    depends = [spec.digest, spec.class_names, looking, device.type]
    key = hashlib.sha256(json.dumps([_FORMAT, *depends]).encode()).hexdigest()
    return home() / "metrics" / f"{key[:40]}.reference"


def recall(path: Path, device: torch.device, *, features: bool) -> Side | None:
    """What was kept; None if nothing was, it is damaged, or the features are wanted and were not kept."""
    tensors = _read(path)
    if tensors is None:
        return None
    try:
        count, right = (int(value) for value in tensors["numbers"])
        kept = tensors.get("features") if features else None
        if features and kept is None:
            return None
        # MPS has no float64.
        place = torch.device("cpu") if device.type == "mps" else device
        moments = Moments(tensors["mean"].to(place), tensors["scatter"].to(place), count)
        return Side(moments, tensors.get("class_counts"), right, None if kept is None else kept.to(device))
    except (KeyError, ValueError):
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
    return _write(path, tensors)


class Reals:
    """What metrics make of the reals alone.

    Args:
        reference: Where the look at these reals is kept.
        device: Where the tensors are wanted.
        note: Takes a sentence for the user if the disk does not keep one.
    """

    def __init__(self, reference: Path, device: torch.device, note: Callable[[str], None]) -> None:
        self._reference, self._device, self._note = reference, device, note

    def recall(self, name: str, make: Callable[[], Tensor]) -> Tensor:
        """The tensor of that name, as it was kept or as it is made now."""
        path = self._reference.with_name(
            f"{self._reference.stem}-{hashlib.sha256(name.encode()).hexdigest()[:16]}.reals"
        )
        kept = _read(path)
        if kept is not None and "made" in kept:
            made = kept["made"]
            # MPS has no float64.
            return made if self._device.type == "mps" and made.dtype == torch.float64 else made.to(self._device)
        made = make()
        if problem := _write(path, {"made": made}):
            self._note(problem)
        return made


def _read(path: Path) -> dict[str, Tensor] | None:
    try:
        content = path.read_bytes()
    except OSError:
        return None
    if hashlib.sha256(content[_HEAD_BYTES:]).hexdigest().encode() != content[:_HEAD_BYTES]:
        return None
    try:
        return load(content[_HEAD_BYTES:])
    except (SafetensorError, KeyError, ValueError):
        return None


def _write(path: Path, tensors: dict[str, Tensor]) -> str | None:
    payload = save({name: tensor.cpu().contiguous() for name, tensor in tensors.items()})
    try:
        write_atomically(path, hashlib.sha256(payload).hexdigest().encode() + payload)
    except OSError as error:
        return f"features of the reference could not be kept in {path.parent} ({error}): they are made again next time"
    return None
