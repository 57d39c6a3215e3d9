"""The network behind the extractor `photos`: EfficientNet-Lite0 without its classifier."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

FEATURES = 1280
RESOLUTION = 128
_STEM = 32

# Table 1 of EfficientNet (arXiv:1905.11946): blocks, kernel, stride of the first, expansion, output channels. The Lite
# form drops squeeze-and-excitation and has ReLU6 for swish.
_STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


class SameConv2d(nn.Conv2d):
    """A convolution padded as TensorFlow's `SAME`: to ceil(size / stride), the odd pixel at the right and bottom.

    Batch norm is folded into weights and bias.
    """

    def __init__(self, ins: int, outs: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        super().__init__(ins, outs, kernel, stride, groups=groups)

    def forward(self, x: Tensor) -> Tensor:
        """`(N, ins, H, W)` -> `(N, outs, ceil(H / stride), ceil(W / stride))`."""
        kernel, stride = self.kernel_size[0], self.stride[0]
        margins = []
        for size in (x.shape[-1], x.shape[-2]):
            total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
            margins += [total // 2, total - total // 2]
        return super().forward(pad(x, margins) if any(margins) else x)


class InvertedResidual(nn.Module):
    """Widen, filter each channel, narrow (MobileNetV2, arXiv:1801.04381), with a shortcut where the shapes agree."""

    def __init__(self, ins: int, outs: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = ins * expansion
        self.expand = SameConv2d(ins, wide, 1) if expansion > 1 else None
        self.depthwise = SameConv2d(wide, wide, kernel, stride, groups=wide)
        self.project = SameConv2d(wide, outs, 1)
        self.shortcut = stride == 1 and ins == outs

    def forward(self, x: Tensor) -> Tensor:
        """`(N, ins, H, W)` -> `(N, outs, H / stride, W / stride)`."""
        wide = x if self.expand is None else _relu6(self.expand(x))
        narrow: Tensor = self.project(_relu6(self.depthwise(wide)))
        return narrow + x if self.shortcut else narrow


class PhotosNetwork(nn.Module):
    """Stem, sixteen blocks, head, then the mean over positions."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = SameConv2d(3, _STEM, 3, stride=2)
        blocks, ins = [], _STEM
        for count, kernel, stride, expansion, outs in _STAGES:
            for index in range(count):
                blocks.append(InvertedResidual(ins, outs, kernel, 1 if index else stride, expansion))
                ins = outs
        self.blocks = nn.Sequential(*blocks)
        self.head = SameConv2d(ins, FEATURES, 1)

    def forward(self, images: Tensor) -> Tensor:
        """`(N, 3, H, W)` float32, pixels as (value - 127) / 128 -> features `(N, 1280)` in [0, 6]."""
        return _relu6(self.head(self.blocks(_relu6(self.stem(images))))).mean(dim=(2, 3))


def _relu6(x: Tensor) -> Tensor:
    return torch.clamp_(x, 0.0, 6.0)
