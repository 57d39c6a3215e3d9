"""Options of BiGAN, with the values of arXiv:1605.09782 for permutation-invariant MNIST as defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from ganzoo import ConfigError, Count, DataSpec, VariantConfig, Widths

CONVOLUTIONAL = (28, 32, 64, 128)
"""Sizes of image, in pixels, that the convolutional networks are made for; the fully connected ones take any."""


class BiGANConfig(VariantConfig):
    """Section 4.1 of the paper and appendix C.1."""

    small: ClassVar = {"latent_dim": 6, "widths": (10, 12), "width": 4}

    networks: Literal["mlp", "conv"] = Field(
        "mlp", description="fully connected networks, blind to the order of the pixels, or convolutional ones"
    )
    latent_dim: int = Field(50, gt=0, le=4096, description="length of the latent vector z")
    latent: Literal["uniform", "normal"] = Field("uniform", description="distribution of z: U(-1, 1) or N(0, 1)")
    widths: Widths = Field(
        (1024, 1024),
        description="units of the hidden layers: of all three networks, or with conv of those in which the "
        "discriminator sees image and z together",
    )
    width: int = Field(
        64, gt=0, le=1024, description="feature maps next to the image with conv; they double with each halving"
    )
    r1_weight: float = Field(
        0.0, ge=0, description="weight of a penalty on D's gradients at real pairs (Mescheder et al., 2018); 0: none"
    )
    simultaneous: bool = Field(True, description="compute both players' gradients before either moves")
    lr: float = Field(2e-4, gt=0, description="Adam learning rate of both players")
    beta1: float = Field(0.5, ge=0, lt=1, description="Adam beta1 of both players")
    final_lr: float = Field(
        0.01,
        gt=0,
        le=1,
        description="share of the learning rate at the end: it falls exponentially over the second half; 1: constant",
    )
    images: Count = Field(24_000_000, gt=0, description="length of the training in real images shown, as 200k or 2M")
    batch_size: Count = Field(128, gt=1, description="real images in one discriminator step; batch norm needs two")

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "paper": {},
        "laptop": {"images": 300_000, "r1_weight": 0.1, "final_lr": 1.0},
    }

    def check(self, data: DataSpec) -> None:
        """Refuse sizes of image that the convolutional networks are not made for."""
        super().check(data)
        if self.networks == "conv" and data.resolution not in CONVOLUTIONAL:
            raise ConfigError(
                f"--networks conv makes images of {', '.join(map(str, CONVOLUTIONAL))} pixels, and {data.name} has "
                f"{data.resolution}: give one of them with --res, or --networks mlp"
            )
