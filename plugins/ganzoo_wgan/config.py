"""Options of WGAN, with the values of arXiv:1701.07875 as defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from ganzoo import Count, VariantConfig


class WGANConfig(VariantConfig):
    """Algorithm 1 of the paper, and its section 4 for the networks."""

    resolutions: ClassVar = (28, 32, 64, 128)
    rectangular: ClassVar = True
    small: ClassVar = {"latent_dim": 6, "width": 4, "critic_steps": 2, "early_schedule": False}

    latent_dim: int = Field(100, gt=0, le=4096, description="length of the latent vector z, drawn from N(0, 1)")
    width: int = Field(
        64, gt=0, le=1024, description="feature maps next to the image; they double with each halving of the size"
    )
    critic_norm: Literal["batch", "none"] = Field("batch", description="norm in the critic's hidden layers")
    clip: float = Field(0.01, gt=0, description="the critic's weights are clipped to [-clip, clip] after each step")
    critic_steps: int = Field(5, gt=0, le=1000, description="critic steps for one step of the generator")
    early_schedule: bool = Field(
        True, description="100 critic steps for each of the first 25 generator steps, and for every 500th"
    )
    lr: float = Field(5e-5, gt=0, description="RMSprop learning rate of both players")
    batch_size: Count = Field(64, gt=1, description="real images in one critic step; batch norm needs two")

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "paper": {"images": 20_000_000},
        "laptop": {
            "images": 500_000,
            "width": 32,
            "batch_size": 32,
            "lr": 5e-4,
            "critic_steps": 4,
            "early_schedule": False,
        },
    }
