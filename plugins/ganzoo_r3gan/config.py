"""Options of R3GAN, with the values of arXiv:2501.05441 for CIFAR-10 as defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from ganzoo import ConfigError, Count, DataSpec, VariantConfig


class R3GANConfig(VariantConfig):
    """Config E of the paper's roadmap (section 4)."""

    resolutions: ClassVar = (28, 32, 64, 128, 256)
    small: ClassVar = {"latent_dim": 6, "width": 8, "taper": False, "blocks": 1, "group_size": 4}

    latent_dim: int = Field(64, gt=0, le=4096, description="length of the latent vector z, drawn from N(0, 1)")
    width: int = Field(768, gt=0, le=2048, description="feature maps of the coarsest level")
    taper: bool = Field(False, description="halve the feature maps with each doubling of the size, down to one group")
    blocks: int = Field(2, gt=0, le=16, description="residual blocks at each level")
    expansion: int = Field(2, gt=0, le=8, description="a block's inner feature maps per outer one")
    group_size: int = Field(16, gt=0, le=2048, description="feature maps in one group of the grouped convolutions")
    gamma: float = Field(0.05, ge=0, description="weight of R1 and R2 (each adds gamma / 2 times a squared gradient)")
    lr: float = Field(2e-4, gt=0, description="Adam learning rate of both players at the start")
    final_lr: float = Field(
        0.25, ge=0, le=1, description="the learning rate falls along a cosine to this share of itself at the end"
    )
    beta2: float = Field(0.99, ge=0, lt=1, description="Adam beta2 of both players; beta1 is 0")
    batch_size: Count = Field(512, gt=0, description="real images in one discriminator step")

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "paper": {"images": 20_000_000, "ema_images": 5_000_000},
        "gpu": {
            "images": 5_000_000,
            "ema_images": 500_000,
            "width": 512,
            "taper": True,
            "gamma": 1.0,
            "batch_size": 256,
        },
        "laptop": {
            "images": 150_000,
            "width": 32,
            "taper": True,
            "blocks": 1,
            "gamma": 5.0,
            "lr": 3e-3,
            "batch_size": 32,
        },
    }

    def check(self, data: DataSpec) -> None:
        """Refuse widths that the groups do not divide."""
        super().check(data)
        for maps in self.feature_maps(data.resolution):
            if maps * self.expansion % self.group_size:
                raise ConfigError(
                    f"a level has {maps} feature maps, and {self.expansion} times that must be a multiple of "
                    f"--group-size (={self.group_size}): give another --width or --group-size"
                )

    def feature_maps(self, resolution: int) -> tuple[int, ...]:
        """Of each level, coarsest first; where they taper, down to a single group."""
        least = min(max(self.group_size // self.expansion, 1), self.width)
        halved = range(len(levels(resolution)))
        return tuple(max(self.width >> level, least) if self.taper else self.width for level in halved)


def levels(resolution: int) -> tuple[int, ...]:
    """Sides of the feature maps, coarsest first: 4, 8, ..., or 7, 14, 28."""
    sides = [resolution]
    while sides[0] % 2 == 0 and sides[0] > 4:
        sides.insert(0, sides[0] // 2)
    return tuple(sides)
