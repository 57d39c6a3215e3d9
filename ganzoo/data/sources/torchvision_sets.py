"""Any torchvision data set by name. torchvision is only imported when a set is opened."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ganzoo.core.data_spec import Note
from ganzoo.data.arrays import Labels, number
from ganzoo.data.sources.base import ArraySource, Source
from ganzoo.errors import ConfigError, DataError, GanzooError

# Torchvision knows a set's parts as `train=True`, or by name in a parameter of one of these names.
_PART_PARAMETERS = ("train", "split", "image_set")
_PARTS: Mapping[str, tuple[str, ...]] = {
    "train": ("train", "trainval"),
    "val": ("val", "valid", "validation"),
    "test": ("test", "val", "valid"),
}
_NOT_SETS = frozenset(("ImageFolder", "DatasetFolder", "FakeData", "VisionDataset", "wrap_dataset_for_transforms_v2"))
_LICENSES = {"FashionMNIST": "MIT, Copyright 2017 Zalando SE"}


@dataclass(frozen=True, eq=False, kw_only=True)
class TorchvisionSource(Source):
    """A torchvision set whose images are opened one by one; `dataset` is one, or a `ConcatDataset` of its parts."""

    dataset: Any

    def __len__(self) -> int:
        return len(self.dataset)

    def title(self, index: int) -> str:
        return f"image {index} of {self.name}"

    def open(self, index: int) -> Image.Image:
        sample = self.dataset[index]
        image = sample[0] if isinstance(sample, tuple) else sample
        if not isinstance(image, Image.Image):
            raise DataError(f"{self.name} is not a set of single images, so ganzoo cannot learn from it")
        return image


def simplify(name: str) -> str:
    """The spelling in which names are compared: `Fashion-MNIST` is `fashionmnist`."""
    return name.lower().replace("-", "").replace("_", "")


@cache
def known_sets() -> Mapping[str, str]:
    """Torchvision's class names by their simplified spelling.

    They are read from torchvision's source, because importing it takes a second or more and provides torch, which
    is too long to say that a name was mistyped.
    """
    spec = importlib.util.find_spec("torchvision")
    if spec is None or spec.origin is None:
        return {}
    module = ast.parse((Path(spec.origin).parent / "datasets" / "__init__.py").read_text(encoding="utf-8"))
    for node in module.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return {simplify(name): name for name in ast.literal_eval(node.value) if name not in _NOT_SETS}
    return {}


def spelled(class_name: str) -> str:
    """How messages spell a set: `FashionMNIST` is `fashion-mnist`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z]{2})", "-", class_name).lower()


def torchvision_set(class_name: str, root: Path, split: str) -> Source:
    """Open a set whose files lie under `root`, or download them to there.

    Raises:
        ConfigError: If the set has no such split.
        DataError: If its files are not there and cannot be downloaded, or it cannot be used.
    """
    from torch.utils.data import ConcatDataset
    from torchvision import datasets

    kind = getattr(datasets, class_name)
    name = spelled(class_name)
    try:
        parts = [_part(kind, name, root, part) for part in (("train", "test") if split == "all" else (split,))]
    except GanzooError:
        raise
    except ImportError as error:
        raise DataError(f"{name} needs a package that is not installed: {error}") from error
    # Torchvision checks little of what it finds in a folder: damaged files surface as whatever reading them raises.
    except Exception as error:
        raise DataError(f"{name} cannot be read from {root} ({_first_line(error)}): remove its files there") from error
    parts = [part for part in parts if part is not None]
    if not parts:
        raise ConfigError(f"--split {split}: {name} has one part only, so use --split train or --split all")
    labels, class_names, notes = _classes(name, parts)
    common: dict[str, Any] = {
        "name": name,
        "labels": labels,
        "class_names": class_names,
        "license": _LICENSES.get(class_name),
        "notes": notes,
    }
    if isinstance(parts[0], datasets.MNIST | datasets.CIFAR10):  # held in memory as one array
        images = np.concatenate([np.asarray(part.data) for part in parts])
        images = images.reshape(*images.shape[:3], -1)
        return ArraySource(**common, shape=images.shape, load=lambda: images, place=name)
    return TorchvisionSource(**common, dataset=ConcatDataset(parts))


def _part(kind: type[Any], name: str, root: Path, part: str) -> Any:
    """One part of a set; None for the test part of a set that has no parts."""
    parameters = inspect.signature(kind).parameters
    parameter = next((parameter for parameter in _PART_PARAMETERS if parameter in parameters), None)
    if parameter is None:
        return _build(kind, name, root, {}) if part == "train" else None
    if parameter == "train" and part == "val":
        raise ConfigError(f"--split val: {name} has no such part, so use --split train, test or all")
    if parameter == "train":
        return _build(kind, name, root, {"train": part == "train"})
    refused: list[str] = []
    for value in _PARTS[part]:
        try:
            return _build(kind, name, root, {parameter: value})
        except ValueError as error:
            refused.append(f"{value}: {error}")
    raise ConfigError(f"--split {part}: torchvision's {kind.__name__} has no such part ({'; '.join(refused)})")


def _build(kind: type[Any], name: str, root: Path, arguments: Mapping[str, Any]) -> Any:
    from torchvision import datasets

    parameters = inspect.signature(kind).parameters
    required = [name for name, parameter in parameters.items() if parameter.default is parameter.empty]
    if not {"root", "kwargs", *arguments}.issuperset(required):
        raise DataError(f"{name} cannot be opened by its name alone: torchvision wants {', '.join(required)}")
    # MNIST's relatives hide the parameter behind **kwargs.
    downloads = "download" in parameters or issubclass(kind, datasets.MNIST)
    try:
        return kind(root=str(root), **arguments)
    except (RuntimeError, OSError) as error:
        if not downloads:
            raise DataError(f"{name} cannot be opened in {root}: {_first_line(error)}") from error
    try:
        root.mkdir(parents=True, exist_ok=True)
        return kind(root=str(root), **arguments, download=True)
    except (RuntimeError, OSError) as error:
        raise DataError(
            f"{name} is not in {root} and could not be downloaded ({_first_line(error)}): put its files there as "
            "torchvision lays them out, or give the folder that has them with --data-root"
        ) from error


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _labels(parts: list[Any]) -> Labels | None:
    found = [_targets(part) for part in parts]
    labels = np.concatenate(found) if all(item.ndim == 1 for item in found) else np.zeros(0)
    if not np.issubdtype(labels.dtype, np.integer) or len(labels) == 0 or labels.min() < 0:
        return None
    return labels.astype(np.int64)


def _targets(dataset: Any) -> np.ndarray[Any, Any]:
    """The targets of a set: torchvision has three names for them, and sets that have none must be walked through."""
    for attribute in ("targets", "labels", "_labels"):
        targets = getattr(dataset, attribute, None)
        if targets is not None and len(targets) == len(dataset):
            return np.asarray(targets)
    first = dataset[0]
    if isinstance(first, tuple) and isinstance(first[1], int):
        return np.array([dataset[index][1] for index in range(len(dataset))])
    return np.zeros(0)


def _classes(name: str, parts: list[Any]) -> tuple[Labels | None, tuple[str, ...], tuple[Note | str, ...]]:
    labels = _labels(parts)
    if labels is None:
        return None, (), (f"{name} has no whole-number labels, so it is used without labels",)
    names = getattr(parts[0], "classes", None)
    if names is None or len(names) <= labels.max():
        return number(labels, f"the labels of {name}")
    return labels, tuple(map(str, names)), ()
