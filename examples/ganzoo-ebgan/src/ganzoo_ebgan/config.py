"""Options of ebgan. `ganzoo train` and `ganzoo info` show them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ganzoo import Count, VariantConfig
from pydantic import Field


class Config(VariantConfig):
    """Give the paper's values as defaults. `images`, `batch_size` and `ema_images` are every variant's."""

    # Sizes of image, in pixels, that the networks are made for.
    resolutions: ClassVar = (28, 32, 64)
    # Values that make the networks tiny, for the tests.
    small: ClassVar[Mapping[str, Any]] = {"latent_dim": 6, "width": 4}

    latent_dim: int = Field(64, gt=0, le=4096, description="length of the latent vector z, drawn from N(0, 1)")
    width: int = Field(64, gt=0, le=1024, description="feature maps next to the image; twice as many one layer deeper")
    code_dim: int = Field(32, gt=0, description="length of the discriminator's code of an image")
    margin: float = Field(1.0, gt=0, description="m: energy beyond which a fake is left alone")
    lr: float = Field(2e-4, gt=0, description="Adam learning rate of both players")
    beta1: float = Field(0.5, ge=0, lt=1, description="Adam beta1 of both players")
    batch_size: Count = Field(64, gt=1, description="real images in one discriminator step; batch norm needs two")

    # What differs from the defaults: `paper` for a GPU, `laptop` for minutes on two cores. Without --preset, a CPU
    # takes `laptop`.
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "paper": {"images": 2_000_000},
        "laptop": {"images": 250_000, "width": 32, "batch_size": 32, "lr": 1e-3},
    }
