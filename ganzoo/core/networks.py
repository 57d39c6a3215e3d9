"""The two players as abstract modules."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from torch import Tensor, nn

from ganzoo.core.latent import Latent


class Generator(nn.Module, ABC):
    """Maps latents to samples.

    Attributes:
        latent: The distribution that `forward` expects; set in `__init__`.
        bounded: The networks themselves keep every sample in [-1, 1], as a tanh at the end does.
    """

    latent: Latent
    bounded: bool = False

    @abstractmethod
    def forward(self, latents: Tensor, condition: Tensor | None = None) -> Tensor:
        """Generate samples.

        Args:
            latents: `(N, *latent.shape)`.
            condition: `(N,)` int64 class indices, or None for an unconditional generator.

        Returns:
            `(N, *sample.shape)`; images nominally in [-1, 1].
        """

    def enter_stage(self, resolution: int, fade: Tensor) -> None:
        """Choose the depth for a stage; called before the stage's first round, and before compiling.

        Networks of one size need not override it.

        Args:
            resolution: Of the stage's samples in pixels: a Python int, fixed within the stage.
            fade: 0-dim tensor in [0, 1] on the player's device: the weight of the next coarser level, falling
                from 1 to 0 during a fade-in and 0 afterwards. The engine fills it in place, so keep the tensor; its
                first value is there already, 0 where the stage does not fade.
        """


class EncodingGenerator(Generator):
    """A generator that can also map samples back to latents (VAE-GAN, BiGAN)."""

    @abstractmethod
    def encode(self, samples: Tensor) -> Tensor:
        """Infer latents `(N, *latent.shape)` from samples `(N, *sample.shape)`."""


class Discriminator(nn.Module, ABC):
    """Scores samples. A critic is a discriminator too."""

    @abstractmethod
    def forward(self, *args: Any, **kwargs: Any) -> Tensor | tuple[Tensor, ...]:
        """Score samples.

        The engine never calls it; the objective does, so the two agree on the arguments. `AdversarialObjective`
        calls `discriminator(samples, condition)`:

            samples: `(N, *sample.shape)`.
            condition: As for the generator.

        A discriminator of pairs takes `(samples, latents)` instead, with an objective that passes them.

        Returns:
            Raw scores, higher is more real, never a sigmoid: `(N,)` (fewer where samples are packed), a map
            `(N, 1, h, w)` of what each patch is worth, or a tuple of either, one a scale.
        """

    def augment(self, samples: Tensor) -> Tensor:
        """What the discriminator sees of samples `(N, *sample.shape)`: the same shape, and here the samples themselves.

        `forward`, and whatever else of a discriminator takes samples, passes them through it before anything else.
        So an augmentation is differentiable to the samples as they are, R1 included, and reals and fakes get the same
        (arXiv:2006.06676, section 2.2). It is for training: in evaluation mode nothing is augmented.
        """
        return samples

    def enter_stage(self, resolution: int, fade: Tensor) -> None:
        """As `Generator.enter_stage`."""
