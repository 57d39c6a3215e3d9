"""What StyleGAN2 (arXiv:1912.04958, section 2) makes images of: modulated convolutions, and the mapping to w."""

from __future__ import annotations

import math
from typing import final

import torch
from torch import Tensor, nn
from torch.nn import functional

from ganzoo.layers.equalized import EqualizedLinear
from ganzoo.layers.normalization import EPSILON, pixelwise_norm
from ganzoo.layers.resampling import Blur


def scaled_leaky_relu(values: Tensor) -> Tensor:
    """Leaky ReLU of slope 0.2 times sqrt(2), which keeps the mean square of normal values near 1."""
    return functional.leaky_relu(values, 0.2) * math.sqrt(2.0)


@final
class ModulatedConv2d(nn.Module):
    """A convolution whose weights are scaled for each sample by its style (eq. 1 and 3).

    The style s = A(w) scales the feature maps that come in. Demodulation divides each feature map that goes out by the
    norm of its weights as they then are, so that it has the variance 1 if those that came in had. Both are done to the
    activations, before and after one convolution with the same weights for all samples; the norms are
    `s^2 (sum over the kernel of W^2)`, one product of matrices. Without demodulation the weights are scaled as
    `EqualizedConv2d` scales them, with it that scale cancels out.

    Args:
        inputs: Feature maps that come in.
        outputs: Feature maps that go out.
        kernel: Side of the kernel, odd.
        w_dim: Length of w.
        demodulate: Whether to.
        up: Double height and width: a transposed convolution of stride 2, then the filter of `Blur`.
    """

    def __init__(
        self, inputs: int, outputs: int, kernel: int, w_dim: int, *, demodulate: bool = True, up: bool = False
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel))
        self.affine = EqualizedLinear(w_dim, inputs, gain=1.0, first_bias=1.0)
        self.blur = Blur(padding=kernel // 2, stride=1, gain=4.0) if up else None
        self.scale = 1.0 / math.sqrt(inputs * kernel * kernel)
        self.padding = kernel // 2
        self.demodulate = demodulate

    def forward(self, maps: Tensor, w: Tensor) -> Tensor:
        """`(N, inputs, H, W)` and `(N, w_dim)` -> `(N, outputs, H, W)`, or twice the size with `up`; no bias."""
        styles = self.affine(w) * self.scale
        maps = maps * styles[:, :, None, None]
        if self.blur is None:
            maps = functional.conv2d(maps, self.weight, None, 1, self.padding)
        else:
            maps = self.blur(functional.conv_transpose2d(maps, self.weight.transpose(0, 1), None, 2))
        if self.demodulate:
            norms = styles.square() @ self.weight.square().sum((2, 3)).t()
            maps = maps * torch.rsqrt(norms + EPSILON)[:, :, None, None]
        return maps

    def extra_repr(self) -> str:
        outputs, inputs, kernel, _ = self.weight.shape
        return f"{inputs}, {outputs}, kernel={kernel}, demodulate={self.demodulate}, up={self.blur is not None}"


@final
class StyledConv2d(nn.Module):
    """Modulated 3 x 3 convolution, noise times a learned strength, bias, activation (figure 2d).

    Args:
        inputs: Feature maps that come in.
        outputs: Feature maps that go out.
        w_dim: Length of w.
        size: Height and width of those that go out: there is noise stored for each pixel.
        up: As `ModulatedConv2d` takes it.
    """

    noise: Tensor

    def __init__(self, inputs: int, outputs: int, w_dim: int, size: tuple[int, int], *, up: bool = False) -> None:
        super().__init__()
        self.conv = ModulatedConv2d(inputs, outputs, 3, w_dim, up=up)
        self.strength = nn.Parameter(torch.zeros(()))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.register_buffer("noise", torch.randn(size))

    def forward(self, maps: Tensor, w: Tensor, noise: str) -> Tensor:
        """`(N, inputs, H, W)` and `(N, w_dim)` -> `(N, outputs, *size)`; noise `"random"`, `"stored"` or `"none"`."""
        maps = self.conv(maps, w)
        if noise == "random":
            maps = maps + torch.randn_like(maps[:, :1]) * self.strength
        elif noise == "stored":
            maps = maps + self.noise * self.strength
        return scaled_leaky_relu(maps + self.bias[:, None, None])


@final
class ToRGB(nn.Module):
    """Modulated 1 x 1 convolution without demodulation, and bias (figure 7b).

    Args:
        inputs: Feature maps that come in.
        channels: Of the images.
        w_dim: Length of w.
    """

    def __init__(self, inputs: int, channels: int, w_dim: int) -> None:
        super().__init__()
        self.conv = ModulatedConv2d(inputs, channels, 1, w_dim, demodulate=False)
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, maps: Tensor, w: Tensor) -> Tensor:
        """`(N, inputs, H, W)` and `(N, w_dim)` -> `(N, channels, H, W)`."""
        images: Tensor = self.conv(maps, w) + self.bias[:, None, None]
        return images


@final
class MappingNetwork(nn.Module):
    """Latents, labels or both to w, by layers that learn a hundredth as fast as others (arXiv:1812.04948, appendix C).

    Latents and embedded labels are normalized to a mean square of 1 each, and joined.

    Args:
        latent_dim: Length of a latent, 0 for a network of labels alone.
        classes: Number of classes, 0 for a network of latents alone.
        w_dim: Length of w, and of all that lies between.
        layers: Each dense with a leaky ReLU.
    """

    def __init__(self, latent_dim: int, classes: int, w_dim: int, layers: int) -> None:
        super().__init__()
        self.classes = classes
        self.embedding = EqualizedLinear(classes, w_dim, gain=1.0) if classes else None
        first = latent_dim + (w_dim if classes else 0)
        self.layers = nn.ModuleList(
            EqualizedLinear(w_dim if index else first, w_dim, gain=1.0, lr_multiplier=0.01) for index in range(layers)
        )

    def forward(self, latents: Tensor | None, labels: Tensor | None = None) -> Tensor:
        """`(N, latent_dim)` and `(N,)` -> `(N, w_dim)`; what the network was not made for is None."""
        parts = [] if latents is None else [pixelwise_norm(latents)]
        if self.embedding is not None:
            assert labels is not None, "a conditional network needs labels"
            chosen = functional.one_hot(labels, self.classes).to(self.embedding.weight.dtype)
            parts.append(pixelwise_norm(self.embedding(chosen)))
        w = torch.cat(parts, 1)
        for layer in self.layers:
            w = scaled_leaky_relu(layer(w))
        return w
