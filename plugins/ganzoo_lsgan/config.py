"""Options of LSGAN, with the values of arXiv:1611.04076 as defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from ganzoo import Count, VariantConfig


class LSGANConfig(VariantConfig):
    """Section 3.2.3 of the paper for the targets, section 4 for the rest."""

    resolutions: ClassVar = (28, 32, 64, 128)
    rectangular: ClassVar = True
    small: ClassVar = {"latent_dim": 6, "width": 4}

    latent_dim: int = Field(100, gt=0, le=4096, description="length of the latent vector z, drawn from U(-1, 1)")
    width: int = Field(
        64, gt=0, le=1024, description="feature maps next to the image; they double with each halving of the size"
    )
    targets: Literal["binary", "pearson"] = Field(
        "binary", description="targets a/b/c: 0/1/1, or -1/1/0, with which G minimizes the Pearson chi2 divergence"
    )
    lr: float = Field(2e-4, gt=0, description="Adam learning rate of both players")
    beta1: float = Field(0.5, ge=0, lt=1, description="Adam beta1 of both players")
    batch_size: Count = Field(64, gt=1, description="real images in one discriminator step; batch norm needs two")

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "paper": {"images": 2_000_000},
        "laptop": {"images": 300_000, "width": 32, "batch_size": 32, "lr": 5e-4},
    }
