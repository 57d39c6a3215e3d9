"""What ProGAN has in place of batch norm: pixelwise norm in G, minibatch standard deviation in D (arXiv:1710.10196)."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor, nn

from ganzoo.errors import ConfigError

EPSILON = 1e-8


def pixelwise_norm(maps: Tensor) -> Tensor:
    """Divide the vector at each pixel by the root mean square of its elements (section 4.2).

    Args:
        maps: `(N, C, H, W)`, or vectors `(N, C)`.

    Returns:
        The same shape; the mean square over C is 1 everywhere.
    """
    return maps * torch.rsqrt(maps.square().mean(1, keepdim=True) + EPSILON)


@final
class MinibatchStddev(nn.Module):
    """Adds one feature map that says how much the samples of a group differ (section 3).

    Groups have `group` samples, or all of a smaller batch, and are strided: of N samples, number i is in group i mod
    (N / group). The biased standard deviation over a group, in float32, averaged over feature maps and pixels, is one
    number, and fills the new map of each sample of that group.

    Args:
        group: Samples in a group.
    """

    def __init__(self, group: int = 4) -> None:
        super().__init__()
        self.group = group

    def forward(self, maps: Tensor) -> Tensor:
        """`(N, C, H, W)` -> `(N, C + 1, H, W)`.

        Raises:
            ConfigError: If the group does not divide N.
        """
        count, _, height, width = maps.shape
        check_group(count, self.group)
        size = min(self.group, count)
        groups = maps.float().reshape(size, count // size, *maps.shape[1:])
        deviation = (groups.var(0, correction=0) + EPSILON).sqrt().mean((1, 2, 3))
        new = deviation.to(maps.dtype).repeat(size).reshape(count, 1, 1, 1).expand(-1, 1, height, width)
        return torch.cat([maps, new], 1)

    def extra_repr(self) -> str:
        return f"group={self.group}"


def check_group(count: int, group: int = 4) -> None:
    """Refuse a batch that cannot be cut into groups.

    Raises:
        ConfigError: Naming the sizes that can.
    """
    if count > group and count % group:
        below, above = count // group * group, (count // group + 1) * group
        raise ConfigError(
            f"minibatch standard deviation cannot cut a batch of {count} into groups of {group}: take a multiple of "
            f"{group}, as {below} or {above}, or fewer than {group}"
        )
