"""Vectors: stored as networks see them, and their own features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy

from ganzoo.core.config import VariantConfig
from ganzoo.core.data_spec import DataSpec
from ganzoo.core.modality import Modality
from ganzoo.data.mixtures import MIXTURES, mixture_of
from ganzoo.errors import ConfigError


class VectorModality(Modality):
    """Rows of numbers `(features,)`: points, or a table's."""

    samples: ClassVar[str] = "vectors"
    bounded: ClassVar[bool] = False
    plotted: ClassVar[bool] = True
    count: ClassVar[int] = 2500
    precision: ClassVar[str] = "float32 vectors, float64 figures"

    def check_shape(self, shape: tuple[int, ...]) -> None:
        if len(shape) != 1:
            raise ValueError(f"must have a shape (features,), and has {shape}")

    def pixels(self, samples: numpy.ndarray, spec: DataSpec) -> numpy.ndarray:
        """None has one.

        Raises:
            ConfigError: Always.
        """
        raise ConfigError("vectors are drawn together as a plot, and none has a picture of its own")

    def metrics(self, spec: DataSpec) -> str:
        mixture = mixture_of(spec)
        # Of one mode there is nothing to count; to the Frechet distance a Gaussian is all that it knows of.
        return "modes,fid" if mixture is not None and mixture.modes > 1 else "fid,prdc"

    def examples(self, config: type[VariantConfig], *, every: bool) -> Sequence[DataSpec]:
        """Mixtures, because a variant may ask for a density that is known."""
        return [
            DataSpec(mixture.name, (mixture.dimensions,), 1, kind="vector", density=mixture.to_density())
            for mixture in (MIXTURES["normal1d"], MIXTURES["ring"])
        ]
