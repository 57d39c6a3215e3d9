"""Toy sets of points: mixtures of Gaussians, always the same points."""

from __future__ import annotations

from functools import partial

from ganzoo.data.mixtures import MIXTURES, Mixture
from ganzoo.data.sources.base import VectorSource, one_part

MIXTURE_COUNT = 100_000
"""Points of a toy set, as in PacGAN's experiments (arXiv:1712.04086)."""


# Any number would do; it must never change, or `--data ring` would mean other points.
_SEED = 0


def _mixture_source(mixture: Mixture, argument: str, split: str) -> VectorSource:
    """The toy set of a mixture: always the same points."""
    one_part(mixture.name, split)
    return VectorSource(
        name=mixture.name,
        shape=(MIXTURE_COUNT, mixture.dimensions),
        read=partial(mixture.draw, MIXTURE_COUNT, _SEED),
        place=mixture.name,
        density=mixture,
    )


ring, grid, cities, normal1d = (
    partial(_mixture_source, MIXTURES[name]) for name in ("ring", "grid", "cities", "normal1d")
)
"""What their `DataSource` names."""
