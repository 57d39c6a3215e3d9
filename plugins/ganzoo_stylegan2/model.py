"""Networks and objective of StyleGAN2 (arXiv:1912.04958)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from ganzoo import (
    Adam,
    Batch,
    DataSpec,
    Discriminator,
    Game,
    HalfLife,
    Latent,
    Losses,
    MappedGenerator,
    Objective,
    Optimizers,
    Phase,
    Phases,
    Players,
    SamplingOption,
)
from ganzoo.layers import (
    Blur,
    EqualizedConv2d,
    EqualizedLinear,
    FilteredUpsample,
    MappingNetwork,
    MinibatchStddev,
    StyledConv2d,
    ToRGB,
    scaled_leaky_relu,
)
from ganzoo.objectives import AdversarialObjective, NonSaturating
from ganzoo_stylegan2.config import StyleGAN2Config, doublings

R1_EVERY, PATH_LENGTH_EVERY = 16, 4
"""Rounds between two regularizations (section 3.1)."""

PATH_LENGTH_DECAY = 0.01
"""How fast the mean path length follows (appendix B)."""

LABEL_LAYERS = 8
"""Of the network that maps labels for the discriminator."""


class StyleGAN2Generator(MappedGenerator):
    """The mapping network: z -> w; a learned constant -> image by layers that w modulates, summed in RGB."""

    sampling_options = {
        **MappedGenerator.sampling_options,
        "noise": SamplingOption("stored", choices=("stored", "none"), title="noise of each layer"),
    }

    def __init__(self, config: StyleGAN2Config, data: DataSpec) -> None:
        super().__init__((config.latent_dim,))
        self.latent = Latent((config.latent_dim,))
        self.mixing = config.mixing
        classes = data.classes if config.labels else 0
        self.mapping = MappingNetwork(config.latent_dim, classes, config.latent_dim, config.mapping_layers)
        sizes = _sizes(data)
        maps = [config.maps(min(size)) for size in sizes]
        self.constant = nn.Parameter(torch.randn(maps[0], *sizes[0]))
        first = StyledConv2d(maps[0], maps[0], config.latent_dim, sizes[0])
        # Two to each size but the first, the former of which doubles it.
        self.layers = nn.ModuleList([first])
        for (coarse, fine), size in zip(pairwise(maps), sizes[1:], strict=True):
            self.layers.append(StyledConv2d(coarse, fine, config.latent_dim, size, up=True))
            self.layers.append(StyledConv2d(fine, fine, config.latent_dim, size))
        self.to_rgb = nn.ModuleList(ToRGB(count, data.channels, config.latent_dim) for count in maps)
        self.upsample = FilteredUpsample()

    @property
    def depth(self) -> int:
        """Layers that have a w of their own: 2 log2(resolution) - 2."""
        return len(self.layers) + 1

    def map(self, latents: Tensor, condition: Tensor | None = None) -> Tensor:
        """`(N, latent_dim)` -> w, of the same shape."""
        w: Tensor = self.mapping(latents, condition)
        return w

    def styles(self, latents: Tensor, condition: Tensor | None = None) -> Tensor:
        """The w of each layer in training, `(N, depth, latent_dim)`: mixed, and counted in the average.

        From a random layer on, `mixing` of all samples have the w of another latent (arXiv:1812.04948, section 3.1).
        """
        w = self.map(latents, condition)
        self.track(w)
        w = w[:, None].expand(-1, self.depth, -1)
        if not self.mixing:
            return w
        other = self.map(torch.randn_like(latents), condition)[:, None]
        layers = torch.arange(self.depth, device=w.device)
        cut = torch.randint(1, self.depth, (len(w), 1), device=w.device)
        mixed = (layers >= cut) & (torch.rand(len(w), 1, device=w.device) < self.mixing)
        return torch.where(mixed[:, :, None], other, w)

    def synthesize(self, w: Tensor, *, noise: str = "stored") -> Tensor:
        """From w `(N, latent_dim)`, or `(N, depth, latent_dim)` for one a layer,, to images, linear: there is no tanh.

        Noise is drawn each time in training.
        """
        styles = (w[:, None].expand(-1, self.depth, -1) if w.ndim == 2 else w).unbind(1)
        noise = "random" if self.training else noise
        maps = self.layers[0](self.constant.expand(len(w), -1, -1, -1), styles[0], noise)
        images: Tensor = self.to_rgb[0](maps, styles[1])
        for level in range(1, len(self.to_rgb)):
            for layer in (2 * level - 1, 2 * level):
                maps = self.layers[layer](maps, styles[layer], noise)
            images = self.upsample(images) + self.to_rgb[level](maps, styles[2 * level + 1])
        return images

    def forward(
        self, latents: Tensor, condition: Tensor | None = None, *, psi: float | Tensor = 1.0, **options: Any
    ) -> Tensor:
        """`(N, latent_dim)` -> `(N, channels, height, width)`, nominally in [-1, 1]; truncated in evaluation only."""
        if self.training:
            return self.synthesize(self.styles(latents, condition))
        return super().forward(latents, condition, psi=psi, **options)


class StyleGAN2Discriminator(Discriminator):
    """1 x 1 from RGB -> a block a halving -> minibatch standard deviation -> a score, or with labels a projection."""

    def __init__(self, config: StyleGAN2Config, data: DataSpec) -> None:
        super().__init__()
        sizes = _sizes(data)
        maps = [config.maps(min(size)) for size in sizes]
        coarsest = maps[0]
        classes = data.classes if config.labels else 0
        self.from_rgb = EqualizedConv2d(data.channels, maps[-1], 1, gain=1.0)
        residual = config.discriminator == "residual"
        self.blocks = nn.ModuleList(_Block(fine, coarse, residual) for fine, coarse in pairwise(maps[::-1]))
        self.stddev = MinibatchStddev(config.group)
        self.conv = EqualizedConv2d(coarsest + 1, coarsest, 3, gain=1.0)
        self.dense = EqualizedLinear(coarsest * math.prod(sizes[0]), coarsest, gain=1.0)
        self.score = EqualizedLinear(coarsest, coarsest if classes else 1, gain=1.0)
        self.label_mapping = MappingNetwork(0, classes, coarsest, LABEL_LAYERS) if classes else None

    def forward(self, samples: Tensor, condition: Tensor | None = None) -> Tensor:
        """`(N, channels, height, width)` -> raw scores `(N,)`."""
        maps = scaled_leaky_relu(self.from_rgb(self.augment(samples)))
        for block in self.blocks:
            maps = block(maps)
        maps = scaled_leaky_relu(self.conv(self.stddev(maps)))
        scores: Tensor = self.score(scaled_leaky_relu(self.dense(maps.flatten(1))))
        if self.label_mapping is None:
            return scores.squeeze(1)
        # The projection of arXiv:1802.05637, scaled to a variance of 1.
        projected: Tensor = (scores * self.label_mapping(None, condition)).sum(1)
        return projected / math.sqrt(scores.shape[1])


class _Block(nn.Module):
    """conv3, blur and conv3 of stride 2; plus, if residual, a halved 1 x 1 convolution, the sum over sqrt(2)."""

    def __init__(self, inputs: int, outputs: int, residual: bool) -> None:
        super().__init__()
        self.conv0 = EqualizedConv2d(inputs, inputs, 3, gain=1.0)
        self.blur = Blur(padding=2, stride=1)
        self.conv1 = EqualizedConv2d(inputs, outputs, 3, gain=1.0, stride=2)
        skip = nn.Sequential(Blur(), EqualizedConv2d(inputs, outputs, 1, gain=1.0, bias=False))
        self.skip = skip if residual else None

    def forward(self, maps: Tensor) -> Tensor:
        inner = scaled_leaky_relu(self.conv1(self.blur(scaled_leaky_relu(self.conv0(maps)))))
        return inner if self.skip is None else (inner + self.skip(maps)) / math.sqrt(2.0)


class MeanPathLength(nn.Module):
    """The exponential moving average a of path lengths (section 3.2)."""

    mean: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(()))


Networks = Players[StyleGAN2Generator, StyleGAN2Discriminator]


@dataclass(frozen=True)
class StyleGAN2Objective(Objective):
    """G, and in every fourth round its path lengths; then D, and in every 16th round R1.

    Args:
        gamma: Weight of R1.
        path_length: Weight of path length regularization, 0 for none.
    """

    gamma: float
    path_length: float

    def phases(self) -> Phases:
        discriminator, generator = AdversarialObjective(NonSaturating()).phases()
        lengths = Phase("path_length", self.lengths_loss, ("generator",), every=PATH_LENGTH_EVERY, reals="none")
        r1 = Phase("r1", self.r1_loss, ("discriminator",), every=R1_EVERY, reals="last")
        return (generator, *([lengths] if self.path_length else []), discriminator, r1)

    def lengths_loss(self, players: Networks, batch: Batch) -> Losses:
        """E (||J_w^T y||_2 - a)^2 for images y of noise, on half a batch (eq. 4).

        w has a part for each layer; the lengths are the root mean square over these parts.
        """
        half = max(len(batch.latents) // 2, 1)
        condition = None if batch.fake_condition is None else batch.fake_condition[:half]
        styles = players.generator.styles(batch.latents[:half], condition)
        images = players.generator.synthesize(styles)
        noise = torch.randn_like(images) / math.sqrt(images[0, 0].numel())
        (gradients,) = torch.autograd.grad((images * noise).sum(), styles, create_graph=True)
        # vector_norm's gradient at 0 is 0; that of a square root would be infinite.
        lengths: Tensor = torch.linalg.vector_norm(gradients.float().flatten(1), dim=1) / math.sqrt(styles.shape[1])
        mean = players.auxiliary.mean.lerp_(lengths.detach().mean(), PATH_LENGTH_DECAY)
        penalty = (lengths - mean).square().mean()
        return Losses({"penalty": PATH_LENGTH_EVERY * self.path_length * penalty}, {"mean": mean.clone()})

    def r1_loss(self, players: Networks, batch: Batch) -> Losses:
        """The penalty gamma / 2 E ||grad D(x)||^2 (arXiv:1801.04406, eq. 9)."""
        assert batch.reals is not None, "reals='last'"
        reals = batch.reals.detach().requires_grad_()
        scores = players.discriminator(reals, batch.condition)
        (gradients,) = torch.autograd.grad(scores.sum(), reals, create_graph=True)
        penalty = gradients.square().sum((1, 2, 3)).mean()
        return Losses({"penalty": R1_EVERY * self.gamma / 2 * penalty})


def build(config: StyleGAN2Config, data: DataSpec) -> Game:
    """Networks for `data` and the objective; Adam is corrected for lazy regularization by the engine."""
    return Game(
        generator=StyleGAN2Generator(config, data),
        discriminator=StyleGAN2Discriminator(config, data),
        objective=StyleGAN2Objective(config.gamma, config.path_length),
        optimizers=Optimizers.both(Adam(config.lr, (0.0, 0.99), 1e-8)),
        ema=HalfLife(config.ema_images, ramp_up=config.ema_ramp, buffers="copy"),
        auxiliary=MeanPathLength() if config.path_length else None,
    )


def _sizes(data: DataSpec) -> list[tuple[int, int]]:
    """Heights and widths from the constant input to the image."""
    height, width = data.shape[1:]
    return [(height >> level, width >> level) for level in reversed(range(doublings(min(height, width)) + 1))]
