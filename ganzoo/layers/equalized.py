"""Layers with an equalized learning rate (ProGAN, arXiv:1710.10196, section 4.1)."""

from __future__ import annotations

import math
from typing import final

import torch
from torch import Tensor, nn
from torch.nn import functional

GAIN = math.sqrt(2.0)
"""He's gain (arXiv:1502.01852), for layers that a leaky ReLU follows; a layer without one takes 1."""


@final
class EqualizedConv2d(nn.Module):
    """A convolution of stride 1 that keeps height and width, scaled at run time.

    The weights are stored as N(0, 1) and multiplied by `gain / sqrt(fan_in)` in each forward, not once at the start:
    so optimizers that normalize their steps, as Adam does, move all layers at one relative speed. The bias starts at
    0 and is not scaled.

    Args:
        inputs: Feature maps that come in.
        outputs: Feature maps that go out.
        kernel: Side of the kernel, odd.
        gain: See `GAIN`.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, *, gain: float = GAIN) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.scale = gain / math.sqrt(inputs * kernel * kernel)
        self.padding = kernel // 2

    def forward(self, maps: Tensor) -> Tensor:
        """`(N, inputs, H, W)` -> `(N, outputs, H, W)`."""
        return functional.conv2d(maps, self.weight * self.scale, self.bias, padding=self.padding)

    def extra_repr(self) -> str:
        outputs, inputs, kernel, _ = self.weight.shape
        return f"{inputs}, {outputs}, kernel={kernel}, scale={self.scale:.4g}"


@final
class EqualizedLinear(nn.Module):
    """A dense layer, scaled at run time as `EqualizedConv2d` is.

    Args:
        inputs: Length of the vectors that come in.
        outputs: Length of those that go out.
        gain: See `GAIN`.
        bias: Whether there is one.
    """

    def __init__(self, inputs: int, outputs: int, *, gain: float = GAIN, bias: bool = True) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None
        self.scale = gain / math.sqrt(inputs)

    def forward(self, vectors: Tensor) -> Tensor:
        """`(N, inputs)` -> `(N, outputs)`."""
        return functional.linear(vectors, self.weight * self.scale, self.bias)

    def extra_repr(self) -> str:
        outputs, inputs = self.weight.shape
        return f"{inputs}, {outputs}, bias={self.bias is not None}, scale={self.scale:.4g}"
