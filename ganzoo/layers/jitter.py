"""Random jitter of training images (pix2pix, arXiv:1611.07004, section 6.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor
from torch.nn.functional import interpolate


@final
@dataclass(frozen=True, slots=True)
class Jitter:
    """Enlarges images, crops them back to their size at a random place, and mirrors half of them.

    Draws from torch's global generator, one place and one side for each image, and can be traced whole. Images that
    must share their draw (a source and its target) are concatenated along the channels before, and split after.

    Args:
        enlarged: The share by which height and width grow before the crop (30 / 256 in the paper: 286 to 256 pixels);
            0: no crop.
        mirrored: Half of the images are mirrored left to right.
    """

    enlarged: float
    mirrored: bool

    def __call__(self, images: Tensor) -> Tensor:
        """`(N, C, H, W)` in [-1, 1] -> the same shape and range."""
        count, _, height, width = images.shape
        large = [round(side * (1.0 + self.enlarged)) for side in (height, width)]
        if large != [height, width]:
            # A cubic overshoots at edges.
            images = interpolate(images, size=large, mode="bicubic", align_corners=False).clamp(-1.0, 1.0)
        elif not self.mirrored:
            return images
        device = images.device
        top = torch.randint(large[0] - height + 1, (count, 1), device=device)
        left = torch.randint(large[1] - width + 1, (count, 1), device=device)
        rows = top + torch.arange(height, device=device)
        columns = left + torch.arange(width, device=device)
        if self.mirrored:
            columns = torch.where(torch.rand(count, 1, device=device) < 0.5, columns.flip(1), columns)
        each = torch.arange(count, device=device)[:, None, None]
        # The indices have a slice between them, so the channels come last.
        return images[each, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)
