"""Latent arithmetic (DCGAN, arXiv:1511.06434, section 6.3.2), and its figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy

from ganzoo.core.sampling_option import Settable
from ganzoo.models.interpolation import images_only, one_class
from ganzoo.models.samples import Samples
from ganzoo.models.space import Space, SpaceName, space_of
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
        space: Where: in what latents are drawn from, or in w.
        groups: Sign, seeds and points of each, as a - b + c.
        label: Class of all samples, of a conditional model.
        latents: `(1, *space.shape)`, the result.
        samples: `(9, *spec.shape)`: the result amid eight neighbors, itself at index 4.
    """

    model: Trained
    space: Space
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
            with_mean = numpy.concatenate([latents, self.space.sum([latents], ())[None]])
            images = pixels(self.space.generate(with_mean, self.label), self.model.spec)
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
    space: SpaceName | None = None,
    set: Settable | None = None,
) -> Arithmetic:
    """Add and subtract the mean latents, or mean w, of groups of samples.

    A categorical part of the result is the choice with the largest share in the sum.

    Args:
        model: Of images or vectors.
        plus: Groups whose means are added, at least one, each of at least three seeds.
        minus: Groups whose means are subtracted.
        label: The class, of a conditional model.
        noise: Largest of the uniform noise that makes the result's neighbors.
        seed: Of that noise.
        space: `"z"`, what latents are drawn from, or `"w"`; None: w of a model that has it.
        set: Parts of latents and sampling options by name, of all samples: `{"digit": 3}`.

    Raises:
        ConfigError: If there is nothing to add, a group is too small, or label, space or what is set do not fit.
    """
    latent_tools.check_groups(plus, minus)
    signed = [("+", plus[0]), *(("-", seeds) for seeds in minus), *(("+", seeds) for seeds in plus[1:])]
    known, where = one_class(model, label), space_of(model, space, set)
    groups = tuple((sign, seeds, where.of_seeds(seeds, known)) for sign, seeds in signed)
    added, subtracted = ([group for sign, _, group in groups if sign == which] for which in "+-")
    result = where.sum(added, subtracted)
    neighbors = where.around(result, 8, seed, noise)
    nine = numpy.concatenate([neighbors[:4], result[None], neighbors[4:]])
    return Arithmetic(model, where, groups, known, result[None], where.generate(nine, known))
