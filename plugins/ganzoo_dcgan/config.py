"""Options of DCGAN, with the values of arXiv:1511.06434 as defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from ganzoo import Count, VariantConfig


class DCGANConfig(VariantConfig):
    """Section 4 of the paper: "Details of adversarial training"."""

    resolutions: ClassVar = (28, 32, 64, 128)
    rectangular: ClassVar = True
    small: ClassVar = {"latent_dim": 6, "width": 4}

    latent_dim: int = Field(100, gt=0, le=4096, description="length of the latent vector z")
    latent: Literal["uniform", "normal"] = Field("uniform", description="distribution of z: U(-1, 1) or N(0, 1)")
    width: int = Field(
        128, gt=0, le=1024, description="feature maps next to the image; they double with each halving of the size"
    )
    upsampling: Literal["transposed", "nearest"] = Field(
        "transposed", description="generator doubles the size by a transposed convolution, or by nearest + convolution"
    )
    generator_activation: Literal["relu", "leaky_relu"] = Field("relu", description="activation in the generator")
    generator_dropout: float = Field(
        0.0, ge=0, lt=1, examples=[0.2], description="share of feature maps dropped in the generator"
    )
    discriminator_dropout: float = Field(
        0.0, ge=0, lt=1, examples=[0.2], description="share of feature maps dropped in the discriminator"
    )
    real_target: float = Field(1.0, gt=0, le=1, description="label smoothing: the discriminator's target for reals")
    generator_target: float = Field(1.0, gt=0, le=1, description="label smoothing: the generator's target for fakes")
    lr: float = Field(2e-4, gt=0, description="Adam learning rate of both players")
    beta1: float = Field(0.5, ge=0, lt=1, description="Adam beta1 of both players")
    batch_size: Count = Field(128, gt=1, description="real images in one discriminator step; batch norm needs two")

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "paper": {"images": 1_500_000},
        "laptop": {
            "images": 250_000,
            "width": 64,
            "batch_size": 64,
            "lr": 1e-3,
            "latent": "normal",
            "real_target": 0.9,
        },
    }
