"""Options of DCGAN, with the values of arXiv:1511.06434 as defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from ganzoo import ConfigError, Count, DataSpec, VariantConfig


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
    image_maps: int = Field(
        0,
        ge=0,
        le=1024,
        description="feature maps of one more layer in both networks, at the image's own size; 0: none",
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
    discriminator_norm: Literal["batch", "none"] = Field(
        "batch", description="norm in the discriminator's hidden layers"
    )
    loss: Literal["non_saturating", "relativistic"] = Field(
        "non_saturating", description="of both players; relativistic: each fake is judged against a real"
    )
    gamma: float = Field(
        0.0,
        ge=0,
        description="weight of R1 (gamma / 2 times a squared gradient), for a discriminator without batch norm",
    )
    real_target: float = Field(1.0, gt=0, le=1, description="label smoothing: the discriminator's target for reals")
    generator_target: float = Field(1.0, gt=0, le=1, description="label smoothing: the generator's target for fakes")
    lr: float = Field(2e-4, gt=0, description="Adam learning rate of both players")
    final_lr: float = Field(
        1.0, ge=0, le=1, description="the learning rate falls along a cosine to this share of itself at the end"
    )
    beta1: float = Field(0.5, ge=0, lt=1, description="Adam beta1 of both players")
    beta2: float = Field(0.999, ge=0, lt=1, description="Adam beta2 of both players")
    batch_size: Count = Field(128, gt=1, description="real images in one discriminator step; batch norm needs two")

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "paper": {"images": 1_500_000},
        "classic": {
            "images": 250_000,
            "width": 64,
            "batch_size": 64,
            "lr": 1e-3,
            "latent": "normal",
            "real_target": 0.9,
        },
        "laptop": {
            "images": 250_000,
            "width": 32,
            "image_maps": 16,
            "latent": "normal",
            "discriminator_norm": "none",
            "loss": "relativistic",
            "gamma": 1.0,
            "lr": 2e-3,
            "final_lr": 0.1,
            "beta1": 0.0,
            "beta2": 0.99,
            "batch_size": 64,
        },
    }

    def check(self, data: DataSpec) -> None:
        """Refuse targets that the loss does not have, and a penalty of scores that batch norm mixes."""
        super().check(data)
        if self.loss == "relativistic" and (self.real_target, self.generator_target) != (1.0, 1.0):
            raise ConfigError(
                f"--real-target (={self.real_target:g}) and --generator-target (={self.generator_target:g}) are "
                "labels, and --loss relativistic has none: leave them at 1, or give --loss non_saturating"
            )
        if self.gamma and self.discriminator_norm == "batch":
            raise ConfigError(
                f"--gamma (={self.gamma:g}) penalizes each sample's score, and --discriminator-norm batch mixes them: "
                "give --gamma 0 or --discriminator-norm none"
            )
