"""Resampling without aliasing: the filter [1, 3, 3, 1] / 8 in height and width (StyleGAN2, arXiv:1912.04958)."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor, nn
from torch.nn import functional

TAPS = (1.0, 3.0, 3.0, 1.0)
"""Of the binomial filter in one direction."""


@final
class Blur(nn.Module):
    """The filter as a depthwise convolution over zero-padded maps.

    With the padding of 1 and the stride of 2, which are the defaults, it halves height and width.

    Args:
        padding: Zeros on each side; height and width grow by `2 * padding - 3` at a stride of 1.
        stride: Every how many pixels are kept.
        gain: Sum of the filter's weights; 4 makes up for zeros that a convolution of stride 1/2 has inserted.
    """

    kernel: Tensor

    def __init__(self, padding: int = 1, *, stride: int = 2, gain: float = 1.0) -> None:
        super().__init__()
        self.padding, self.stride = padding, stride
        self.register_buffer("kernel", _kernel(gain))

    def forward(self, maps: Tensor) -> Tensor:
        """`(N, C, H, W)` -> `(N, C, (H + 2 padding - 4) // stride + 1, likewise of W)`."""
        channels = maps.shape[1]
        kernel = self.kernel.expand(channels, 1, -1, -1)
        return functional.conv2d(maps, kernel, None, self.stride, self.padding, groups=channels)


@final
class FilteredUpsample(nn.Module):
    """Doubles height and width: zeros between the pixels, then the filter with a gain of 4.

    That is bilinear interpolation, but for the border, beyond which there are zeros. As a transposed convolution,
    because the gradient of torch's own interpolation has no deterministic kernel on CUDA.
    """

    kernel: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("kernel", _kernel(4.0))

    def forward(self, maps: Tensor) -> Tensor:
        """`(N, C, H, W)` -> `(N, C, 2 H, 2 W)`."""
        channels = maps.shape[1]
        kernel = self.kernel.expand(channels, 1, -1, -1)
        return functional.conv_transpose2d(maps, kernel, None, 2, 1, groups=channels)


def _kernel(gain: float) -> Tensor:
    """`(1, 1, 4, 4)`, of the sum `gain`."""
    taps = torch.tensor(TAPS)
    kernel = torch.outer(taps, taps)
    return (gain / kernel.sum() * kernel)[None, None]
