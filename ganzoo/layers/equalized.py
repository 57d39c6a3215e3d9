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
    """A convolution that keeps height and width, scaled at run time.

    The weights are stored as N(0, 1) and multiplied by `gain / sqrt(fan_in)` in each forward, not once at the start:
    so optimizers that normalize their steps, as Adam does, move all layers at one relative speed. The bias starts at
    0 and is not scaled.

    Args:
        inputs: Feature maps that come in.
        outputs: Feature maps that go out.
        kernel: Side of the kernel, odd.
        gain: See `GAIN`.
        bias: Whether there is one.
        stride: 2 halves height and width, of maps that a `Blur` has made by one larger, and adds no padding.
    """

    def __init__(
        self, inputs: int, outputs: int, kernel: int, *, gain: float = GAIN, bias: bool = True, stride: int = 1
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None
        self.scale = gain / math.sqrt(inputs * kernel * kernel)
        self.stride = stride
        self.padding = kernel // 2 if stride == 1 else 0

    def forward(self, maps: Tensor) -> Tensor:
        """`(N, inputs, H, W)` -> `(N, outputs, H, W)`; with a stride of 2 H and W are odd, and become (H - 1) / 2."""
        return functional.conv2d(maps, self.weight * self.scale, self.bias, self.stride, self.padding)

    def extra_repr(self) -> str:
        outputs, inputs, kernel, _ = self.weight.shape
        return (
            f"{inputs}, {outputs}, kernel={kernel}, scale={self.scale:.4g}, bias={self.bias is not None}, "
            f"stride={self.stride}"
        )


@final
class EqualizedLinear(nn.Module):
    """A dense layer, scaled at run time as `EqualizedConv2d` is.

    Args:
        inputs: Length of the vectors that come in.
        outputs: Length of those that go out.
        gain: See `GAIN`.
        bias: Whether there is one.
        first_bias: Its value at the start.
        lr_multiplier: How fast the layer learns beside one of 1, under an optimizer that normalizes its steps: weights
            and bias are stored divided by it, and multiplied by it in each forward.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        gain: float = GAIN,
        bias: bool = True,
        first_bias: float = 0.0,
        lr_multiplier: float = 1.0,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / lr_multiplier)
        self.bias = nn.Parameter(torch.full((outputs,), first_bias / lr_multiplier)) if bias else None
        self.scale = gain * lr_multiplier / math.sqrt(inputs)
        self.lr_multiplier = lr_multiplier

    def forward(self, vectors: Tensor) -> Tensor:
        """`(N, inputs)` -> `(N, outputs)`."""
        bias = self.bias if self.bias is None or self.lr_multiplier == 1.0 else self.bias * self.lr_multiplier
        return functional.linear(vectors, self.weight * self.scale, bias)

    def extra_repr(self) -> str:
        outputs, inputs = self.weight.shape
        return (
            f"{inputs}, {outputs}, bias={self.bias is not None}, scale={self.scale:.4g}, "
            f"lr_multiplier={self.lr_multiplier}"
        )
