"""`Latent`: the distribution that a generator draws from. Imports torch only to draw tensors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy
    import torch


LARGEST_SEED = 2**32 - 1
"""The largest that `Latent.draw` takes, because numpy's generator does."""


@dataclass(frozen=True, slots=True)
class Latent:
    """Distribution of one latent.

    Args:
        shape: Of one latent, e.g. `(100,)`.
        distribution: `"normal"`: N(0, 1); `"uniform"`: U(low, high).
        low: Lower end of the uniform distribution.
        high: Upper end of the uniform distribution.
    """

    shape: tuple[int, ...]
    distribution: Literal["normal", "uniform"] = "normal"
    low: float = -1.0
    high: float = 1.0

    def sample(self, count: int, device: torch.device | str | None = None) -> torch.Tensor:
        """Draw `(count, *shape)` float32 latents on `device` from torch's global generator."""
        import torch

        if self.distribution == "normal":
            return torch.randn(count, *self.shape, device=device)
        return torch.empty(count, *self.shape, device=device).uniform_(self.low, self.high)

    def draw(self, count: int, seed: int) -> numpy.ndarray:
        """Draw `(count, *shape)` float32 latents that depend on `seed` alone, without torch.

        The same seed gives the same latents on every device, with every backend and every version of torch;
        the first n of a longer draw are the shorter draw.
        """
        import numpy

        # RandomState and not default_rng: numpy promises that its stream never changes.
        random = numpy.random.RandomState(seed)
        size = (count, *self.shape)
        if self.distribution == "normal":
            return random.standard_normal(size).astype(numpy.float32)
        return random.uniform(self.low, self.high, size).astype(numpy.float32)
