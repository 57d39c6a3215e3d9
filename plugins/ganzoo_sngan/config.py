"""Options of SN-GAN, with the values of arXiv:1802.05957 as defaults, and with labels those of arXiv:1802.05637."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from ganzoo import ConfigError, Count, DataSpec, VariantConfig


class SNGANConfig(VariantConfig):
    """Setting C of the paper's table 1, and its standard CNN of table 3."""

    resolutions: ClassVar = (28, 32, 64, 128)
    small: ClassVar = {"latent_dim": 6, "width": 4, "discriminator_steps": 2}

    labels: Literal["none", "projection", "classifier"] = Field(
        "none",
        description="condition on the data's labels: by projection in the discriminator, or by AC-GAN's classifier; "
        "either has conditional batch norm in the generator",
    )
    class_weight: float = Field(1.0, ge=0, description="weight of AC-GAN's term; only with --labels classifier")
    latent_dim: int = Field(128, gt=0, le=4096, description="length of the latent vector z, drawn from N(0, 1)")
    width: int = Field(
        64, gt=0, le=1024, description="feature maps next to the image; they double with each halving of the size"
    )
    discriminator_steps: int = Field(1, gt=0, le=1000, description="discriminator steps for one of the generator")
    lr: float = Field(2e-4, gt=0, description="Adam learning rate of both players")
    beta1: float = Field(0.5, ge=0, lt=1, description="Adam beta1 of both players")
    beta2: float = Field(0.999, ge=0, lt=1, description="Adam beta2 of both players")
    batch_size: Count = Field(64, gt=1, description="real images in one discriminator step; batch norm in G needs two")

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "paper": {"images": 6_400_000},
        "five-steps": {"images": 32_000_000, "discriminator_steps": 5, "lr": 1e-4, "beta2": 0.9},
        "projection": {
            "images": 32_000_000,
            "labels": "projection",
            "discriminator_steps": 5,
            "beta1": 0.0,
            "beta2": 0.9,
        },
        "laptop": {"images": 200_000, "width": 24, "batch_size": 32, "lr": 1e-3},
    }

    def uses_labels(self) -> bool:
        return self.labels != "none"

    def check(self, data: DataSpec) -> None:
        super().check(data)
        if self.uses_labels() and not data.classes:
            raise ConfigError(
                f"--labels {self.labels} needs labels, and {data.name} has none: leave it out, or sort the images into "
                "one folder a class"
            )
