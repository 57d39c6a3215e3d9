"""Players that are one stack of layers: all that a variant needs whose paper is about the loss."""

from __future__ import annotations

from typing import final

from torch import Tensor, nn

from ganzoo.core.latent import Latent
from ganzoo.core.networks import Discriminator, Generator


@final
class SequentialGenerator(Generator):
    """An unconditional generator: its layers, one after the other.

    Args:
        latent: The distribution that the layers expect.
        layers: From `(N, *latent.shape)` to `(N, *sample.shape)`, e.g. a `convolutional_decoder`.
    """

    def __init__(self, latent: Latent, layers: nn.Module) -> None:
        super().__init__()
        self.latent = latent
        self.layers = layers
        self.bounded = isinstance(layers, nn.Sequential) and isinstance(layers[-1], nn.Tanh)

    def forward(self, latents: Tensor, condition: Tensor | None = None) -> Tensor:
        """`(N, *latent.shape)` -> `(N, *sample.shape)`."""
        samples: Tensor = self.layers(latents)
        return samples


@final
class SequentialDiscriminator(Discriminator):
    """An unconditional discriminator or critic: its layers, one after the other.

    Args:
        layers: From `(N, *sample.shape)` to one raw score each, `(N, 1)`, e.g. a `convolutional_encoder`.
    """

    def __init__(self, layers: nn.Module) -> None:
        super().__init__()
        self.layers = layers

    def forward(self, samples: Tensor, condition: Tensor | None = None) -> Tensor:
        """`(N, *sample.shape)` -> raw scores `(N,)`."""
        scores: Tensor = self.layers(self.augment(samples)).squeeze(1)
        return scores
