"""Options of VAE-GAN, with the values of arXiv:1512.09300 as defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from ganzoo import ConfigError, Count, DataSpec, VariantConfig

HIDDEN_MAPS: Mapping[int, int] = {28: 2, 32: 3, 64: 4, 128: 5}
"""How many hidden feature maps the discriminator has, by the resolution of its images."""


class VAEGANConfig(VariantConfig):
    """Section 4 of the paper, and algorithm 1."""

    resolutions: ClassVar = tuple(HIDDEN_MAPS)
    rectangular: ClassVar = True
    small: ClassVar = {"latent_dim": 6, "width": 4, "discriminator_width": 4}

    latent_dim: int = Field(128, gt=0, le=4096, description="length of the latent vector z, which is N(0, 1)")
    width: int = Field(
        64, gt=0, le=1024, description="feature maps next to the image in encoder and decoder; they double inwards"
    )
    discriminator_width: int = Field(
        32, gt=0, le=1024, description="feature maps next to the image in the discriminator; they double inwards"
    )
    feature_level: int = Field(
        0,
        ge=0,
        examples=[1],
        description="hidden map of the discriminator in which reconstructions are compared: 1 is next to the image, "
        "0 the coarsest",
    )
    gamma: float = Field(1e-5, gt=0, description="weight of the reconstruction against the GAN loss in the decoder")
    loss: Literal["minimax", "non_saturating"] = Field(
        "minimax", description="the decoder's GAN loss: log(1 - D(x)) as in algorithm 1, or -log D(x)"
    )
    optimizer: Literal["rmsprop", "adam"] = Field("rmsprop", description="optimizer of both players")
    lr: float = Field(3e-4, gt=0, description="learning rate of both players")
    beta1: float = Field(0.5, ge=0, lt=1, description="Adam beta1 of both players; RMSprop has none")
    batch_size: Count = Field(64, gt=1, description="real images in one discriminator step; batch norm needs two")

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "paper": {"images": 5_000_000},
        "laptop": {
            "images": 150_000,
            "latent_dim": 12,
            "width": 32,
            "gamma": 1e-3,
            "loss": "non_saturating",
            "optimizer": "adam",
            "lr": 1e-3,
        },
    }

    def check(self, data: DataSpec) -> None:
        """Refuse other sizes of image, and a feature level that the discriminator has not."""
        super().check(data)
        levels = HIDDEN_MAPS[min(data.size)]
        if self.feature_level > levels:
            raise ConfigError(
                f"--feature-level (={self.feature_level}) must be at most {levels} for images of {min(data.size)} "
                "pixels: the discriminator has no more hidden maps"
            )
