"""Images of the user's, in the shape that a model takes: for `nearest`, `encode` and `reconstruct`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ganzoo.data.options import DataOptions
from ganzoo.errors import ConfigError
from ganzoo.plugins.modalities import modality_of

if TYPE_CHECKING:
    from torch import Tensor

    from ganzoo.core.data_spec import DataSpec
    from ganzoo.data.decode import Progress

DEFAULT_COUNT = 32
"""Images, unless told otherwise, and the most that a picture shows."""

_SPLIT = re.compile(r"(.+):(train|val|test|all)")


@dataclass(frozen=True, slots=True)
class Originals:
    """Images as a model takes them.

    Args:
        images: `(N, C, H, W)` float32 in [-1, 1].
        name: What they are, for people.
        notes: Sentences for the user.
    """

    images: Tensor
    name: str
    notes: tuple[str, ...]


def load_originals(
    images: str | Path,
    spec: DataSpec,
    count: int | None = None,
    data_root: str | Path | None = None,
    decoding: Progress | None = None,
) -> Originals:
    """Load images in a model's shape.

    Args:
        images: An image, a folder, .zip or .npz of images, or a set by name with a split, as `"mnist:test"`.
        spec: Of the model.
        count: How many; None: at most `DEFAULT_COUNT`.
        data_root: Folder where torchvision sets lie or are downloaded to.
        decoding: Told how the decoding gets on.

    Raises:
        ConfigError: If nothing has that name, or the model makes vectors.
        DataError: If an image cannot be used.
    """
    from ganzoo.data.sources.listing import is_image

    modality = modality_of(spec.kind)
    shape = modality.conversion(spec)
    if not shape:
        raise ConfigError(
            f"this model learned {spec.name}, whose samples are {modality.samples}: there are no images to read"
        )
    path = Path(images).expanduser()
    if path.is_file() and is_image(path.name):
        return _single(path, spec)
    match = _SPLIT.fullmatch(images) if isinstance(images, str) else None
    name, split = (match[1], match[2]) if match else (images, "train")
    options = DataOptions.parse({"data": name, "split": split, **shape, "data_root": data_root})
    return _set(options, count, decoding)


def _single(path: Path, spec: DataSpec) -> Originals:
    import numpy
    import torch
    from PIL import Image

    from ganzoo.data.images import CONVERSIONS, Fit, naming, prepare
    from ganzoo.data.planes import prepare_planes

    _, height, width = spec.shape
    fit = Fit(
        spec.channels,
        width,
        height,
        resize=True,
        convert=True,
        first=str(path),
        values=spec.values,
        dtype=numpy.dtype(spec.dtype),
    )
    with naming(str(path)), Image.open(path) as image:
        prepared = (prepare_planes if fit.kept else prepare)(image, str(path), fit)
    notes = tuple(f"{path}: 1 of 1 images {CONVERSIONS[done]}" for done in sorted(prepared.done))
    pixels = torch.from_numpy(prepared.pixels[None].copy())
    return Originals(modality_of(spec.kind).to_network(pixels, spec), str(path), notes)


def _set(options: DataOptions, count: int | None, decoding: Progress | None) -> Originals:
    import torch

    from ganzoo import data
    from ganzoo.data.sources.base import SampleSource
    from ganzoo.data.sources.locate import locate

    located = locate(options)
    if located.cheap and isinstance(located.open(), SampleSource):
        raise ConfigError(f"{options.data} holds vectors, and the model takes images: name a set of images")
    # Only as many are decoded as are wanted; that there are fewer is worth a note only to one who asked for more.
    wanted, described = count or DEFAULT_COUNT, data.inspect(options)
    if count is not None or described is None or described.count > wanted:
        options = options.model_copy(update={"limit": wanted})
    dataset = data.load(options, "cpu", decoding)
    name = f"{dataset.spec.name} {options.split}"
    notes = (*dataset.notes, *((dataset.spec.fit,) if dataset.spec.fit else ()))
    return Originals(dataset.to_network(dataset.gather(torch.arange(len(dataset)))), name, notes)
