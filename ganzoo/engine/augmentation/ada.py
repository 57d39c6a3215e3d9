"""The pipeline of adaptive augmentation (ADA, arXiv:2006.06676, appendix B): each operation with probability p.

Blitting is one gather, geometry one resampling, and colors one matrix an image, whatever hits it.
"""

from __future__ import annotations

import math
from typing import final

import torch
from torch import Tensor, nn
from torch.nn.functional import grid_sample

# The filter of the wavelet sym6 (Daubechies, "Ten lectures on wavelets", 1992): of unit length, and orthogonal to
# itself shifted by 2, so that up and down again is the identity.
SYM6 = (
    0.015404109327027373,
    0.0034907120842174702,
    -0.11799011114819057,
    -0.048311742585633,
    0.4910559419267466,
    0.787641141030194,
    0.3379294217276218,
    -0.07263752278646252,
    -0.021060292512300564,
    0.04472490177066578,
    0.0017677118642428036,
    -0.007800708325034148,
)

_OFFSET = 5
"""Taps of `SYM6` before the left one of the two fine pixels that stand for a pixel."""

_LAG = _OFFSET + 0.5 - sum(tap * weight for tap, weight in enumerate(SYM6)) / math.sqrt(2)
"""Fine pixels by which the filter's center of weight lies left of the pixel's: it is not quite symmetric."""

_MARGIN = 6
"""Fine pixels around the image that the filter down looks at."""

TRANSLATION = 0.125
"""Bound of whole-pixel shifts, and deviation of the others, as a share of the side."""
SCALE = 0.2
"""Deviation of the binary logarithm of sizes."""
BRIGHTNESS, CONTRAST, SATURATION = 0.2, 0.5, 1.0
"""Deviation of brightness, and of the binary logarithms of contrast and saturation."""


