"""Networks of StyleGAN2 (arXiv:1912.04958, section 2 and 4, figures 2 and 7)."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from ganzoo import DataSpec, Discriminator, Latent, MappedGenerator, SamplingOption
from ganzoo.layers import (
    Blur,
    EqualizedConv2d,
    EqualizedLinear,
    FilteredUpsample,
    MappingNetwork,
    MinibatchStddev,
    ModulatedConv2d,
    scaled_leaky_relu,
)
from ganzoo_stylegan2.config import StyleGAN2Config, doublings

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
        first = _StyledConv(maps[0], maps[0], config.latent_dim, sizes[0])
        # Two to each size but the first, the former of which doubles it.
        self.layers = nn.ModuleList([first])
        for (coarse, fine), size in zip(pairwise(maps), sizes[1:], strict=True):
            self.layers.append(_StyledConv(coarse, fine, config.latent_dim, size, up=True))
            self.layers.append(_StyledConv(fine, fine, config.latent_dim, size))
        self.to_rgb = nn.ModuleList(_ToRGB(count, data.channels, config.latent_dim) for count in maps)
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

        Noise is drawn anew in training.
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


class _StyledConv(nn.Module):
    """Modulated 3 x 3 convolution, noise times a learned strength, bias, activation."""

    noise: Tensor

    def __init__(self, inputs: int, outputs: int, w_dim: int, size: tuple[int, int], *, up: bool = False) -> None:
        super().__init__()
        self.conv = ModulatedConv2d(inputs, outputs, 3, w_dim, up=up)
        self.strength = nn.Parameter(torch.zeros(()))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.register_buffer("noise", torch.randn(size))

    def forward(self, maps: Tensor, w: Tensor, noise: str) -> Tensor:
        maps = self.conv(maps, w)
        if noise == "random":
            maps = maps + torch.randn_like(maps[:, :1]) * self.strength
        elif noise == "stored":
            maps = maps + self.noise * self.strength
        return scaled_leaky_relu(maps + self.bias[:, None, None])


class _ToRGB(nn.Module):
    """Modulated 1 x 1 convolution without demodulation, and bias."""

    def __init__(self, inputs: int, channels: int, w_dim: int) -> None:
        super().__init__()
        self.conv = ModulatedConv2d(inputs, channels, 1, w_dim, demodulate=False)
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, maps: Tensor, w: Tensor) -> Tensor:
        images: Tensor = self.conv(maps, w) + self.bias[:, None, None]
        return images


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


def _sizes(data: DataSpec) -> list[tuple[int, int]]:
    """Heights and widths from the constant input to the image."""
    height, width = data.shape[1:]
    return [(height >> level, width >> level) for level in reversed(range(doublings(min(height, width)) + 1))]
