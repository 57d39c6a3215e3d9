"""Images made of images, by whatever computes the generator. Imports torch only to give tensors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ganzoo import plugins
from ganzoo.core.sampling_option import Settable
from ganzoo.data.guard import naming
from ganzoo.data.images import Fit, header, prepare
from ganzoo.data.sources.containers import Archive, Container, Folder
from ganzoo.data.sources.folder import FileSource
from ganzoo.data.sources.listing import EXTENSIONS, is_image, list_files
from ganzoo.errors import ConfigError, DataError
from ganzoo.sampling.generate import BATCH, GenerativeModel
from ganzoo.sampling.inputs import Inputs
from ganzoo.sampling.settings import Settings
from ganzoo.viz.grid import save_image
from ganzoo.viz.translations import columns_of

if TYPE_CHECKING:
    from ganzoo.models.samples import Samples
    from ganzoo.models.trained import Trained

Images = NDArray[np.float32]


class Named(NamedTuple):
    """Some sources `(n, *source.shape)`, and what they are called: paths below the folder that they are in."""

    names: list[str]
    sources: Images


def shape_of_sources(model: GenerativeModel, set: Settable | None = None) -> tuple[int, int, int]:
    """Of one source; of a model that makes both ways, as `direction` is set.

    Raises:
        ConfigError: If the model makes images of noise.
    """
    if model.spec.source is None:
        able = [variant.name for variant in plugins.variants() if variant.source != "none"]
        others = f"; what translates is a model of {', '.join(able)}" if able else ""
        raise ConfigError(f"{model.name} is a {model.variant}, which makes images of noise and not of images{others}")
    if Settings.of(model, set).options.get("direction") == "BtoA":
        channels, height, width = model.spec.shape
        return channels, height, width
    return model.spec.source.shape


def translate(model: Trained, images: Any, *, seed: int, convert: bool, set: Settable | None) -> Samples:
    """As `Model.translate`."""
    import torch

    from ganzoo.models.samples import Samples

    sources = _sources(model, images, shape_of_sources(model, set), convert=convert)
    made = model.translated(model.generator.latent.draw(len(sources), seed), sources, set)
    return Samples.of(torch.from_numpy(made), model, inputs=Inputs(sources, made[:0]))


def translated_files(
    model: GenerativeModel, place: Path, *, seed: int = 0, convert: bool = False, set: Settable | None = None
) -> Iterator[tuple[str, Images]]:
    """Name and translation `(C, H, W)` of each image of a file, a folder or a .zip, never more of them in memory than a
    batch.

    Raises:
        ConfigError: If the model makes images of noise, or there is no such place.
        DataError: If an image cannot be used.
    """
    done = 0
    for names, sources in read_sources(model, place, shape_of_sources(model, set), convert=convert):
        # The first n of a longer draw are the shorter draw.
        latents = model.generator.latent.draw(done + len(names), seed)[done:]
        yield from zip(names, model.translated(latents, sources, set), strict=True)
        done += len(names)


def read_sources(model: GenerativeModel, place: Path, shape: tuple[int, int, int], *, convert: bool) -> Iterator[Named]:
    """The images of a place, in batches, as the model takes them."""
    path = place.expanduser()
    if path.is_dir() or path.suffix.lower() == ".zip":
        container: Container = Folder(path) if path.is_dir() else Archive(path)
        names = list_files(container).images
    elif path.is_file() and is_image(path.name):
        container, names = Folder(path.parent), (path.name,)
    else:
        raise ConfigError(f"{place} is no image, no folder and no .zip of images")
    if not names:
        raise DataError(f"{path} has no image in it; images end in {', '.join(sorted(EXTENSIONS))}")
    source = FileSource(name=path.stem, container=container, names=names)
    for start in range(0, len(source), BATCH):
        numbers = range(start, min(start + BATCH, len(source)))
        arrays = []
        for index in numbers:
            with naming(source.title(index)):
                image = source.open(index)
            arrays.append(_taken(model, image, source.title(index), shape, convert=convert))
        yield Named([names[index] for index in numbers], np.stack(arrays))


def save_translations(model: Trained, path: Path) -> None:
    """The picture of a model's own inputs: sources, translations and, of pairs, targets."""
    count = 1 if model.inputs is None else len(model.inputs)
    made = model.generate(model.generator.latent.draw(count, 0))
    save_image(made.grid(columns_of(model.spec, count)), path)


def _sources(model: Trained, images: Any, shape: tuple[int, int, int], *, convert: bool) -> Images:
    """Whatever was given, as `(N, *source.shape)` float32 in [-1, 1]."""
    if isinstance(images, str | Path):
        return np.concatenate([named.sources for named in read_sources(model, Path(images), shape, convert=convert)])
    pictures: Sequence[Any] = [images] if isinstance(images, Image.Image) else images
    if isinstance(pictures, list | tuple) and all(isinstance(image, Image.Image) for image in pictures) and pictures:
        titles = [f"image {number}" for number in range(len(pictures))]
        each = zip(pictures, titles, strict=True)
        return np.stack([_taken(model, image, title, shape, convert=convert) for image, title in each])
    array = np.asarray(images)
    if array.ndim != 4 or array.shape[1:] != shape or not len(array):
        raise ConfigError(
            f"the images have shape {array.shape}, and {model.name} takes (N, {', '.join(map(str, shape))}), N > 0"
        )
    if array.dtype.kind != "f":
        raise ConfigError(f"the images are {array.dtype}, and must be floats in [-1, 1]: of uint8, images / 127.5 - 1")
    if not (np.abs(array) <= 1 + 1e-3).all():
        raise ConfigError("the images have values outside [-1, 1], or NaN: of 0 to 255, pass images / 127.5 - 1")
    return array.astype(np.float32)


def _taken(
    model: GenerativeModel, image: Image.Image, title: str, shape: tuple[int, int, int], *, convert: bool
) -> Images:
    """One picture as `(C, H, W)` in [-1, 1], refused where it is of another size or has other channels."""
    channels, height, width = shape
    with naming(title):
        seen = header(image)
    if not convert and (seen.width, seen.height) != (width, height):
        raise ConfigError(
            f"{title} is {seen.width}x{seen.height}, and {model.name} takes {width}x{height}: "
            "--convert (in Python convert=True) crops and resizes"
        )
    if not convert and seen.channels != channels:
        kinds = {1: "gray", 3: "color"}
        raise ConfigError(
            f"{title} is {kinds.get(seen.channels, seen.channels)}, and {model.name} takes "
            f"{kinds.get(channels, f'{channels} channels')}: --convert (in Python convert=True) converts it"
        )
    with naming(title):
        pixels = prepare(image, title, Fit(channels, width, height, resize=True, convert=True, first=title)).pixels
    return pixels.astype(np.float32) / np.float32(127.5) - np.float32(1)