@final
class AdaptiveAugmentation(nn.Module):
    """Each operation hits each image with probability p, independently.

    Args:
        operations: Of `b`, `g`, `c`; see `ganzoo.engine.augmentation.policy.OPERATIONS`.
        p: To begin with.

    Attributes:
        p: 0-dim float32 buffer.
    """

    p: Tensor

    def __init__(self, operations: tuple[str, ...], p: float = 0.0) -> None:
        super().__init__()
        self.operations = operations
        self.register_buffer("p", torch.tensor(float(p)))

    def forward(self, images: Tensor) -> Tensor:
        """`(N, C, H, W)` in [-1, 1] -> the same shape; an image that nothing hits comes back bit for bit.

        Colors need one channel or three.
        """
        # Coordinates need more digits than autocast leaves them.
        with torch.autocast(images.device.type, enabled=False):
            x = images.to(torch.promote_types(images.dtype, torch.float32))
            if "b" in self.operations:
                x = blit(x, *self._blitting(x))
            if "g" in self.operations:
                inverse, hit = self._geometry(x)
                x = torch.where(hit[:, None, None, None], warp(x, inverse), x)
            if "c" in self.operations:
                colors, hit = self._colors(x)
                x = torch.where(hit[:, None, None, None], recolor(x, colors), x)
            return x.to(images.dtype)

    def _hits(self, images: Tensor, p: Tensor | None = None) -> Tensor:
        """`(N,)` bool: which images an operation is for."""
        return torch.rand(len(images), device=images.device) < (self.p if p is None else p)

    def _blitting(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Whether to flip `(N,)`, quarter turns `(N,)` and shifts `(N, 2)`, all int64."""
        count, (height, width) = len(images), images.shape[2:]
        device = images.device
        flips = torch.randint(0, 2, (count,), device=device) * self._hits(images)
        turns = torch.randint(0, 4, (count,), device=device) * self._hits(images)
        if height != width:
            turns = turns // 2 * 2
        size = torch.tensor([width, height], device=device)
        shifts = ((torch.rand(count, 2, device=device) * 2 - 1) * TRANSLATION * size).round().long()
        return flips, turns, shifts * self._hits(images)[:, None]

    def _geometry(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """`(N, 3, 3)` from where a pixel comes, in pixels about the center; and `(N,)` which images are moved."""
        count, device = len(images), images.device
        height, width = images.shape[2:]
        size = torch.tensor([width, height], device=device, dtype=torch.float32)
        inverse = torch.eye(3, device=device).expand(count, 3, 3)
        moved = torch.zeros(count, dtype=torch.bool, device=device)

        def then(undo: Tensor, hit: Tensor) -> None:
            nonlocal inverse, moved
            # What comes later is undone first.
            inverse = torch.where(hit[:, None, None], inverse @ undo, inverse)
            moved = moved | hit

        sizes, stretch = torch.exp2(torch.randn(2, count, device=device) * SCALE)
        before, after = (torch.rand(2, count, device=device) * 2 - 1) * math.pi
        then(_scaling(1 / sizes, 1 / sizes), self._hits(images))
        # Turned twice, about the stretch, so that either happens with probability p.
        turned = 1 - (1 - self.p).clamp(min=0).sqrt()
        then(_rotation(before), self._hits(images, turned))
        then(_scaling(1 / stretch, stretch), self._hits(images))
        then(_rotation(after), self._hits(images, turned))
        then(_shift(torch.randn(count, 2, device=device) * TRANSLATION * size), self._hits(images))
        return inverse, moved

    def _colors(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """`(N, 4, 4)` on homogeneous RGB; and `(N,)` which images are changed."""
        count, device = len(images), images.device
        luma = torch.tensor([1.0, 1.0, 1.0, 0.0], device=device) / math.sqrt(3)
        along, eye = torch.outer(luma, luma), torch.eye(4, device=device)
        colors = eye.expand(count, 4, 4)
        changed = torch.zeros(count, dtype=torch.bool, device=device)

        def then(change: Tensor, hit: Tensor) -> None:
            nonlocal colors, changed
            colors = torch.where(hit[:, None, None], change @ colors, colors)
            changed = changed | hit

        def number(values: Tensor) -> Tensor:
            return values[:, None, None]

        normal = torch.randn(3, count, device=device)
        rgb = torch.diag(torch.tensor([1.0, 1.0, 1.0, 0.0], device=device))
        lift = torch.zeros(4, 4, device=device)
        lift[:3, 3] = 1.0
        then(eye + number(normal[0] * BRIGHTNESS) * lift, self._hits(images))
        then(eye + number(torch.exp2(normal[1] * CONTRAST) - 1) * rgb, self._hits(images))
        flips = torch.randint(0, 2, (count,), device=device).float()
        then(eye - number(2 * flips) * along, self._hits(images))
        # One channel has neither hue nor saturation.
        if images.shape[1] == 3:
            angle = (torch.rand(count, device=device) * 2 - 1) * math.pi
            then(_hue_rotation(angle), self._hits(images))
            saturation = torch.exp2(normal[2] * SATURATION)
            then(eye + number(saturation - 1) * (rgb - along), self._hits(images))
        return colors, changed


def blit(images: Tensor, flips: Tensor, turns: Tensor, shifts: Tensor) -> Tensor:
    """Flip left and right, turn by quarters counterclockwise, shift by whole pixels; the border is mirrored.

    Args:
        images: `(N, C, H, W)`.
        flips: `(N,)` int64, 0 or 1.
        turns: `(N,)` int64 from 0 to 3; 0 or 2 where H != W.
        shifts: `(N, 2)` int64, to the right and down.
    """
    channels, height, width = images.shape[1:]
    device = images.device
    # Where each pixel comes from: the last operation is undone first. About the center, in halves of a pixel.
    x = 2 * (torch.arange(width, device=device) - shifts[:, :1]) - (width - 1)
    y = 2 * (torch.arange(height, device=device) - shifts[:, 1:]) - (height - 1)
    x, y = x[:, None, :], y[:, :, None]
    cos, sin = ((1 - turns) * (1 - turns % 2))[:, None, None], ((2 - turns) * (turns % 2))[:, None, None]
    x, y = cos * x - sin * y, sin * x + cos * y
    x = x * (1 - 2 * flips)[:, None, None]
    column, row = _inside((x + width - 1) // 2, width), _inside((y + height - 1) // 2, height)
    places = (row * width + column).flatten(1)[:, None].expand(-1, channels, -1)
    return images.flatten(2).gather(2, places).view(images.shape)


def _inside(place: Tensor, side: int) -> Tensor:
    """The pixel that a place beyond the border shows: ... 1 0 | 0 1 ... side-1 | side-1 ..."""
    place = place % (2 * side)
    return torch.minimum(place, 2 * side - 1 - place)


def warp(images: Tensor, inverse: Tensor) -> Tensor:
    """Resample images at twice their resolution, between two passes of `SYM6`; beyond the border they are mirrored.

    Args:
        images: `(N, C, H, W)` float32.
        inverse: `(N, 3, 3)`: from a pixel's place to where it comes from, (x, y) in pixels about the center.

    Returns:
        `(N, C, H, W)`; by the identity, the images themselves up to rounding.
    """
    count, (height, width) = len(images), images.shape[2:]
    fine = _upsampling(height, images) @ images @ _upsampling(width, images).T
    # Centers of the fine pixels of the result, some of them outside it, in pixels about the center.
    y, x = (
        (torch.arange(-_MARGIN, 2 * side + _MARGIN, device=images.device, dtype=images.dtype) + 0.5 + _LAG) / 2
        - side / 2
        for side in (height, width)
    )
    places = torch.stack([x.expand(len(y), -1), y[:, None].expand(-1, len(x)), torch.ones_like(x).expand(len(y), -1)])
    sources = inverse[:, :2].to(images) @ places.flatten(1)
    half = torch.tensor([[width / 2], [height / 2]], device=images.device, dtype=images.dtype)
    grid = ((sources - _LAG / 2) / half).view(count, 2, len(y), len(x)).permute(0, 2, 3, 1)
    moved = grid_sample(fine, grid, mode="bilinear", padding_mode="reflection", align_corners=False)
    return _downsampling(height, images) @ moved @ _downsampling(width, images).T


def recolor(images: Tensor, colors: Tensor) -> Tensor:
    """Apply `(N, 4, 4)` on homogeneous RGB; one channel is taken as equal ones, of whose results the mean is taken.

    Args:
        images: `(N, 1 or 3, H, W)`.
        colors: Of each image.
    """
    colors = colors.to(images)
    linear, offset = colors[:, :3, :3], colors[:, :3, 3:]
    if images.shape[1] == 1:
        linear, offset = linear.sum(2, keepdim=True).mean(1, keepdim=True), offset.mean(1, keepdim=True)
    return (linear @ images.flatten(2) + offset).view(images.shape)


def _upsampling(side: int, like: Tensor) -> Tensor:
    """`(2 * side, side)`: zeros between the pixels, then the filter; the border is mirrored."""
    around = torch.arange(-len(SYM6), side + len(SYM6), device=like.device)
    unfolded = _filter(torch.arange(2 * side, device=like.device)[:, None], around, like)
    matrix = torch.zeros(2 * side, side, device=like.device, dtype=like.dtype)
    return matrix.index_add(1, _inside(around, side), unfolded) * math.sqrt(2)


def _downsampling(side: int, like: Tensor) -> Tensor:
    """`(side, 2 * side + 2 * margin)`: the transpose of the filter up, then every other pixel."""
    fine = torch.arange(-_MARGIN, 2 * side + _MARGIN, device=like.device)
    return _filter(fine, torch.arange(side, device=like.device)[:, None], like) / math.sqrt(2)


def _filter(fine: Tensor, pixel: Tensor, like: Tensor) -> Tensor:
    """The weight of `SYM6` between fine pixels and pixels, which are broadcast."""
    tap = fine - 2 * pixel + _OFFSET
    weights = torch.tensor(SYM6, device=like.device, dtype=like.dtype)[tap.clamp(0, len(SYM6) - 1)]
    return weights * ((tap >= 0) & (tap < len(SYM6)))


def _rows(*rows: tuple[Tensor, Tensor, Tensor]) -> Tensor:
    """`(N, 3, 3)` of two rows of `(N,)` numbers, and (0, 0, 1)."""
    zero = torch.zeros_like(rows[0][0])
    return torch.stack([torch.stack(row, -1) for row in (*rows, (zero, zero, zero + 1))], 1)


def _scaling(x: Tensor, y: Tensor) -> Tensor:
    zero = torch.zeros_like(x)
    return _rows((x, zero, zero), (zero, y, zero))


def _rotation(angle: Tensor) -> Tensor:
    cos, sin, zero = angle.cos(), angle.sin(), torch.zeros_like(angle)
    return _rows((cos, sin, zero), (-sin, cos, zero))


def _shift(by: Tensor) -> Tensor:
    """Undoes a shift by `(N, 2)` pixels, (x, y)."""
    zero = torch.zeros_like(by[:, 0])
    return _rows((zero + 1, zero, -by[:, 0]), (zero, zero + 1, -by[:, 1]))


def _hue_rotation(angle: Tensor) -> Tensor:
    """`(N, 4, 4)`: rotations about the gray axis (Rodrigues' formula)."""
    cos, sin = angle.cos()[:, None, None], angle.sin()[:, None, None]
    part = (1 - cos) / 3
    cross = torch.tensor([[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]], device=angle.device) / math.sqrt(3)
    rotation = cos * torch.eye(3, device=angle.device) + part + sin * cross
    whole = torch.eye(4, device=angle.device).repeat(len(angle), 1, 1)
    whole[:, :3, :3] = rotation
    return whole
