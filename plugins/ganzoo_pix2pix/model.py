"""Networks and objective of pix2pix (arXiv:1611.07004, sections 3 and 6.1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import final

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss

from ganzoo import (
    Adam,
    Batch,
    DataSpec,
    Discriminator,
    Game,
    Generator,
    Latent,
    LinearDecay,
    Losses,
    Objective,
    Optimizers,
    Phases,
    Players,
    two_phases,
)
from ganzoo.layers import Jitter, initialize_normal, patch_encoder
from ganzoo.objectives import NonSaturating
from ganzoo_pix2pix.config import Pix2PixConfig

SLOPE = 0.2
"""Of the encoder's leaky ReLU."""

DROPPING = 3
"""Levels of the decoder that drop, from the bottleneck on, as far as they have the most feature maps."""

NORMS: Mapping[str, Callable[[int], nn.Module]] = {
    "batch": nn.BatchNorm2d,
    "instance": partial(nn.InstanceNorm2d, affine=True),
}
"""At a batch size of 1, the paper's, they are one in training."""


@final
class UNet(Generator):
    """An encoder and a decoder whose levels of one size are joined (section 6.1.1, "U-Net").

    Levels halve the size with 4 x 4 kernels, from the image to a bottleneck, and back. There is no norm next to the
    image and none at the bottleneck, where a norm of one pixel would leave nothing.

    Args:
        sources: Channels of the source.
        targets: Channels of what is made.
        width: Feature maps next to the image; they double up to 8 times as many.
        levels: Halvings, at least 2.
        norm: A key of `NORMS`.
        dropout: Share of elements dropped in the first levels of the decoder.
    """

    bounded = True

    def __init__(self, sources: int, targets: int, width: int, levels: int, *, norm: str, dropout: float) -> None:
        super().__init__()
        self.latent = Latent((0,))
        normed = NORMS[norm]
        maps = [width * min(2**level, 8) for level in range(levels)]
        self.down = nn.ModuleList([nn.Conv2d(sources, maps[0], 4, 2, 1)])
        self.up = nn.ModuleList()
        for level in range(1, levels):
            fine, coarse, last = maps[level - 1], maps[level], level == levels - 1
            down = [nn.LeakyReLU(SLOPE), nn.Conv2d(fine, coarse, 4, 2, 1, bias=last)]
            up = [
                nn.ReLU(),
                nn.ConvTranspose2d(coarse if last else 2 * coarse, fine, 4, 2, 1, bias=False),
                normed(fine),
            ]
            drops = dropout and levels - level <= DROPPING and fine == maps[-1]
            self.down.append(nn.Sequential(*down, *([] if last else [normed(coarse)])))
            self.up.insert(0, nn.Sequential(*up, *([nn.Dropout(dropout)] if drops else [])))
        self.up.append(nn.Sequential(nn.ReLU(), nn.ConvTranspose2d(2 * maps[0], targets, 4, 2, 1), nn.Tanh()))

    def forward(self, latents: Tensor, condition: Tensor | None = None) -> Tensor:
        """Translate sources `(N, C, H, W)`, H and W multiples of 2 ** levels, to `(N, targets, H, W)` in [-1, 1]."""
        assert condition is not None, "pix2pix makes images of sources"
        features: list[Tensor] = []
        for layer in self.down:
            features.append(layer(features[-1] if features else condition))
        images = features.pop()
        for index, layer in enumerate(self.up):
            images = layer(torch.cat([images, features.pop()], 1) if index else images)
        return images


@final
class PairDiscriminator(Discriminator):
    """Scores patches of an image beside its source."""

    def __init__(self, layers: nn.Module) -> None:
        super().__init__()
        self.layers = layers

    def forward(self, samples: Tensor, condition: Tensor) -> Tensor:
        """Images and their sources, `(N, C, H, W)` each -> raw scores of patches `(N, 1, h, w)`."""
        scores: Tensor = self.layers(torch.cat([self.augment(samples), condition], 1))
        return scores


Pix2PixPlayers = Players[UNet, PairDiscriminator]


@final
class Pix2PixObjective(Objective):
    """D tells pairs (x, y) from (x, G(x)); G wants them taken for each other, and near to y (eq. 1, 3 and 4).

        D: (E softplus(-s(x, y)) + E softplus(s(x, G(x)))) / 2
        G: E softplus(-s(x, G(x))) + l1_weight E |y - G(x)|

    The half slows D down (section 3.3). Each phase jitters the pair again; its two images share the draw.

    Args:
        l1_weight: The paper's lambda.
        jitter: Of pairs.
    """

    def __init__(self, l1_weight: float, jitter: Jitter) -> None:
        self.l1_weight = l1_weight
        self.jitter = jitter
        self.loss = NonSaturating()

    def phases(self) -> Phases:
        return two_phases(self.discriminator_loss, self.generator_loss, generator_reals="last")

    def discriminator_loss(self, players: Pix2PixPlayers, batch: Batch) -> Losses:
        sources, targets = self._pairs(batch)
        with torch.no_grad():
            fakes = players.generator(batch.latents, sources).to(targets.dtype)
        real = players.discriminator(targets, sources).to(targets.dtype)
        fake = players.discriminator(fakes, sources).to(targets.dtype)
        terms = {"adversarial": self.loss.discriminator(real, fake) / 2}
        return Losses(terms, self.loss.measures(real.detach(), fake.detach()))

    def generator_loss(self, players: Pix2PixPlayers, batch: Batch) -> Losses:
        sources, targets = self._pairs(batch)
        fakes = players.generator(batch.latents, sources).to(targets.dtype)
        scores = players.discriminator(fakes, sources).to(targets.dtype)
        return Losses({"adversarial": self.loss.generator(scores), "l1": self.l1_weight * l1_loss(fakes, targets)})

    def _pairs(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Sources and targets, jittered alike."""
        assert batch.reals is not None, "both phases have reals"
        assert batch.condition is not None, "Variant.source is 'paired'"
        channels = batch.condition.shape[1]
        pairs = self.jitter(torch.cat([batch.condition, batch.reals], 1))
        return pairs[:, :channels], pairs[:, channels:]


def build(config: Pix2PixConfig, data: DataSpec) -> Game:
    """A U-Net from sources to samples, and a discriminator of patches of both."""
    assert data.source is not None, "Variant.source is 'paired'"
    sources = data.source.shape[0]
    generator = UNet(
        sources, data.channels, config.width, config.levels(data), norm=config.norm, dropout=config.dropout
    )
    layers = patch_encoder(sources + data.channels, config.width, config.patch_halvings, norm=NORMS[config.norm])
    start = round(config.images * config.decay_from)
    adam = Adam(config.lr, (config.beta1, 0.999), schedule=LinearDecay(start, config.images))
    return Game(
        generator=generator.apply(initialize_normal),
        discriminator=PairDiscriminator(layers).apply(initialize_normal),
        objective=Pix2PixObjective(config.l1_weight, Jitter(config.jitter, config.flip)),
        optimizers=Optimizers.both(adam),
    )
