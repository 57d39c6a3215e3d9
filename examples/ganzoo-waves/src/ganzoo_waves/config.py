"""Options of wavegan, with the values of arXiv:1802.04208, table 5, as defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ganzoo import ConfigError, Count, DataSpec, VariantConfig
from pydantic import Field

from ganzoo_waves.modality import LENGTHS


class Config(VariantConfig):
    """WaveGAN as a WGAN-GP."""

    default_data: ClassVar[str] = "plucks"
    small: ClassVar[Mapping[str, Any]] = {"latent_dim": 6, "width": 2}

    latent_dim: int = Field(100, gt=0, le=4096, description="length of the latent vector z, drawn from U(-1, 1)")
    width: int = Field(64, gt=0, le=256, description="d: channels next to the sound; twice as many one layer deeper")
    shuffle: int = Field(2, ge=0, le=8, description="phase shuffle: the critic's layers move by at most so much")
    critic_steps: int = Field(5, ge=1, le=100, description="critic steps for one generator step")
    penalty: float = Field(10.0, ge=0, description="weight of the gradient penalty")
    lr: float = Field(1e-4, gt=0, description="Adam learning rate of both players")
    batch_size: Count = Field(64, gt=1, description="real waveforms in one critic step")

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "paper": {"images": 60_000_000},
        "laptop": {"images": 400_000, "width": 16, "batch_size": 32, "lr": 3e-4, "latent_dim": 32},
    }

    def check(self, data: DataSpec) -> None:
        """Only lengths that the layers, each of which makes 4 times as many numbers, come out at."""
        super().check(data)
        if data.resolution not in LENGTHS:
            allowed = ", ".join(map(str, LENGTHS))
            raise ConfigError(f"wavegan makes waveforms of {allowed} frames, and {data.name} has {data.resolution}")
