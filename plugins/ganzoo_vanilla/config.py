"""Options of the vanilla GAN, with the values of its best-known tutorial form as defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from ganzoo import Count, DataSpec, VariantConfig, Widths


class VanillaConfig(VariantConfig):
    """The paper leaves the networks open; presets `paper` and `wide` are the two forms met most often."""

    rectangular: ClassVar = True
    small: ClassVar = {"latent_dim": 6, "generator_widths": (12, 10), "discriminator_widths": (10,)}

    latent_dim: int = Field(100, gt=0, le=4096, description="length of the latent vector z")
    generator_widths: Widths = Field((128,), description="units of the generator's hidden layers, e.g. 256,512,1024")
    discriminator_widths: Widths = Field((64,), description="units of the discriminator's hidden layers")
    batch_norm: bool = Field(False, description="batch norm in the generator's hidden layers")
    negative_slope: float = Field(0.01, ge=0, lt=1, description="slope of the leaky ReLU below zero")
    loss: Literal["non_saturating", "minimax"] = Field(
        "non_saturating", description="what the generator minimizes: -log D(G(z)), or log(1 - D(G(z)))"
    )
    real_target: float = Field(1.0, gt=0, le=1, description="label smoothing: the discriminator's target for reals")
    generator_target: float = Field(1.0, gt=0, le=1, description="label smoothing: the generator's target for fakes")
    lr: float = Field(2e-4, gt=0, description="Adam learning rate of both players")
    beta1: float = Field(0.9, ge=0, lt=1, description="Adam beta1 of both players")
    images: Count = Field(1_500_000, gt=0, description="length of the training in real images shown, e.g. 200k or 2M")
    batch_size: Count = Field(32, gt=1, description="real samples in one discriminator step; batch norm needs two")

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "paper": {},
        "wide": {
            "generator_widths": (256, 512, 1024),
            "discriminator_widths": (512, 256),
            "batch_norm": True,
            "negative_slope": 0.2,
            "beta1": 0.5,
            "batch_size": 128,
            "images": 3_840_000,
        },
        "laptop": {
            "generator_widths": (128, 256),
            "discriminator_widths": (128,),
            "batch_norm": True,
            "negative_slope": 0.2,
            "lr": 1e-3,
            "beta1": 0.5,
            "images": 600_000,
        },
        "toy": {
            "latent_dim": 16,
            "generator_widths": (128, 128),
            "discriminator_widths": (128, 128),
            "negative_slope": 0.2,
            "lr": 1e-3,
            "beta1": 0.5,
            "batch_size": 256,
            "images": 1_000_000,
        },
    }

    @classmethod
    def default_preset(cls, device_type: str, data: DataSpec) -> str:
        """Points need another network than images: `toy`, whatever the device."""
        return "toy" if data.kind == "vector" else super().default_preset(device_type, data)
