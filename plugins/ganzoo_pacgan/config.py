"""Options of PacGAN: those of its table of mode coverage, and those of its images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

from pydantic import Field

from ganzoo import ConfigError, Count, DataSpec, VariantConfig, Widths

PRESET_PACKING = 2
"""The `packing` that the batch sizes of the presets are written for."""


class PacGANConfig(VariantConfig):
    """Images: section 4.2 of the paper, on DCGAN's networks. Preset `paper`: section 4.1, points in the plane."""

    resolutions: ClassVar = (28, 32, 64, 128)
    rectangular: ClassVar = True
    small: ClassVar = {
        "latent_dim": 6,
        "width": 4,
        "generator_widths": (12, 10),
        "discriminator_widths": (10,),
        "pieces": 2,
    }

    packing: int = Field(
        PRESET_PACKING,
        ge=1,
        le=4,
        examples=[1, 3, 4],
        description="samples m that the discriminator judges together; 1 is a plain GAN",
    )
    latent_dim: int | None = Field(
        None, gt=0, le=4096, description="length of z; without it 100 for images, and for vectors their own length"
    )
    latent: Literal["uniform", "normal"] = Field("uniform", description="distribution of z: U(-1, 1) or N(0, 1)")
    width: int = Field(
        64, gt=0, le=1024, description="images: feature maps next to the image; they double with each halving"
    )
    generator_widths: Widths = Field((400,) * 4, description="vectors: units of the generator's hidden layers")
    discriminator_widths: Widths = Field((200,) * 3, description="vectors: units of the discriminator's maxout layers")
    pieces: int = Field(5, gt=0, le=64, description="vectors: linear pieces of each maxout unit")
    simultaneous: bool = Field(False, description="both players' gradients are taken before either steps")
    real_target: float = Field(1.0, gt=0, le=1, description="label smoothing: the discriminator's target for reals")
    lr: float = Field(2e-4, gt=0, description="Adam learning rate of both players")
    beta1: float = Field(0.5, ge=0, lt=1, description="Adam beta1 of both players")
    batch_size: Count = Field(
        128, gt=1, description="real samples in one discriminator step; without it packs are kept, not samples"
    )

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "paper": {
            "images": 80_000_000,
            "latent": "normal",
            "simultaneous": True,
            "lr": 1e-4,
            "beta1": 0.8,
            "batch_size": 200,
            "ema_images": 0,
        },
        "images": {"images": 12_800_000},
        "laptop": {
            "images": 250_000,
            "batch_size": 64,
            "lr": 1e-3,
            "latent": "normal",
            "real_target": 0.9,
        },
    }

    @classmethod
    def default_preset(cls, device_type: str, data: DataSpec) -> str:
        """Points: the paper's table, whatever the device. The paper has other values for images."""
        if data.kind == "vector":
            return "paper"
        return "laptop" if device_type == "cpu" else "images"

    @classmethod
    def resolve(cls, preset: str, given: Mapping[str, Any]) -> Self:
        """As every config; but the paper counts a batch in packs, so another `packing` keeps their number."""
        config = super().resolve(preset, given)
        if "batch_size" in given:
            return config
        return config.model_copy(update={"batch_size": config.batch_size // PRESET_PACKING * config.packing})

    def check(self, data: DataSpec) -> None:
        """Refuse image sizes that the networks are not made for, and batches that are not whole packs."""
        super().check(data)
        left = self.batch_size % self.packing
        if left:
            below, above = self.batch_size - left, self.batch_size - left + self.packing
            sizes = f"{below} or {above}" if below > 1 else str(above)
            raise ConfigError(
                f"--batch-size (={self.batch_size}) must be a multiple of --packing (={self.packing}): give {sizes}"
            )
