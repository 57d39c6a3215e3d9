"""`ganzoo reconstruct`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ganzoo.cli.completion import complete_run
from ganzoo.cli.latent_options import writing
from ganzoo.cli.output import console, decoding_bar
from ganzoo.data.options import DataOptions
from ganzoo.errors import ConfigError

if TYPE_CHECKING:
    import numpy
    from torch import Tensor

    from ganzoo.core.data_spec import DataSpec
    from ganzoo.model import Model

DEFAULT_COUNT = 32
"""Images, unless told otherwise, and the most that the picture shows."""

COLUMNS = 8
_SPLIT = re.compile(r"(.+):(train|test|all)")


@dataclass(frozen=True, slots=True)
class Originals:
    """Images as a model takes them.

    Args:
        pixels: uint8 `(N, C, H, W)`.
        name: What they are, for people.
        notes: Sentences for the user.
    """

    pixels: Tensor
    name: str
    notes: tuple[str, ...]


def reconstruct(
    model: Annotated[
        str, typer.Argument(help="A run whose variant encodes.", show_default=False, autocompletion=complete_run)
    ],
    images: Annotated[
        str,
        typer.Argument(
            help="An image, a folder, .zip or .npz of images, or a set by name with a split, as mnist:test. They are "
            "brought to the size and the channels that the model makes.",
            show_default=False,
        ),
    ],
    count: Annotated[
        int | None,
        typer.Option(
            "-n", "--count", help="How many; of more, always the same random choice.", min=1, show_default="32"
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="PNG to write.", show_default="MODEL-reconstructed.png in this folder")
    ] = None,
    npz: Annotated[
        Path | None,
        typer.Option(help="File for `images`, `reconstructions` (uint8 (N, H, W, C)) and `latents` (float32)."),
    ] = None,
    best: Annotated[bool, typer.Option("--best", help="The best checkpoint of a run that was evaluated.")] = False,
    data_root: Annotated[
        Path | None, typer.Option(help="Folder where torchvision sets lie or are downloaded to.", show_default=False)
    ] = None,
    device: Annotated[str, typer.Option(help="Where to compute.")] = "cpu",
) -> None:
    """Encode images and make them again: originals over reconstructions as PNG, and how far apart they are."""
    from ganzoo.model import load

    loaded = load(model, device, best=best)
    if loaded.spec.kind != "image":
        raise ConfigError(f"`ganzoo reconstruct` is for images, and {loaded.name} makes vectors: use Model.reconstruct")
    loaded.encoder()
    console.print(f"{model}: {loaded.variant} on {loaded.spec.name}, {loaded.images:,} images", markup=False)
    originals = load_originals(images, loaded.spec, count, data_root)
    for note in originals.notes:
        console.print(note, markup=False)
    picture = out or Path(f"{loaded.name}-reconstructed.png")
    with writing(picture):
        _reconstruct(loaded, originals, picture, npz)


def _reconstruct(model: Model, originals: Originals, picture: Path, npz: Path | None) -> None:
    from ganzoo import sampling
    from ganzoo.data.sampler import scale

    reals = scale(originals.pixels)
    latents = model.encode(reals)
    reconstructions = sampling.generate(model.generator, latents.numpy())
    _say_error(originals.name, reals, reconstructions)
    real_images, made_images = sampling.to_uint8(reals), sampling.to_uint8(reconstructions)
    sampling.save_image(sampling.grid(*_in_pairs(real_images, made_images)), picture)
    console.print(str(picture), markup=False)
    if npz is not None:
        _save(npz, images=real_images, reconstructions=made_images, latents=latents.numpy())
        console.print(str(npz), markup=False)


def _say_error(name: str, reals: Tensor, reconstructions: Tensor) -> None:
    """Distance and PSNR, each of an image and then averaged; values reach from -1 to 1, so the peak is 2."""
    squared = (reals - reconstructions).flatten(1).square()
    distance = squared.sum(1).sqrt().mean()
    decibels = 10.0 * (4.0 / squared.mean(1).clamp(min=1e-10)).log10().mean()
    count = f"{len(reals):,} image{'s' * (len(reals) != 1)} of {name}"
    console.print(f"{count}: distance {distance:.3f} (mean of ||x - G(E(x))||), PSNR {decibels:.2f} dB", markup=False)


def _in_pairs(originals: numpy.ndarray, reconstructions: numpy.ndarray) -> tuple[numpy.ndarray, int]:
    """Images for a grid, and its columns: a row of originals, below it their reconstructions, and so on."""
    import numpy

    # Evenly spaced, so that sets that are sorted by class show some of each.
    shown = numpy.linspace(0, len(originals) - 1, min(DEFAULT_COUNT, len(originals))).astype(int)
    columns = min(COLUMNS, len(shown))
    dark = numpy.full_like(originals[:1], 32)
    rows = []
    for start in range(0, len(shown), columns):
        chosen = shown[start : start + columns]
        padding = [dark] * (columns - len(chosen))
        rows += [originals[chosen], *padding, reconstructions[chosen], *padding]
    return numpy.concatenate(rows), columns


def _save(path: Path, **arrays: Any) -> None:
    import numpy

    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        numpy.savez_compressed(file, **arrays)


def load_originals(images: str, spec: DataSpec, count: int | None, data_root: Path | None) -> Originals:
    """Load images in the model's shape.

    Raises:
        ConfigError: If nothing has that name.
        DataError: If an image cannot be used.
    """
    from ganzoo.data.files import is_image

    path = Path(images).expanduser()
    if path.is_file() and is_image(path.name):
        return _single(path, spec)
    match = _SPLIT.fullmatch(images)
    name, split = (match[1], match[2]) if match else (images, "train")
    options = DataOptions.parse(
        {"data": name, "split": split, "res": spec.resolution, "channels": spec.channels, "data_root": data_root}
    )
    return _set(options, count)


def _single(path: Path, spec: DataSpec) -> Originals:
    import torch
    from PIL import Image

    from ganzoo.data.images import CONVERSIONS, Fit, naming, prepare

    fit = Fit(spec.channels, spec.resolution, resize=True, convert=True, first=str(path))
    with naming(str(path)), Image.open(path) as image:
        prepared = prepare(image, str(path), fit)
    notes = tuple(f"{path}: 1 of 1 images {CONVERSIONS[done]}" for done in sorted(prepared.done))
    return Originals(torch.from_numpy(prepared.pixels[None].copy()), str(path), notes)


def _set(options: DataOptions, count: int | None) -> Originals:
    import torch

    from ganzoo import data
    from ganzoo.data.locate import locate
    from ganzoo.data.vectors import VectorSource

    located = locate(options)
    if located.cheap and isinstance(located.open(), VectorSource):
        raise ConfigError(f"{options.data} holds vectors, and the model takes images: name a set of images")
    # Only as many are decoded as are wanted; that there are fewer is worth a note only to one who asked for more.
    wanted, described = count or DEFAULT_COUNT, data.inspect(options)
    if count is not None or described is None or described.count > wanted:
        options = options.model_copy(update={"limit": wanted})
    with decoding_bar(quiet=False) as decoding:
        dataset = data.load(options, "cpu", decoding)
    name = f"{dataset.spec.name} {options.split}"
    notes = (*dataset.notes, *((dataset.spec.fit,) if dataset.spec.fit else ()))
    return Originals(dataset.gather(torch.arange(len(dataset))), name, notes)
