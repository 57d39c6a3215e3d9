"""`ganzoo arithmetic`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ganzoo.cli.latents import latent_options
from ganzoo.cli.latents.model_options import Best, Device, In, Label, LastModel, Scale, Set, Show, ends_in
from ganzoo.cli.output import console
from ganzoo.core.latent import LARGEST_SEED


def arithmetic(
    model: LastModel = None,
    plus: Annotated[
        list[str] | None,
        typer.Option(
            "--plus",
            help="Seeds whose mean is added: at least three, as 3,17,42. May be given again. "
            "`ganzoo sample --seeds 0-63` shows them.",
            show_default=False,
        ),
    ] = None,
    minus: Annotated[
        list[str] | None,
        typer.Option("--minus", help="Seeds whose mean is subtracted. May be given again.", show_default=False),
    ] = None,
    label: Label = None,
    set: Set = None,
    space: In = None,
    noise: Annotated[
        float, typer.Option(help="Largest of the uniform noise that makes the result's eight neighbors.", min=0)
    ] = 0.25,
    seed: Annotated[int, typer.Option(help="Of that noise.", min=0, max=LARGEST_SEED)] = 0,
    out: Annotated[
        Path | None,
        typer.Option(
            help="PNG to write.", callback=ends_in(".png"), show_default="MODEL-arithmetic.png in this folder"
        ),
    ] = None,
    npz: Annotated[
        Path | None,
        typer.Option(
            callback=ends_in(".npz"),
            help="File for the resulting latent, which `sample --latents` reads.",
        ),
    ] = None,
    scale: Scale = None,
    best: Best = False,
    show: Show = False,
    device: Device = "cpu",
) -> None:
    """Add and subtract the mean latents of groups of samples, as DCGAN's figure 7 does.

    The figure has a column for each group, its samples above their mean's, and the result amid eight neighbors.
    """
    from ganzoo.sampling import latents
    from ganzoo.sampling.settings import parse

    groups = [
        [latent_options.parse_seeds(option, text) for text in texts or ()]
        for option, texts in (("--plus", plus), ("--minus", minus))
    ]
    latents.check_groups(*groups)
    given, where = parse(set or ()), latent_options.space_name(space)
    loaded = latent_options.open_model(model, device, best=best)
    latent_options.images_only(loaded, "arithmetic")
    found = loaded.arithmetic(*groups, label=label, noise=noise, seed=seed, space=where, set=given)
    picture = out or Path(f"{loaded.name}-arithmetic.png")
    with latent_options.writing(picture):
        latent_options.keep(found.picture(scale), picture, show=show)
        if npz is not None:
            latents.save(npz, found.latents, loaded.labels(1, found.label), space=found.space.name)
            console.print(str(npz))
