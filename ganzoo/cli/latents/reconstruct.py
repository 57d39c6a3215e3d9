"""`ganzoo reconstruct`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ganzoo.cli.latents.latent_options import images_only, writing
from ganzoo.cli.latents.model_options import Best, DataRoot, Device, Images, Label, NamedModel, ends_in
from ganzoo.cli.output import console, decoding_bar

if TYPE_CHECKING:
    from torch import Tensor

    from ganzoo.models.model import Model
    from ganzoo.models.originals import Originals

COLUMNS, MOST_SHOWN = 8, 32


def reconstruct(
    model: NamedModel,
    images: Images,
    count: Annotated[
        int | None,
        typer.Option(
            "-n", "--count", help="How many; of more, always the same random choice.", min=1, show_default="32"
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="PNG to write.", callback=ends_in(".png"), show_default="MODEL-reconstructed.png in this folder"
        ),
    ] = None,
    npz: Annotated[
        Path | None,
        typer.Option(
            callback=ends_in(".npz"),
            help="File for `images`, `reconstructions` (uint8 (N, H, W, C)) and `latents` (float32).",
        ),
    ] = None,
    label: Label = None,
    best: Best = False,
    data_root: DataRoot = None,
    device: Device = "cpu",
) -> None:
    """Encode images and make them again: originals over reconstructions as PNG, and how far apart they are."""
    from ganzoo.models.model import load
    from ganzoo.models.originals import load_originals

    loaded = load(model, device, best=best)
    images_only(loaded, "reconstruct")
    loaded.encoder()
    console.print(f"{model}: {loaded.variant} on {loaded.spec.name}, {loaded.images:,} images")
    with decoding_bar(quiet=False) as decoding:
        originals = load_originals(images, loaded.spec, count, data_root, decoding)
    for note in originals.notes:
        console.print(note)
    picture = out or Path(f"{loaded.name}-reconstructed.png")
    with writing(picture):
        _reconstruct(loaded, originals, label, picture, npz)


def _reconstruct(model: Model, originals: Originals, label: str | None, picture: Path, npz: Path | None) -> None:
    import numpy

    from ganzoo.models.encoding import reconstruct as encode_and_generate
    from ganzoo.viz.figures import paired
    from ganzoo.viz.grid import grid, save_image
    from ganzoo.viz.samples import pixels

    reals = originals.images
    latents, reconstructions = encode_and_generate(model, reals, label)
    _say_error(originals.name, reals, reconstructions)
    real_images, made_images = pixels(reals, model.spec), pixels(reconstructions, model.spec)
    # Evenly spaced, so that sets that are sorted by class show some of each.
    shown = numpy.linspace(0, len(reals) - 1, min(MOST_SHOWN, len(reals))).astype(int)
    columns = min(COLUMNS, len(shown))
    save_image(grid(paired(real_images[shown], made_images[shown], columns)[0], columns), picture)
    console.print(str(picture))
    if npz is not None:
        _save(npz, images=real_images, reconstructions=made_images, latents=latents.numpy())
        console.print(str(npz))


def _say_error(name: str, reals: Tensor, reconstructions: Tensor) -> None:
    """Distance and PSNR, each of an image and then averaged; values reach from -1 to 1, so the peak is 2."""
    squared = (reals - reconstructions).flatten(1).square()
    distance = squared.sum(1).sqrt().mean()
    decibels = 10.0 * (4.0 / squared.mean(1).clamp(min=1e-10)).log10().mean()
    count = f"{len(reals):,} image{'s' * (len(reals) != 1)} of {name}"
    console.print(f"{count}: distance {distance:.3f} (mean of ||x - G(E(x))||), PSNR {decibels:.2f} dB")


def _save(path: Path, **arrays: Any) -> None:
    import numpy

    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        numpy.savez_compressed(file, **arrays)
