"""The networks of PacGAN's two-dimensional experiments (arXiv:1712.04086, section 4.1).

They are no variant's: the table is about these very layers, and so are their first weights, which the paper does not
give and its authors' published configuration does.
"""

from __future__ import annotations

from typing import final

from torch import Tensor, nn

from ganzoo.core.latent import Latent
from ganzoo.core.networks import Discriminator, Generator

INITIAL_STD = 0.02
"""Standard deviation of all first weights (the authors' configuration); biases begin at 0."""


@final
class MixtureGenerator(Generator):
    """Four layers of 400 with batch norm and ReLU and no bias, then a linear layer to the plane, which has one."""

    def __init__(self, width: int = 400, hidden: int = 4) -> None:
        super().__init__()
        self.latent = Latent((2,))
        layers: list[nn.Module] = []
        for index in range(hidden):
            layers += [
                nn.Linear(2 if index == 0 else width, width, bias=False),
                # The authors' running statistics move by 0.05 a step; a round of ours passes twice, once per player.
                nn.BatchNorm1d(width, eps=1e-4, momentum=0.025),
                nn.ReLU(),
            ]
        self.layers = nn.Sequential(*layers, nn.Linear(width, 2))
        _initialise(self)

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Map latents `(N, 2)` to points `(N, 2)`."""
        points: Tensor = self.layers(latents)
        return points


@final
class Maxout(nn.Module):
    """A linear layer whose every output is the largest of several (arXiv:1302.4389, section 3).

    Args:
        inputs: Length of an input.
        outputs: Length of an output.
        pieces: Linear functions that each output is the largest of.
    """

    def __init__(self, inputs: int, outputs: int, pieces: int) -> None:
        super().__init__()
        self.pieces = pieces
        self.linear = nn.Linear(inputs, outputs * pieces)

    def forward(self, values: Tensor) -> Tensor:
        """Map `(N, inputs)` to `(N, outputs)`."""
        pieces: Tensor = self.linear(values).unflatten(1, (self.pieces, -1))
        # Pieces first: the maximum of rows is 1.8 times as fast, forward and backward, as one along the memory.
        return pieces.amax(1)


@final
class MaxoutDiscriminator(Discriminator):
    """Three maxout layers of 200 with 5 pieces, then one score of a pack of samples.

    Args:
        packing: Samples m that it judges together (section 2); 1 is a GAN.
    """

    def __init__(self, packing: int = 1, width: int = 200, pieces: int = 5) -> None:
        super().__init__()
        self.packing = packing
        self.layers = nn.Sequential(
            Maxout(2 * packing, width, pieces),
            Maxout(width, width, pieces),
            Maxout(width, width, pieces),
            nn.Linear(width, 1),
        )
        _initialise(self)

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
        """Score packs: samples `(N m, 2)`, of which m in a row are one pack, to raw scores `(N,)`."""
        packs = samples.reshape(-1, 2 * self.packing)
        scores: Tensor = self.layers(packs)
        return scores.squeeze(1)


def _initialise(network: nn.Module) -> None:
    for layer in network.modules():
        if isinstance(layer, nn.Linear):
            nn.init.normal_(layer.weight, std=INITIAL_STD)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
