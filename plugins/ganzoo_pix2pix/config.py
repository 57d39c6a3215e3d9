"""Options of pix2pix, with the values of arXiv:1611.07004 as defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from ganzoo import ConfigError, Count, DataSpec, VariantConfig

SHALLOWEST = 3
"""Halvings of the smallest U-Net that is made: next to the image, one in between, and the bottleneck."""


class Pix2PixConfig(VariantConfig):
    """Sections 3 and 6 of the paper."""

    rectangular: ClassVar = True
    small: ClassVar = {"width": 4, "patch_halvings": 1, "batch_size": 12}

    width: int = Field(
        64, gt=0, le=1024, description="feature maps next to the image, of both networks; they double up to 8 times"
    )
    halvings: int = Field(
        8, ge=SHALLOWEST, le=16, description="levels of the U-Net, at most: fewer where the sides halve fewer times"
    )
    dropout: float = Field(
        0.5, ge=0, lt=1, description="share dropped in the U-Net's first levels up, while it trains: its only noise"
    )
    norm: Literal["instance", "batch"] = Field(
        "instance",
        description="statistics of each image, or of the batch in training and running ones afterwards; "
        "batch wants a larger --batch-size",
    )
    patch_halvings: int = Field(
        3, ge=1, le=5, description="a score sees a patch of 16, 34, 70, 142 or 286 pixels with 1 to 5"
    )
    l1_weight: float = Field(100.0, ge=0, description="weight of the mean absolute difference to the target")
    jitter: float = Field(
        0.1171875,
        ge=0,
        le=1,
        description="share by which pairs are enlarged before a random crop: 256 pixels to 286; 0: no crop",
    )
    flip: bool = Field(True, description="mirror half of the pairs left to right")
    lr: float = Field(2e-4, gt=0, description="Adam learning rate of both players")
    beta1: float = Field(0.5, ge=0, lt=1, description="Adam beta1 of both players")
    decay_from: float = Field(
        0.5, ge=0, le=1, description="share of the training after which the learning rate falls linearly to 0"
    )
    images: Count = Field(80_000, gt=0, description="length of the training in real images shown, as 200k or 2M")
    batch_size: Count = Field(1, gt=0, description="pairs in one step")
    ema_images: Count = Field(
        0, ge=0, description="half-life, in images, of the generator's moving average; 0 turns averaging off"
    )

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "paper": {},
        "laptop": {"width": 24, "patch_halvings": 2, "batch_size": 4, "ema_images": 2_000},
    }

    def levels(self, data: DataSpec) -> int:
        """Halvings of the U-Net: as many as leave no rest of either side."""
        sides = data.shape[1] | data.shape[2]
        return min((sides & -sides).bit_length() - 1, self.halvings)

    def check(self, data: DataSpec) -> None:
        """Refuse sizes of image that halve too few times, or are smaller than the patches."""
        super().check(data)
        height, width = data.shape[1:]
        if self.levels(data) < SHALLOWEST:
            step = 2**SHALLOWEST
            fitting = "x".join(str(max(round(side / step), 1) * step) for side in (height, width))
            raise ConfigError(
                f"pix2pix makes images whose sides are multiples of {step} pixels, better of a higher power of two, "
                f"and {data.name} has {height}x{width}: give --res {fitting}"
            )
        if data.source and data.source.shape[1:] != (height, width):
            raise ConfigError(
                f"pix2pix makes images as large as their sources, and {data.name} has {height}x{width} of "
                f"{data.source.shape[1]}x{data.source.shape[2]}: make both of one size"
            )
        smallest = 3 * 2**self.patch_halvings
        if min(height, width) < smallest:
            raise ConfigError(
                f"--patch-halvings (={self.patch_halvings}) needs images of {smallest} pixels at least, and "
                f"{data.name} has {height}x{width}: give a smaller one, or a larger --res"
            )
