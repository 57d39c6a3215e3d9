"""Networks and objective of DCGAN (arXiv:1511.06434, section 3 and figure 1)."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from ganzoo import Adam, DataSpec, Discriminator, Game, Generator, HalfLife, Latent, Optimisers, Stage
from ganzoo.objectives import AdversarialObjective, NonSaturating
from ganzoo_dcgan.config import DCGANConfig

SLOPE = 0.2
"""Of the leaky ReLU."""


def coarsest(resolution: int) -> int:
    """Side of the smallest feature map: 7 for 28 pixels, 4 for powers of two."""
    return 7 if resolution == 28 else 4


def feature_maps(resolution: int, width: int) -> list[int]:
    """Feature maps from the finest hidden map to the coarsest: `width`, 2 `width`, ..."""
    halvings = (resolution // coarsest(resolution)).bit_length() - 1
    return [width * 2**level for level in range(halvings)]


class DCGANGenerator(Generator):
    """z -> project and reshape -> doublings with batch norm -> tanh. No batch norm at the output."""

    def __init__(self, config: DCGANConfig, channels: int, resolution: int) -> None:
        super().__init__()
        self.latent = Latent((config.latent_dim,), config.latent)
        maps = feature_maps(resolution, config.width)[::-1]
        side = coarsest(resolution)
        layers: list[nn.Module] = [
            nn.Unflatten(1, (config.latent_dim, 1, 1)),
            nn.ConvTranspose2d(config.latent_dim, maps[0], side, bias=False),
            *self._activated(maps[0], config),
        ]
        for inputs, outputs in pairwise(maps):
            layers += [*doubling(inputs, outputs, config.upsampling, bias=False), *self._activated(outputs, config)]
        layers += [*doubling(maps[-1], channels, config.upsampling, bias=True), nn.Tanh()]
        self.layers = nn.Sequential(*layers)
        self.apply(initialise)

    @staticmethod
    def _activated(maps: int, config: DCGANConfig) -> list[nn.Module]:
        leaky = config.generator_activation == "leaky_relu"
        layers = [nn.BatchNorm2d(maps), nn.LeakyReLU(SLOPE) if leaky else nn.ReLU()]
        return layers + ([nn.Dropout2d(config.generator_dropout)] if config.generator_dropout else [])

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """`(N, latent_dim)` -> `(N, channels, resolution, resolution)` in [-1, 1]."""
        images: Tensor = self.layers(latents)
        return images


class DCGANDiscriminator(Discriminator):
    """Strided convolutions with leaky ReLU; batch norm in all but the first and the last."""

    def __init__(self, config: DCGANConfig, channels: int, resolution: int) -> None:
        super().__init__()
        maps = feature_maps(resolution, config.width)
        dropout = [nn.Dropout2d(config.discriminator_dropout)] if config.discriminator_dropout else []
        layers: list[nn.Module] = [nn.Conv2d(channels, maps[0], 4, 2, 1), nn.LeakyReLU(SLOPE), *dropout]
        for inputs, outputs in pairwise(maps):
            layers += [nn.Conv2d(inputs, outputs, 4, 2, 1, bias=False), nn.BatchNorm2d(outputs), nn.LeakyReLU(SLOPE)]
            layers += dropout
        layers += [nn.Conv2d(maps[-1], 1, coarsest(resolution)), nn.Flatten(0)]
        self.layers = nn.Sequential(*layers)
        self.apply(initialise)

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
        """`(N, channels, resolution, resolution)` -> raw scores `(N,)`."""
        scores: Tensor = self.layers(samples)
        return scores


def doubling(inputs: int, outputs: int, upsampling: str, *, bias: bool) -> list[nn.Module]:
    """Layers that double height and width.

    The kernel of the transposed convolution is 4, a multiple of its stride, so that every output pixel is
    reached by equally many weights; the authors' 5 is not, and gives a checkerboard.
    """
    if upsampling == "nearest":
        return [nn.Upsample(scale_factor=2, mode="nearest"), nn.Conv2d(inputs, outputs, 3, 1, 1, bias=bias)]
    return [nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=bias)]


def initialise(module: nn.Module) -> None:
    """Weights from N(0, 0.02) (section 4), batch norm's scale from N(1, 0.02)."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)


def build(config: DCGANConfig, data: DataSpec) -> Game:
    """Networks for `data`, the non-saturating loss, and one stage."""
    adam = Adam(config.lr, (config.beta1, 0.999))
    return Game(
        generator=DCGANGenerator(config, data.channels, data.resolution),
        discriminator=DCGANDiscriminator(config, data.channels, data.resolution),
        objective=AdversarialObjective(NonSaturating(config.real_target, config.generator_target)),
        optimisers=Optimisers(adam, adam),
        stages=(Stage(config.batch_size),),
        ema=HalfLife(config.ema_images),
    )
