"""Options of the conditional GAN: the paper's fully connected form, and a convolutional one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from ganzoo import Count, DataSpec, VariantConfig


class CGANConfig(VariantConfig):
    """Preset `paper`: the networks of section 4.1. The defaults are the values of DCGAN (arXiv:1511.06434)."""

    resolutions: ClassVar = (28, 32, 64, 128)
    rectangular: ClassVar = True
    small: ClassVar = {"latent_dim": 6, "embedding_dim": 5, "width": 4}

    network: Literal["mlp", "conv"] = Field("conv", description="fully connected layers, or the pyramid of DCGAN")
    embedding: Literal["concatenated", "multiplied"] = Field(
        "concatenated", description="the label's embedding stands beside z and the image, or multiplies them"
    )
    embedding_dim: int = Field(
        10, gt=0, le=4096, description="length of the label's embedding beside z; one that multiplies is as long as z"
    )
    latent_dim: int = Field(100, gt=0, le=4096, description="length of the latent vector z")
    latent: Literal["uniform", "normal"] = Field("uniform", description="distribution of z: U(0, 1) or N(0, 1)")
    width: int = Field(
        128, gt=0, le=1024, description="conv: feature maps next to the image; they double with each halving"
    )
    dropout: float = Field(0.0, ge=0, lt=1, description="share of hidden units or feature maps dropped in both players")
    real_target: float = Field(1.0, gt=0, le=1, description="label smoothing: the discriminator's target for reals")
    lr: float = Field(2e-4, gt=0, description="Adam learning rate of both players")
    beta1: float = Field(0.5, ge=0, lt=1, description="Adam beta1 of both players")
    batch_size: Count = Field(128, gt=1, description="real images in one discriminator step; batch norm needs two")

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "paper": {
            "images": 6_000_000,
            "network": "mlp",
            "embedding_dim": 1000,
            "dropout": 0.5,
            "batch_size": 100,
        },
        "laptop": {
            "images": 400_000,
            "width": 32,
            "batch_size": 64,
            "lr": 1e-3,
            "latent": "normal",
            "real_target": 0.9,
        },
    }

    def check(self, data: DataSpec) -> None:
        """Refuse resolutions that the convolutions are not made for; the fully connected layers take any."""
        if self.network == "conv":
            super().check(data)
