"""Options of WGAN-GP, with the values of arXiv:1704.00028 as defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from ganzoo import Count, VariantConfig


class WGANGPConfig(VariantConfig):
    """Algorithm 1 of the paper; its default values are those of section 4."""

    resolutions: ClassVar = (28, 32, 64, 128)
    rectangular: ClassVar = True
    small: ClassVar = {"latent_dim": 6, "width": 4, "critic_steps": 2}

    latent_dim: int = Field(128, gt=0, le=4096, description="length of the latent vector z, drawn from N(0, 1)")
    width: int = Field(
        64, gt=0, le=1024, description="feature maps next to the image; they double with each halving of the size"
    )
    critic_norm: Literal["none", "layer"] = Field(
        "none", description="norm in the critic's hidden layers; batch norm would mix the samples whose gradients count"
    )
    gradient_penalty: float = Field(10.0, ge=0, description="weight lambda of the gradient penalty")
    critic_steps: int = Field(5, gt=0, le=1000, description="critic steps for one step of the generator")
    lr: float = Field(1e-4, gt=0, description="Adam learning rate of both players")
    beta1: float = Field(0.0, ge=0, lt=1, description="Adam beta1 of both players")
    beta2: float = Field(0.9, ge=0, lt=1, description="Adam beta2 of both players")
    batch_size: Count = Field(64, gt=1, description="real images in one critic step; batch norm in G needs two")

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "paper": {"images": 64_000_000},
        "laptop": {"images": 300_000, "width": 32, "batch_size": 32, "lr": 1e-3, "critic_steps": 2},
    }
