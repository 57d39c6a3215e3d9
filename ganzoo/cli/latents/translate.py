"""`ganzoo translate`: images made of images, by a run, a model or an ONNX file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Annotated

import typer

from ganzoo.cli.latents import latent_options
from ganzoo.cli.latents.model_options import Best, Device, Set
from ganzoo.cli.output import console
from ganzoo.errors import ConfigError

_ONE = (".png",)


def translate(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL", help="A run, a model as `ganzoo models` shows it, or an .onnx file.", show_default=False
        ),
    ],
    images: Annotated[Path, typer.Argument(help="An image, or a folder or .zip of some.", show_default=False)],
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for one PNG an image, with its name; of a single image also a .png.",
            show_default="NAME-translated",
        ),
    ] = None,
    convert: Annotated[
        bool, typer.Option("--convert", help="Crop, resize and convert images to what the model takes.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Of the latents, where the generator has noise.", min=0)] = 0,
    set: Set = None,
    best: Best = False,
    device: Device = "cpu",
) -> None:
    """Make images of images: of an image, a folder or a .zip, by a model that learned it (pix2pix, CycleGAN)."""
    from ganzoo.models.translation import shape_of_sources, translated_files
    from ganzoo.sampling import settings
    from ganzoo.viz.grid import pictures, save_image
    from ganzoo.viz.samples import pixels

    loaded = latent_options.open_sampled(model, device, best=best)
    given = settings.parse(set or ())
    shape_of_sources(loaded, given)
    single = out is not None and out.suffix.lower() in _ONE
    if single and not images.expanduser().is_file():
        raise ConfigError(f"--out {out} is one picture, and {images} may hold many: name a folder")
    folder = out or Path(f"{images.expanduser().resolve().stem}-translated")
    written: dict[Path, None] = {}
    with latent_options.writing(folder):
        for name, made in translated_files(loaded, images, seed=seed, convert=convert, set=given):
            path = folder if single else folder / PurePosixPath(name).with_suffix(".png")
            if path in written:
                raise ConfigError(f"{images} has two images that would both become {path}: rename one")
            written[path] = None
            save_image(pictures(pixels(made[None], replace(loaded.spec, shape=made.shape)))[0], path)
    count = len(written)
    console.print(str(next(iter(written))) if count == 1 else f"{folder}/ ({count} files)")
