"""Where latents are walked, added and searched: in z, what they are drawn from, or in w, what they are mapped to."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Literal, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ganzoo.core.latent import Categorical, Latent, Normal, Uniform
from ganzoo.core.networks import MappedGenerator
from ganzoo.core.sampling_option import Settable
from ganzoo.errors import ConfigError
from ganzoo.models.samples import Samples
from ganzoo.models.trained import Classes, Trained
from ganzoo.sampling import generate as sampling
from ganzoo.sampling import latents as latent_tools
from ganzoo.sampling.latents import Latents
from ganzoo.sampling.settings import PSI, Settings

SpaceName = Literal["z", "w"]


class Space(ABC):
    """Points that a generator makes samples of.

    Args:
        model: Whose.
        set: Parts of latents and sampling options, by name.
    """

    name: SpaceName

    def __init__(self, model: Trained, set: Settable | None) -> None:
        self.model, self.settings = model, Settings.of(model, set)

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """Of one point."""

    @abstractmethod
    def of(self, latents: Latents, labels: NDArray[np.int64] | None) -> Latents:
        """Points `(N, *shape)` of latents that were drawn."""

    @abstractmethod
    def walk(self, points: Latents, steps: int, *, spherical: bool | None) -> Latents:
        """A path through points, as `latents.interpolate`; None: as the space likes it."""

    @abstractmethod
    def sum(self, plus: Sequence[Latents], minus: Sequence[Latents]) -> Latents:
        """One point `shape`: means of groups, added and subtracted."""

    @abstractmethod
    def around(self, point: Latents, count: int, seed: int, scale: float) -> Latents:
        """`(count, *shape)` neighbors of a point."""

    @abstractmethod
    def forward(self, points: Tensor, labels: Tensor | None) -> Tensor:
        """Samples of points on the generator's device, with gradients."""

    @abstractmethod
    def project(self, points: Tensor) -> None:
        """Move points `(N, *shape)` in place to where the generator knows them."""

    @property
    def movable(self) -> Tensor | None:
        """`shape`, 1 where a search may move a component and 0 elsewhere; None: all of them."""
        return None

    def of_seeds(self, seeds: Sequence[int], label: int | None) -> Latents:
        """One point a seed, of a class where the model is conditional."""
        latents = latent_tools.of_seeds(self.model.generator.latent, seeds)
        return self.of(latents, self.model.labels(len(latents), label))

    def given(self, points: Latents) -> Latents:
        """Points that somebody gave, instead of having them made.

        Raises:
            ConfigError: If they have another shape.
        """
        if points.shape[1:] != self.shape or not len(points):
            lengths = ", ".join(map(str, self.shape))
            raise ConfigError(f"{self.model.name} takes {self.name} of shape (N, {lengths}), not {points.shape}")
        given: Latents = points.astype(np.float32, copy=False)
        return given

    def generate(self, points: Latents, label: int | NDArray[np.int64] | None) -> Samples:
        """Samples of points, of one class or one class each."""
        labels = self._labels(len(points), label if label is None or isinstance(label, int) else label.tolist())
        made = sampling.in_batches(self.forward, self.device, points, labels)
        return Samples.of(made, self.model, None if labels is None else torch.from_numpy(labels))

    def _labels(self, count: int, label: Classes) -> NDArray[np.int64] | None:
        return self.model.labels(count, label)

    @property
    def device(self) -> torch.device:
        """Of the generator."""
        return next(self.model.generator.parameters()).device


@final
class Drawn(Space):
    """z: the distribution of the latents."""

    name = "z"

    @property
    def shape(self) -> tuple[int, ...]:
        return self.model.generator.latent.shape

    def of(self, latents: Latents, labels: NDArray[np.int64] | None) -> Latents:
        return self.settings.applied(latents)

    def walk(self, points: Latents, steps: int, *, spherical: bool | None) -> Latents:
        return latent_tools.walk(self.settings.applied(points), self.model.generator.latent, steps, spherical=spherical)

    def sum(self, plus: Sequence[Latents], minus: Sequence[Latents]) -> Latents:
        added = latent_tools.combine(plus, minus)[None]
        (found,) = self.settings.applied(latent_tools.one_hot(added, self.model.generator.latent))
        return np.asarray(found, np.float32)

    def around(self, point: Latents, count: int, seed: int, scale: float) -> Latents:
        # What is no code any more is made one again; the noise of the other components stays.
        neighbors = latent_tools.around(point, count, seed, scale)
        return self.settings.applied(latent_tools.one_hot(neighbors, self.model.generator.latent, like=point))

    def forward(self, points: Tensor, labels: Tensor | None) -> Tensor:
        samples: Tensor = self.model.generator(points, labels, **self.settings.options)
        return samples

    @property
    def movable(self) -> Tensor | None:
        latent = self.model.generator.latent
        fixed = [place for _, part, place in latent.pieces() if isinstance(part, Categorical)]
        fixed += [place for place, _ in self.settings.parts]
        if not fixed:
            return None
        moved = torch.ones(latent.shape, device=self.device)
        for place in fixed:
            moved.view(-1)[place] = 0.0
        return moved

    def project(self, points: Tensor) -> None:
        project(points, self.model.generator.latent)


