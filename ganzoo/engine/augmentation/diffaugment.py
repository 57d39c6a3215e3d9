"""DiffAugment (arXiv:2006.10738): always on, each sample with parameters of its own, differentiable."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

TRANSLATION = 1 / 8
"""Largest shift, as a share of the side (section 4)."""

CUTOUT = 1 / 2
"""Side of the square that is cut out, as a share of the side."""


@final
class DiffAugment(nn.Module):
    """The operations of a policy, one after the other.

    Args:
        operations: Of `color`, `translation`, `cutout`.
    """

    def __init__(self, operations: tuple[str, ...]) -> None:
        super().__init__()
        self.operations = operations

    def forward(self, images: Tensor) -> Tensor:
        """`(N, C, H, W)` in [-1, 1] -> the same shape; colors may leave the range."""
        for operation in self.operations:
            match operation:
                case "color":
                    images = contrast(saturation(brightness(images)))
                case "translation":
                    images = translate(images)
                case "cutout":
                    images = cut_out(images)
        return images


def brightness(images: Tensor) -> Tensor:
    """Of a pixel x: x + u - 1/2, u from U(0, 1) for each image."""
    return images + (_uniform(images) - 0.5)


def saturation(images: Tensor) -> Tensor:
    """Of a pixel x: (x - m) * 2u + m, m the mean of a pixel's channels: from gray to twice as colorful."""
    gray = images.mean(dim=1, keepdim=True)
    return (images - gray) * (2 * _uniform(images)) + gray


def contrast(images: Tensor) -> Tensor:
    """Of a pixel x: (x - m) * (u + 1/2) + m, m the mean of the image."""
    mean = images.mean(dim=(1, 2, 3), keepdim=True)
    return (images - mean) * (_uniform(images) + 0.5) + mean


def translate(images: Tensor) -> Tensor:
    """Shift by whole pixels, up to an eighth of each side; what comes in is 0, a middle gray."""
    count, channels, height, width = images.shape
    most = [int(side * TRANSLATION + 0.5) for side in (height, width)]
    rows, columns = (
        torch.randint(0, 2 * most[axis] + 1, (count, 1), device=images.device)
        + torch.arange(side, device=images.device)
        for axis, side in enumerate((height, width))
    )
    padded = pad(images, (most[1], most[1], most[0], most[0]))
    places = rows[:, :, None] * padded.shape[3] + columns[:, None, :]
    # Gathered, not rolled: each image has a shift of its own, and the device alone knows it.
    taken = padded.flatten(2).gather(2, places.flatten(1)[:, None].expand(-1, channels, -1))
    return taken.view(images.shape)


def cut_out(images: Tensor) -> Tensor:
    """Set a square of half the side to 0; its center is anywhere, so part of it may lie outside."""
    height, width = images.shape[2:]
    inside = []
    for side in (height, width):
        size = int(side * CUTOUT + 0.5)
        center = torch.randint(0, side + (1 - size % 2), (len(images), 1), device=images.device)
        first = center - size // 2
        places = torch.arange(side, device=images.device)
        inside.append((places >= first) & (places < first + size))
    square = inside[0][:, None, :, None] & inside[1][:, None, None, :]
    return images.masked_fill(square, 0.0)


def _uniform(images: Tensor) -> Tensor:
    return torch.rand(len(images), 1, 1, 1, device=images.device, dtype=images.dtype)
