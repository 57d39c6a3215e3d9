"""Latent arithmetic (DCGAN, arXiv:1511.06434, section 6.3.2), and its figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy

from ganzoo.models.interpolation import images_only, one_class
from ganzoo.models.samples import Samples
from ganzoo.models.trained import Trained
from ganzoo.sampling import latents as latent_tools
from ganzoo.sampling.latents import Latents

if TYPE_CHECKING:
    from PIL import Image


@dataclass(frozen=True, eq=False, slots=True)
class Arithmetic:
    """A sum of mean latents.

    Args:
        model: Whose.
        groups: Sign, seeds and latents of each, as a - b + c.
        label: Class of all samples, of a conditional model.
        latents: `(1, *latent.shape)`, the result.
        samples: `(9, *spec.shape)`: the result amid eight neighbors, itself at index 4.
    """

    model: Trained
    groups: tuple[tuple[str, Sequence[int], Latents], ...]
    label: int | None
    latents: Latents
    samples: Samples

    def picture(self, scale: int | None = None) -> Image.Image:
        """A column for each group, its samples above their mean's, and the result amid its neighbors.

        Args:
            scale: Each pixel becomes so many; None: what makes a small picture about 900 pixels wide.

        Raises:
            ConfigError: If the model makes vectors.
        """
        from ganzoo.viz import figures
        from ganzoo.viz.samples import pixels

        images_only(self.model)
        shown = []
        for sign, seeds, latents in self.groups:
            with_mean = numpy.concatenate([latents, latents.mean(axis=0)[None]])
            images = pixels(self.model.generate(with_mean, self.label), self.model.spec)
            shown.append(figures.Group(sign, images[:-1], [str(seed) for seed in seeds], images[-1]))
        return figures.equation(shown, pixels(self.samples, self.model.spec), scale=scale)


def arithmetic(
    model: Trained,
    plus: Sequence[Sequence[int]],
    minus: Sequence[Sequence[int]] = (),
    *,
    label: int | str | None = None,
    noise: float = latent_tools.NOISE_SCALE,
    seed: int = 0,
) -> Arithmetic:
    """Add and subtract the mean latents of groups of samples.

    Args:
        model: Of images or vectors.
        plus: Groups whose means are added, at least one, each of at least three seeds.
        minus: Groups whose means are subtracted.
        label: The class, of a conditional model.
        noise: Largest of the uniform noise that makes the result's neighbors.
        seed: Of that noise.

    Raises:
        ConfigError: If there is nothing to add, a group is too small, or the label does not fit.
    """
    latent_tools.check_groups(plus, minus)
    signed = [("+", plus[0]), *(("-", seeds) for seeds in minus), *(("+", seeds) for seeds in plus[1:])]
    known = one_class(model, label)
    groups = tuple((sign, seeds, latent_tools.of_seeds(model.generator.latent, seeds)) for sign, seeds in signed)
    added, subtracted = ([group for sign, _, group in groups if sign == which] for which in "+-")
    result = latent_tools.combine(added, subtracted)
    neighbors = latent_tools.around(result, 8, seed, noise)
    nine = numpy.concatenate([neighbors[:4], result[None], neighbors[4:]])
    return Arithmetic(model, groups, known, result[None], model.generate(nine, known))
