"""The discriminator of image patches that pix2pix (arXiv:1611.07004) and CycleGAN (arXiv:1703.10593) share."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from torch import nn

SLOPE = 0.2
"""Of the leaky ReLU."""


def patch_encoder(
    channels: int, width: int, halvings: int, *, norm: Callable[[int], nn.Module] | None = nn.BatchNorm2d
) -> nn.Sequential:
    """Layers from images `(N, channels, H, W)` to maps of raw scores `(N, 1, h, w)`, one for each patch.

    C64-C128-C256-C512 and a last convolution to one map (arXiv:1611.07004, section 6.1.2): 4 x 4 kernels, padded by 1;
    the first `halvings` have stride 2, the last two stride 1. So h = H / 2 ** halvings - 2, and H and W must be at
    least 3 * 2 ** halvings. Leaky ReLU in between, and a norm in all but the first and the last layer.

    Args:
        channels: Of the images, their sources included.
        width: Feature maps next to the image; they double with each halving, up to 8 times as many.
        halvings: Layers of stride 2, see `receptive_field`: 3 in both papers.
        norm: Makes the norm for so many feature maps; None for a network without.
    """
    maps = [width * min(2**level, 8) for level in range(halvings + 1)]
    layers: list[nn.Module] = [nn.Conv2d(channels, maps[0], 4, 2, 1), nn.LeakyReLU(SLOPE)]
    for level, (fine, coarse) in enumerate(pairwise(maps), start=1):
        stride = 2 if level < halvings else 1
        layers += [nn.Conv2d(fine, coarse, 4, stride, 1, bias=norm is None)]
        layers += [*([norm(coarse)] if norm else []), nn.LeakyReLU(SLOPE)]
    return nn.Sequential(*layers, nn.Conv2d(maps[-1], 1, 4, 1, 1))


def receptive_field(halvings: int) -> int:
    """Side in pixels of the patch that one score of `patch_encoder` sees: 16, 34, 70, 142, 286 for 1 to 5 halvings."""
    # The two last layers see 7, and each of stride 2 below makes r of them 2 r + 2.
    return 9 * (1 << halvings) - 2
