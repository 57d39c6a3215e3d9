"""`ganzoo nearest`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ganzoo.cli.latents import latent_options
from ganzoo.cli.latents.model_options import Best, DataRoot, Device, Images, In, NamedModel, Scale, Set, Show, ends_in
from ganzoo.cli.output import console, decoding_bar
from ganzoo.core.latent import LARGEST_SEED

if TYPE_CHECKING:
    from ganzoo.models.inversion import Nearest
    from ganzoo.models.model import Model


def nearest(
    model: NamedModel,
    images: Images,
    count: Annotated[
        int, typer.Option("-n", "--count", help="How many images; of more, always the same random choice.", min=1)
    ] = 8,
    label: Annotated[
        str | None,
        typer.Option(
            help="Class of a conditional model, by name or number.", show_default="the one whose samples are nearest"
        ),
    ] = None,
    set: Set = None,
    space: In = None,
    starts: Annotated[int, typer.Option(help="Latents from which the search starts.", min=1, max=1024)] = 16,
    steps: Annotated[int, typer.Option(help="Steps of the search.", min=1)] = 200,
    seed: Annotated[int, typer.Option(help="Of the starts.", min=0, max=LARGEST_SEED)] = 0,
    out: Annotated[
        Path | None,
        typer.Option(
            help="PNG to write.",
            callback=ends_in(".png"),
            show_default="MODEL-nearest.png in this folder",
        ),
    ] = None,
    npz: Annotated[
        Path | None,
        typer.Option(
            callback=ends_in(".npz"),
            help="File for `latents` or `w`, their `labels` and `errors`, which `sample --latents` reads.",
        ),
    ] = None,
    scale: Scale = None,
    data_root: DataRoot = None,
    best: Best = False,
    show: Show = False,
    device: Device = "cpu",
) -> None:
    """Search for the latents whose samples are nearest to images: images over what was found as PNG, and the errors."""
    from ganzoo.models.originals import load_originals
    from ganzoo.sampling.settings import parse

    given, where = parse(set or ()), latent_options.space_name(space)
    loaded = latent_options.open_model(model, device, best=best)
    latent_options.images_only(loaded, "nearest")
    known = None if label is None else loaded.label_of(label)
    with decoding_bar(quiet=False) as decoding:
        originals = load_originals(images, loaded.spec, count, data_root, decoding)
    for note in originals.notes:
        console.print(note)
    found = loaded.nearest(originals.images, label=known, starts=starts, steps=steps, seed=seed, space=where, set=given)
    _say(loaded, found, originals.name)
    picture = out or Path(f"{loaded.name}-nearest.png")
    with latent_options.writing(picture):
        latent_options.keep(found.picture(scale), picture, show=show)
        if npz is not None:
            from ganzoo.sampling import latents

            latents.save(npz, found.latents, found.labels, space=found.space.name, errors=found.errors)
            console.print(str(npz))


def _say(model: Model, found: Nearest, name: str) -> None:
    for number, error in enumerate(found.errors):
        kind = "" if found.labels is None else f", class {model.spec.class_names[found.labels[number]]}"
        console.print(f"{name} #{number}: mean squared error {error:.4f}{kind}")