@final
class Mapped(Space):
    """w: what a `MappedGenerator` maps latents to. Walks are straight there, and psi has moved each point already."""

    name = "w"

    def __init__(self, model: Trained, set: Settable | None) -> None:
        super().__init__(model, set)
        assert isinstance(model.generator, MappedGenerator)
        self.generator = model.generator
        self.rest = {name: value for name, value in self.settings.options.items() if name != PSI}

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.generator.w_average.shape)

    def given(self, points: Latents) -> Latents:
        if self.settings.parts or PSI in self.settings.options:
            raise ConfigError("parts of the latents and psi go into w, and here w itself is given: do not set them")
        return super().given(points)

    def of(self, latents: Latents, labels: NDArray[np.int64] | None) -> Latents:
        psi = self.settings.options.get(PSI, 1.0)

        def make(latents: Tensor, labels: Tensor | None) -> Tensor:
            return self.generator.truncate(self.generator.map(latents, labels), float(psi))

        mapped: Latents = sampling.in_batches(make, self.device, self.settings.applied(latents), labels).numpy()
        return mapped

    def walk(self, points: Latents, steps: int, *, spherical: bool | None) -> Latents:
        return latent_tools.interpolate(points, steps, spherical=bool(spherical))

    def sum(self, plus: Sequence[Latents], minus: Sequence[Latents]) -> Latents:
        return latent_tools.combine(plus, minus)

    def around(self, point: Latents, count: int, seed: int, scale: float) -> Latents:
        return latent_tools.around(point, count, seed, scale)

    def forward(self, points: Tensor, labels: Tensor | None) -> Tensor:
        # The class went into w.
        synthesize: Callable[..., Tensor] = self.generator.synthesize
        return synthesize(points, **self.rest)

    def _labels(self, count: int, label: Classes) -> NDArray[np.int64] | None:
        # Of w that somebody gave nobody knows the class.
        return None if label is None else super()._labels(count, label)

    def project(self, points: Tensor) -> None:
        """Nowhere: nothing says how far w goes."""


def project(latents: Tensor, latent: Latent) -> None:
    """Move latents `(N, *latent.shape)` in place to the nearest point of where draws lie, part by part.

    Uniform ones into their range; normal ones of d components into the ball of radius sqrt(d) + 2, outside of which,
    whatever d, lie about 0.3 % of N(0, I). Categorical ones stay.
    """
    flat = latents.view(len(latents), -1)
    for _, part, place in latent.pieces():
        piece = flat[:, place]
        if isinstance(part, Uniform):
            piece.clamp_(part.low, part.high)
        elif isinstance(part, Normal):
            radius = part.size**0.5 + 2.0
            piece.mul_((radius / piece.norm(dim=1, keepdim=True).clamp(min=1e-12)).clamp(max=1.0))


def space_of(model: Trained, name: SpaceName | None = None, set: Settable | None = None) -> Space:
    """The space that was asked for; without a name w where there is one.

    Raises:
        ConfigError: If it is w, and the generator has none; or what is set does not fit.
    """
    mapped = isinstance(model.generator, MappedGenerator)
    if name == "w" and not mapped:
        raise ConfigError(f"{model.name} ({model.variant}) maps its latents to no w: leave --in out, or give --in z")
    if name not in (None, "z", "w"):
        raise ConfigError(f"--in (={name}) must be z, what latents are drawn from, or w, what they are mapped to")
    return Mapped(model, set) if mapped and name != "z" else Drawn(model, set)
