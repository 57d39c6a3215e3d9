"""`ganzoo arithmetic`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ganzoo.cli.latents import latent_options
from ganzoo.cli.latents.model_options import Best, Device, Label, LastModel, Scale, Show
from ganzoo.cli.output import console
from ganzoo.core.latent import LARGEST_SEED
from ganzoo.errors import ConfigError

if TYPE_CHECKING:
    from PIL import Image

    from ganzoo.models.model import Model
    from ganzoo.sampling.latents import Latents


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
    noise: Annotated[
        float, typer.Option(help="Largest of the uniform noise that makes the result's eight neighbors.", min=0)
    ] = 0.25,
    seed: Annotated[int, typer.Option(help="Of that noise.", min=0, max=LARGEST_SEED)] = 0,
    out: Annotated[
        Path | None, typer.Option(help="PNG to write.", show_default="MODEL-arithmetic.png in this folder")
    ] = None,
    npz: Annotated[
        Path | None, typer.Option(help="File for the resulting latent, which `sample --latents` reads.")
    ] = None,
    scale: Scale = None,
    best: Best = False,
    show: Show = False,
    device: Device = "cpu",
) -> None:
    """Add and subtract the mean latents of groups of samples, as DCGAN's figure 7 does.

    The figure has a column for each group, its samples above their mean's, and the result amid eight neighbors.
    """
    groups = _groups(plus or [], minus or [])
    loaded = latent_options.open_model(model, device, best=best)
    latent_options.images_only(loaded, "arithmetic")
    known = latent_options.one_label(loaded, label)
    from ganzoo.sampling import latents

    drawn = [(sign, seeds, latents.of_seeds(loaded.generator.latent, seeds)) for sign, seeds in groups]
    added = [group for sign, _, group in drawn if sign == "+"]
    result = latents.combine(added, [group for sign, _, group in drawn if sign == "-"])
    neighbors = latents.around(result, 8, seed, noise)
    picture = out or Path(f"{loaded.name}-arithmetic.png")
    with latent_options.writing(picture):
        latent_options.keep(_figure(loaded, drawn, result, neighbors, known, scale), picture, show=show)
        if npz is not None:
            latents.save(npz, result[None], loaded.labels(1, None if known is None else [known]))
            console.print(str(npz))


def _groups(plus: list[str], minus: list[str]) -> list[tuple[str, list[int]]]:
    """Signs and seeds in the order in which they are shown: as a - b + c, since the options' own order is not known.

    Raises:
        ConfigError: If there is nothing to add, or a group is too small.
    """
    from ganzoo.sampling.latents import check_group

    if not plus:
        raise ConfigError("what shall be added? Give groups of seeds, such as --plus 3,17,42 --minus 5,8,21")
    groups = []
    for sign, option, text in (
        ("+", "--plus", plus[0]),
        *(("-", "--minus", text) for text in minus),
        *(("+", "--plus", text) for text in plus[1:]),
    ):
        seeds = latent_options.parse_seeds(option, text)
        check_group(len(seeds), f"{option} {text}")
        groups.append((sign, seeds))
    return groups


def _figure(
    model: Model,
    groups: list[tuple[str, list[int], Latents]],
    result: Latents,
    neighbors: Latents,
    label: int | None,
    scale: int | None,
) -> Image.Image:
    import numpy

    from ganzoo.viz import figures

    shown = []
    for sign, seeds, latents in groups:
        images = latent_options.generate(model, numpy.concatenate([latents, latents.mean(axis=0)[None]]), label)
        shown.append(figures.Group(sign, images[:-1], [str(seed) for seed in seeds], images[-1]))
    nine = numpy.concatenate([neighbors[:4], result[None], neighbors[4:]])
    return figures.equation(shown, latent_options.generate(model, nine, label), scale=scale)
