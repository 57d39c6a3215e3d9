"""`ganzoo interpolate`."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ganzoo.cli.latents import latent_options
from ganzoo.cli.latents.model_options import Best, Device, Label, LastModel, Scale, Show
from ganzoo.cli.output import console
from ganzoo.errors import ConfigError

if TYPE_CHECKING:
    from PIL import Image

    from ganzoo.models.model import Model
    from ganzoo.sampling.latents import Latents

_FRAME_PIXELS = 256
_LEG_MILLISECONDS = 1500
_FASTEST_MILLISECONDS = 20
"""Browsers slow down what is faster."""


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
            show_default="spherical for normal latents, linear for uniform ones",
        ),
    ] = None,
    label: Label = None,
    label_grid: Annotated[
        bool, typer.Option("--label-grid", help="The same latents in every class, a row for each.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="PNG to write.", show_default="MODEL-interpolation.png in this folder")
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
    """Walk from latent to latent: a strip as PNG, and an animation."""
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
    loaded = latent_options.open_model(model, device, best=best)
    latent_options.images_only(loaded, "interpolate")
    if label_grid and not loaded.conditional:
        raise ConfigError(f"{loaded.name} ({loaded.variant}) is not conditional: leave --label-grid out")
    classes: list[int | None] = [*range(loaded.spec.classes)]
    if not label_grid:
        classes = [latent_options.one_label(loaded, label)]
    keys, _ = choice.latents(loaded, 0)
    round_trip = loaded.generator.latent.distribution == "normal" if spherical is None else spherical
    picture = out or Path(f"{loaded.name}-interpolation.png")
    with latent_options.writing(picture):
        strip = _strip(loaded, keys, choice.names, steps, round_trip, classes, scale)
        latent_options.keep(strip, picture, show=show)
        if animate is not None:
            _animate(loaded, keys, frames, round_trip, classes, animate)


def _strip(
    model: Model,
    keys: Latents,
    names: list[str],
    steps: int,
    spherical: bool,
    classes: list[int | None],
    scale: int | None,
) -> Image.Image:
    """A row from each latent to the next, or of several classes a row for each with the whole path."""
    import numpy

    from ganzoo.sampling.latents import interpolate as walk
    from ganzoo.viz import figures

    path = walk(keys, steps, spherical=spherical)
    names = names or [f"#{number}" for number in range(len(keys))]
    between = [""] * (steps - 1)
    if len(classes) > 1:
        images = numpy.concatenate([latent_options.generate(model, path, label) for label in classes])
        below = [""] * (len(images) - len(path))
        for name in names[:-1]:
            below += [name, *between]
        return figures.named_grid(
            images, len(path), names=[*below, names[-1]], row_names=model.spec.class_names, scale=scale
        )
    # Both ends in each row: where one row ends, the next begins.
    rows = numpy.concatenate([numpy.arange(leg * steps, (leg + 1) * steps + 1) for leg in range(len(keys) - 1)])
    below = []
    for start, end in itertools.pairwise(names):
        below += [start, *between, end]
    images = latent_options.generate(model, path, classes[0])
    return figures.named_grid(images[rows], steps + 1, names=below, scale=scale)


def _animate(
    model: Model, keys: Latents, frames: int, spherical: bool, classes: list[int | None], animation: Path
) -> None:
    import numpy

    from ganzoo.sampling.latents import interpolate as walk
    from ganzoo.viz.animation import save_loop
    from ganzoo.viz.grid import grid

    # Round to the first again, whose second appearance is the first frame of the next turn.
    path = walk(numpy.concatenate([keys, keys[:1]]), frames, spherical=spherical)[:-1]
    columns = math.ceil(math.sqrt(len(classes)))
    scale = max(1, _FRAME_PIXELS // (columns * model.spec.resolution))
    images = numpy.stack([latent_options.generate(model, path, label) for label in classes], axis=1)
    milliseconds = max(_LEG_MILLISECONDS // frames, _FASTEST_MILLISECONDS)
    save_loop([grid(frame, columns, scale=scale) for frame in images], animation, milliseconds=milliseconds)
    console.print(f"{animation} ({len(path)} frames)")
