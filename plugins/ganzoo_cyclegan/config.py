"""Options of CycleGAN, with the values of arXiv:1703.10593 as defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from ganzoo import ConfigError, Count, DataSpec, VariantConfig


class CycleGANConfig(VariantConfig):
    """Sections 3, 4 and 7.1 of the paper."""

    rectangular: ClassVar = True
    small: ClassVar = {"width": 4, "blocks": 1, "patch_halvings": 1, "batch_size": 12, "pool": 6}

    width: int = Field(64, gt=0, le=1024, description="feature maps next to the image, of all four networks")
    blocks: int = Field(9, ge=0, le=64, description="residual blocks of a generator; the paper has 6 below 256 pixels")
    norm: Literal["instance", "batch"] = Field(
        "instance",
        description="statistics of each image, which lose its brightness, or of the batch in training and running ones "
        "afterwards; batch wants a larger --batch-size",
    )
    patch_halvings: int = Field(
        3, ge=1, le=5, description="a score sees a patch of 16, 34, 70, 142 or 286 pixels with 1 to 5"
    )
    cycle_weight: float = Field(
        10.0, ge=0, description="weight of the mean absolute difference after there and back again"
    )
    identity_weight: float = Field(
        0.5,
        ge=0,
        description="share of --cycle-weight by which a generator is held to leave images of its target as they are",
    )
    pool: int = Field(
        50, ge=0, le=10_000, description="translations kept of each domain, which the discriminators see again; 0: none"
    )
    jitter: float = Field(
        0.1171875,
        ge=0,
        le=1,
        description="share by which images are enlarged before a random crop: 256 pixels to 286; 0: no crop",
    )
    flip: bool = Field(True, description="mirror half of the images left to right")
    lr: float = Field(2e-4, gt=0, description="Adam learning rate of all networks")
    beta1: float = Field(0.5, ge=0, lt=1, description="Adam beta1 of all networks")
    decay_from: float = Field(
        0.5, ge=0, le=1, description="share of the training after which the learning rate falls linearly to 0"
    )
    images: Count = Field(250_000, gt=0, description="length of the training in real images shown, as 200k or 2M")
    batch_size: Count = Field(1, gt=0, description="images of each domain in one step")
    ema_images: Count = Field(
        0, ge=0, description="half-life, in images, of the generators' moving average; 0 turns averaging off"
    )

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "paper": {},
        "paper-128": {"blocks": 6},
        "laptop": {
            "width": 24,
            "blocks": 4,
            "norm": "batch",
            "patch_halvings": 2,
            "lr": 5e-4,
            "batch_size": 4,
            "images": 40_000,
            "ema_images": 1_000,
        },
    }

    def check(self, data: DataSpec) -> None:
        """Refuse what the networks cannot be built for, or the losses not be taken of."""
        super().check(data)
        height, width = data.shape[1:]
        if height % 4 or width % 4:
            fitting = "x".join(str(max(round(side / 4), 1) * 4) for side in (height, width))
            raise ConfigError(
                f"cyclegan makes images whose sides are multiples of 4 pixels, and {data.name} has {height}x{width}: "
                f"give --res {fitting}"
            )
        if data.source and data.source.shape[1:] != (height, width):
            raise ConfigError(
                f"cyclegan makes images as large as their sources, and {data.name} has {height}x{width} of "
                f"{data.source.shape[1]}x{data.source.shape[2]}: make both of one size"
            )
        smallest = 3 * 2**self.patch_halvings
        if min(height, width) < smallest:
            raise ConfigError(
                f"--patch-halvings (={self.patch_halvings}) needs images of {smallest} pixels at least, and "
                f"{data.name} has {height}x{width}: give a smaller one, or a larger --res"
            )
        if self.identity_weight and data.source and data.source.shape[0] != data.channels:
            raise ConfigError(
                f"--identity-weight (={self.identity_weight}) needs two domains of equally many channels, and "
                f"{data.name} has {data.source.shape[0]} and {data.channels}: give --identity-weight 0, or --channels"
            )
