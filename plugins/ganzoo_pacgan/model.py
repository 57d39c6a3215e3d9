"""Networks and objective of PacGAN (arXiv:1712.04086)."""

from __future__ import annotations

from itertools import pairwise
from typing import final

from torch import Tensor, nn

from ganzoo import Adam, DataSpec, Discriminator, Game, Latent, Optimizers
from ganzoo.layers import (
    Maxout,
    SequentialGenerator,
    convolutional_decoder,
    convolutional_encoder,
    initialize_normal,
)
from ganzoo.objectives import AdversarialObjective, NonSaturating
from ganzoo_pacgan.config import PacGANConfig

IMAGE_LATENTS = 100


@final
class PackingDiscriminator(Discriminator):
    """One score for m samples (section 2): they are stacked along their channels, or side by side if they are vectors.

    Args:
        packing: The paper's m.
        layers: From packs `(N, m channels, ...)` to raw scores `(N, 1)`.
    """

    def __init__(self, packing: int, layers: nn.Module) -> None:
        super().__init__()
        self.packing = packing
        self.layers = layers

    def forward(self, samples: Tensor, condition: Tensor | None = None) -> Tensor:
        """`(N m, channels, ...)`, of which m in a row are one pack, -> raw scores `(N,)`."""
        # A batch was drawn at random, so a fixed rule makes packs as random as any.
        packs = self.augment(samples).reshape(-1, self.packing * samples.shape[1], *samples.shape[2:])
        scores: Tensor = self.layers(packs).squeeze(1)
        return scores


def point_generator(inputs: int, outputs: int, widths: tuple[int, ...]) -> nn.Sequential:
    """Hidden layers with batch norm and ReLU and no bias, then a linear layer, which has one (section 4.1)."""
    layers: list[nn.Module] = []
    for before, after in pairwise((inputs, *widths)):
        layers += [
            nn.Linear(before, after, bias=False),
            # The authors' running statistics move by 0.05 a step; a round of ours passes twice, once per player.
            nn.BatchNorm1d(after, eps=1e-4, momentum=0.025),
            nn.ReLU(),
        ]
    return nn.Sequential(*layers, nn.Linear(widths[-1], outputs)).apply(_initialize)


def point_discriminator(inputs: int, widths: tuple[int, ...], pieces: int) -> nn.Sequential:
    """Maxout layers, then one score of a pack of samples (section 4.1)."""
    hidden = [Maxout(before, after, pieces) for before, after in pairwise((inputs, *widths))]
    return nn.Sequential(*hidden, nn.Linear(widths[-1], 1)).apply(_initialize)


def _initialize(layer: nn.Module) -> None:
    """The first weights of the authors' configuration: N(0, 0.02), and no bias."""
    initialize_normal(layer)
    if isinstance(layer, nn.Linear) and layer.bias is not None:
        nn.init.zeros_(layer.bias)


def build(config: PacGANConfig, data: DataSpec) -> Game:
    """Networks for `data`, the non-saturating loss, and one stage."""
    if data.kind == "vector":
        length = config.latent_dim or data.channels
        decoder = point_generator(length, data.channels, config.generator_widths)
        encoder = point_discriminator(config.packing * data.channels, config.discriminator_widths, config.pieces)
    else:
        length = config.latent_dim or IMAGE_LATENTS
        decoder = convolutional_decoder(length, data.channels, data.size, config.width).apply(initialize_normal)
        encoder = convolutional_encoder(config.packing * data.channels, data.size, config.width, 1)
        encoder.apply(initialize_normal)
    adam = Adam(config.lr, (config.beta1, 0.999))
    return Game(
        generator=SequentialGenerator(Latent((length,), config.latent), decoder),
        discriminator=PackingDiscriminator(config.packing, encoder),
        objective=AdversarialObjective(NonSaturating(config.real_target), simultaneous=config.simultaneous),
        optimizers=Optimizers.both(adam),
    )
