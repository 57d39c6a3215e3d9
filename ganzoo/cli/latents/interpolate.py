"""`ganzoo interpolate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ganzoo.cli.latents import latent_options
from ganzoo.cli.latents.model_options import Best, Device, In, Label, LastModel, Scale, Set, Show, ends_in
from ganzoo.cli.output import console
from ganzoo.errors import ConfigError


def interpolate(
    model: LastModel = None,
    seeds: Annotated[
        str | None,
        typer.Option(help="From seed to seed: 1,2,3. `ganzoo sample --seeds 0-63` shows them.", show_default=False),
    ] = None,
    latents: Annotated[
        Path | None, typer.Option(help="Instead of seeds: an .npz that `nearest` or `arithmetic` wrote.")
    ] = None,
    steps: Annotated[int, typer.Option(help="Steps from each to the next.", min=1, max=1000)] = 8,
    spherical: Annotated[
        bool | None,
        typer.Option(
            "--spherical/--linear",
            help="Along great circles or straight lines.",
            show_default="spherical for normal latents, linear for uniform ones and in w",
        ),
    ] = None,
    label: Label = None,
    set: Set = None,
    space: In = None,
    label_grid: Annotated[
        bool, typer.Option("--label-grid", help="The same latents in every class, a row for each.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            help="PNG to write.", callback=ends_in(".png"), show_default="MODEL-interpolation.png in this folder"
        ),
    ] = None,
    animate: Annotated[
        Path | None, typer.Option(help="Write a .gif or .webp, too, that goes on from the last to the first.")
    ] = None,
    frames: Annotated[int, typer.Option(help="Of the animation, from each to the next.", min=1, max=250)] = 24,
    scale: Scale = None,
    best: Best = False,
    show: Show = False,
    device: Device = "cpu",
) -> None:
    """Walk from latent to latent (or from w to w): a strip as PNG, and an animation."""
    from ganzoo.sampling.settings import parse
    from ganzoo.viz.animation import check_suffix

    choice = latent_options.Choice.parse(0, seeds, latents)
    if choice.seeds is None and choice.file is None:
        raise ConfigError("between which latents? Give --seeds, such as --seeds 1,2,3, or --latents FILE.npz")
    if choice.seeds is not None and len(choice.seeds) < 2:
        raise ConfigError(f"--seeds (={seeds}) is one latent: name at least two, such as --seeds 1,2,3")
    if label_grid and label is not None:
        raise ConfigError("--label is one class and --label-grid all of them: leave one out")
    if animate is not None:
        check_suffix(animate)
    given, where = parse(set or ()), latent_options.space_name(space)
    if choice.file is not None and where not in (None, choice.space):
        raise ConfigError(f"--latents {choice.file} holds {choice.space}, and --in says {where}: leave --in out")
    loaded = latent_options.open_model(model, device, best=best)
    latent_options.images_only(loaded, "interpolate")
    keys = choice.seeds if choice.seeds is not None else choice.latents(loaded, 0)[0]
    where = where if choice.file is None else choice.space
    walk = loaded.interpolate(
        keys, steps=steps, spherical=spherical, label=label, every_class=label_grid, space=where, set=given
    )
    picture = out or Path(f"{loaded.name}-interpolation.png")
    with latent_options.writing(picture):
        latent_options.keep(walk.picture(scale), picture, show=show)
        if animate is not None:
            count = walk.animate(animate, frames=frames)
            console.print(f"{animate} ({count} frames)")
