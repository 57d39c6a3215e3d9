"""Walks from latent to latent, as samples, as a strip and as an animation."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy
import torch

from ganzoo.core.sampling_option import Settable
from ganzoo.errors import ConfigError
from ganzoo.models.samples import Samples
from ganzoo.models.space import Space, SpaceName, space_of
from ganzoo.models.trained import Trained
from ganzoo.plugins.modalities import modality_of
from ganzoo.sampling.latents import Latents
from ganzoo.utils.shell import typed

if TYPE_CHECKING:
    from PIL import Image

_FRAME_PIXELS = 256
_LEG_MILLISECONDS = 1500
_FASTEST_MILLISECONDS = 20
"""Browsers slow down what is faster."""


@dataclass(frozen=True, eq=False, slots=True)
class Interpolation:
    """A walk through K latents.

    Args:
        model: Whose.
        space: Where: in what latents are drawn from, or in w.
        keys: `(K, *space.shape)`, the points that it goes through; in w those of the first class.
        class_keys: The same of each class.
        names: Of the keys, for pictures.
        steps: From each to the next.
        spherical: Along great circles; else along straight lines; None: as `interpolate` says.
        classes: That it is walked in; `(None,)` of a model that is not conditional.
        latents: `((K - 1) * steps + 1, *space.shape)`, of the first class in w; every `steps`-th is a key.
        samples: Of the points; of several classes class by class.
    """

    model: Trained
    space: Space
    keys: Latents
    class_keys: tuple[Latents, ...]
    names: tuple[str, ...]
    steps: int
    spherical: bool | None
    classes: tuple[int | None, ...]
    latents: Latents
    samples: Samples

    def picture(self, scale: int | None = None) -> Image.Image:
        """A row from each key to the next, or of several classes a row for each with the whole walk.

        Args:
            scale: Each pixel becomes so many; None: what makes a small picture about 900 pixels wide.

        Raises:
            ConfigError: If the model makes vectors.
        """
        from ganzoo.viz import figures
        from ganzoo.viz.samples import pixels

        images_only(self.model)
        images, between = pixels(self.samples, self.model.spec), [""] * (self.steps - 1)
        if len(self.classes) > 1:
            below = [""] * (len(images) - len(self.latents))
            for name in self.names[:-1]:
                below += [name, *between]
            names, rows = [*below, self.names[-1]], self.model.spec.class_names
            return figures.named_grid(images, len(self.latents), names=names, row_names=rows, scale=scale)
        # Both ends in each row: where one row ends, the next begins.
        starts = range(0, len(self.latents) - 1, self.steps)
        shown = numpy.concatenate([numpy.arange(start, start + self.steps + 1) for start in starts])
        below = []
        for first, last in itertools.pairwise(self.names):
            below += [first, *between, last]
        return figures.named_grid(images[shown], self.steps + 1, names=below, scale=scale)

    def animate(self, path: str | Path, *, frames: int = 24) -> int:
        """Write a `.gif` or `.webp` that goes on from the last key to the first; of several classes a grid.

        Args:
            path: The file.
            frames: From each key to the next.

        Returns:
            The number of frames.

        Raises:
            ConfigError: If the model makes vectors, or the file has another name.
        """
        from ganzoo.viz.animation import check_suffix, save_loop
        from ganzoo.viz.grid import grid

        images_only(self.model)
        check_suffix(Path(path))
        columns = math.ceil(math.sqrt(len(self.classes)))
        images = numpy.stack(
            [self._loop(*pair, frames) for pair in zip(self.class_keys, self.classes, strict=True)], axis=1
        )
        scale = max(1, _FRAME_PIXELS // (columns * images.shape[3]))
        milliseconds = max(_LEG_MILLISECONDS // frames, _FASTEST_MILLISECONDS)
        save_loop([grid(frame, columns, scale=scale) for frame in images], Path(path), milliseconds=milliseconds)
        return len(images)

    def _loop(self, keys: Latents, label: int | None, frames: int) -> numpy.ndarray:
        """Images uint8 from the first key round to it again, whose second appearance begins the next turn."""
        from ganzoo.viz.samples import pixels

        walk = self.space.walk(numpy.concatenate([keys, keys[:1]]), frames, spherical=self.spherical)
        return pixels(self.space.generate(walk[:-1], label), self.model.spec)


def interpolate(
    model: Trained,
    between: Sequence[int] | Latents,
    *,
    steps: int = 8,
    spherical: bool | None = None,
    label: int | str | None = None,
    every_class: bool = False,
    space: SpaceName | None = None,
    set: Settable | None = None,
) -> Interpolation:
    """Walk from latent to latent, or from w to w.

    Args:
        model: Of images or vectors.
        between: At least two seeds, or points `(K, *shape)` of the space.
        steps: From each to the next.
        spherical: Along great circles; False: along straight lines; None: great circles for normal latents and for
            normal parts of them, straight lines for everything else.
        label: The class, of a conditional model.
        every_class: The same latents in every class of a conditional model, instead of a label.
        space: `"z"`, what latents are drawn from, or `"w"`; None: w of a model that has it.
        set: Parts of latents and sampling options by name, all along the walk: `{"digit": 3}`.

    Raises:
        ConfigError: If there are fewer than two latents, or classes, space or what is set do not fit.
    """
    if every_class and label is not None:
        raise ConfigError("--label is one class and --label-grid all of them: leave one out")
    if every_class and not model.conditional:
        raise ConfigError(f"{model.name} ({model.variant}) is not conditional: leave --label-grid out")
    classes = tuple(range(model.spec.classes)) if every_class else (one_class(model, label),)
    where = space_of(model, space, set)
    if isinstance(between, numpy.ndarray):
        keys = (where.given(between),) * len(classes)
        names = tuple(f"#{number}" for number in range(len(between)))
    else:
        # In w each class has points of its own.
        keys, names = tuple(where.of_seeds(between, label) for label in classes), tuple(map(str, between))
    paths = [where.walk(points, steps, spherical=spherical) for points in keys]
    made = [where.generate(path, label) for path, label in zip(paths, classes, strict=True)]
    labels = None if made[0].labels is None else torch.cat([part.labels for part in made if part.labels is not None])
    samples = Samples.of(torch.cat([*made]), model, labels)
    return Interpolation(model, where, keys[0], keys, names, steps, spherical, classes, paths[0], samples)


def one_class(model: Trained, label: int | str | None) -> int | None:
    """The class that all samples of a picture are of; None for a model that is not conditional.

    Raises:
        ConfigError: If a conditional model was not told the class, or another was told one.
    """
    of_noise(model)
    if label is not None:
        found = model.labels(1, label)
        assert found is not None
        return int(found[0])
    if model.conditional:
        raise ConfigError(
            f"{model.name} makes the class that it is told: give --label, such as --label {model.spec.class_names[-1]}"
        )
    return None


def of_noise(model: Trained) -> None:
    """Refuse a model whose samples are made of images, for what is done with latents alone.

    Raises:
        ConfigError: With what can be done instead.
    """
    if model.spec.source is not None:
        raise ConfigError(
            f"{model.name} ({model.variant}) makes images of images, and not of latents alone: "
            f"`{typed('ganzoo', 'translate', model.name)} FOLDER` makes some of yours"
        )


def images_only(model: Trained) -> None:
    """Refuse a model whose samples are plotted together: there is no such picture of them.

    Raises:
        ConfigError: If it is one.
    """
    modality = modality_of(model.spec.kind)
    if modality.plotted:
        raise ConfigError(
            f"{model.name} makes {modality.samples}, of which there is no such picture: samples.plot() draws them"
        )
