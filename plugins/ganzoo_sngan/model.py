"""Networks and objective of SN-GAN (arXiv:1802.05957, section 2 and table 3); with labels those of arXiv:1802.05637."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import cast, final

from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from ganzoo import Adam, DataSpec, Discriminator, Game, Generator, Latent, Optimizers
from ganzoo.layers import SequentialDiscriminator, SequentialGenerator, coarsest, doubling, feature_maps
from ganzoo.objectives import AdversarialObjective, AuxiliaryClassifier, Hinge
from ganzoo_sngan.config import SNGANConfig

SLOPE = 0.1
"""Of the leaky ReLU (table 3)."""


def standard_generator(
    latent_dim: int, channels: int, resolution: int, width: int, norm: Callable[[int], nn.Module] = nn.BatchNorm2d
) -> nn.Sequential:
    """Table 3 (a): dense, doublings with batch norm and ReLU up to the image's size, 3 x 3 convolution, tanh."""
    maps = [*feature_maps(resolution, width), width * resolution // coarsest(resolution)][::-1]
    side = coarsest(resolution)
    layers: list[nn.Module] = [
        nn.Linear(latent_dim, maps[0] * side**2, bias=False),
        nn.Unflatten(1, (maps[0], side, side)),
        norm(maps[0]),
        nn.ReLU(),
    ]
    for coarse, fine in pairwise(maps):
        layers += [*doubling(coarse, fine, "transposed", bias=False), norm(fine), nn.ReLU()]
    return nn.Sequential(*layers, nn.Conv2d(maps[-1], channels, 3, 1, 1), nn.Tanh())


def standard_discriminator(channels: int, resolution: int, width: int) -> nn.Sequential:
    """Table 3 (b): 3 x 3 convolutions that double the maps, 4 x 4 of stride 2 between them; all normalized."""
    maps = [*feature_maps(resolution, width), width * resolution // coarsest(resolution)]
    layers: list[nn.Module] = [nn.Conv2d(channels, maps[0], 3, 1, 1), nn.LeakyReLU(SLOPE)]
    for fine, coarse in pairwise(maps):
        layers += [nn.Conv2d(fine, fine, 4, 2, 1), nn.LeakyReLU(SLOPE)]
        layers += [nn.Conv2d(fine, coarse, 3, 1, 1), nn.LeakyReLU(SLOPE)]
    layers += [nn.Flatten(), nn.Linear(maps[-1] * coarsest(resolution) ** 2, 1)]
    return nn.Sequential(
        *(spectral_norm(layer) if isinstance(layer, nn.Conv2d | nn.Linear) else layer for layer in layers)
    )


@final
class ConditionalBatchNorm(nn.Module):
    """Batch norm whose scale and shift are a class's own (arXiv:1610.07629; arXiv:1802.05637, section 5).

    Each class begins with the scale 1 and the shift 0.

    Args:
        maps: Feature maps.
        classes: As many rows have the tables of scales and shifts.
    """

    def __init__(self, maps: int, classes: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(maps, affine=False)
        self.scale, self.shift = nn.Embedding(classes, maps), nn.Embedding(classes, maps)
        nn.init.ones_(self.scale.weight)
        nn.init.zeros_(self.shift.weight)

    def forward(self, maps: Tensor, labels: Tensor) -> Tensor:
        """`(N, maps, height, width)` and labels `(N,)` -> the same shape."""
        scale, shift = self.scale(labels)[:, :, None, None], self.shift(labels)[:, :, None, None]
        scaled: Tensor = scale * self.norm(maps) + shift
        return scaled


@final
class ConditionalGenerator(Generator):
    """The standard network with conditional batch norm.

    Args:
        latent: The distribution that the layers expect.
        layers: As of `standard_generator`, with `ConditionalBatchNorm`.
    """

    bounded = True

    def __init__(self, latent: Latent, layers: nn.Sequential) -> None:
        super().__init__()
        self.latent = latent
        self.layers = layers

    def forward(self, latents: Tensor, condition: Tensor | None = None) -> Tensor:
        """`(N, latent_dim)` and labels `(N,)` -> `(N, channels, resolution, resolution)` in [-1, 1]."""
        samples: Tensor = latents
        for layer in self.layers:
            samples = layer(samples, condition) if isinstance(layer, ConditionalBatchNorm) else layer(samples)
        return samples


@final
class ProjectionDiscriminator(Discriminator):
    """f(x, y) = v_y . phi(x) + psi(phi(x)) (arXiv:1802.05637, eq. 3).

    phi(x) is what the last layer of the standard network sees, and psi is that layer. The table of the vectors v_y is
    normalized as all other weights are.

    Args:
        layers: As of `standard_discriminator`; the last is dense.
        classes: As many vectors are there.
    """

    def __init__(self, layers: nn.Sequential, classes: int) -> None:
        super().__init__()
        self.features, self.dense = layers[:-1], layers[-1]
        self.table = spectral_norm(nn.Embedding(classes, cast(nn.Linear, layers[-1]).in_features))

    def forward(self, samples: Tensor, condition: Tensor | None = None) -> Tensor:
        """`(N, channels, resolution, resolution)` and labels `(N,)` -> raw scores `(N,)`."""
        features = self.features(self.augment(samples))
        projected: Tensor = (self.table(condition) * features).sum(1)
        return projected + cast(Tensor, self.dense(features)).squeeze(1)


@final
class ClassifyingDiscriminator(Discriminator):
    """The standard network with AC-GAN's second head, which names the class (arXiv:1610.09585, section 3).

    Args:
        layers: As of `standard_discriminator`; the last is dense.
        classes: Length of the second head, normalized as all other weights are.
    """

    def __init__(self, layers: nn.Sequential, classes: int) -> None:
        super().__init__()
        self.features, self.dense = layers[:-1], layers[-1]
        self.classes = spectral_norm(nn.Linear(cast(nn.Linear, layers[-1]).in_features, classes))

    def forward(self, samples: Tensor, condition: Tensor | None = None) -> Tensor:
        """`(N, channels, resolution, resolution)` -> raw scores `(N,)`."""
        return self.judge(samples)[0]

    def judge(self, samples: Tensor) -> tuple[Tensor, Tensor]:
        """As `forward`, and logits of the classes `(N, classes)` beside the scores."""
        features = self.features(self.augment(samples))
        return cast(Tensor, self.dense(features)).squeeze(1), self.classes(features)


def build(config: SNGANConfig, data: DataSpec) -> Game:
    """The paper's standard networks and the hinge loss; with labels, what knows them in both networks."""
    latent, size = Latent((config.latent_dim,)), (data.channels, data.resolution, config.width)
    generator: Generator
    discriminator: Discriminator
    if config.labels == "none":
        generator = SequentialGenerator(latent, standard_generator(config.latent_dim, *size))
        discriminator = SequentialDiscriminator(standard_discriminator(*size))
    else:
        norm = partial(ConditionalBatchNorm, classes=data.classes)
        generator = ConditionalGenerator(latent, standard_generator(config.latent_dim, *size, norm=norm))
        kind = ProjectionDiscriminator if config.labels == "projection" else ClassifyingDiscriminator
        discriminator = kind(standard_discriminator(*size), data.classes)
    classifier = AuxiliaryClassifier(config.class_weight) if config.labels == "classifier" else None
    adam = Adam(config.lr, (config.beta1, config.beta2))
    return Game(
        generator=generator,
        discriminator=discriminator,
        objective=AdversarialObjective(Hinge(), classifier=classifier, discriminator_steps=config.discriminator_steps),
        optimizers=Optimizers.both(adam),
    )
