"""Options of f-GAN, with the values of arXiv:1606.00709, section 4.2, as defaults."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from ganzoo import ConfigError, Count, DataSpec, VariantConfig, Widths

DIVERGENCES = (
    "total_variation",
    "kl",
    "reverse_kl",
    "pearson",
    "neyman",
    "squared_hellinger",
    "jensen_shannon",
    "gan",
)
"""As `ganzoo.objectives.DIVERGENCES`, whose import would cost that of torch."""


def parse_divergence(value: Any) -> str:
    """The name of a divergence: hyphens and capitals are forgiven, a typo is answered with what was meant."""
    name = str(value).strip().lower().replace("-", "_").replace(" ", "_")
    if name not in DIVERGENCES:
        close = get_close_matches(name, DIVERGENCES, 1)
        raise ValueError(f"must be one of {', '.join(DIVERGENCES)}{f' (did you mean {close[0]}?)' if close else ''}")
    return name


class FGANConfig(VariantConfig):
    """Section 4.2 of the paper: "Natural Images", MNIST."""

    resolutions: ClassVar = (28, 32, 64, 128)
    rectangular: ClassVar = True
    small: ClassVar = {"latent_dim": 6, "generator_widths": (12, 10), "discriminator_widths": (10,), "width": 4}

    divergence: Annotated[str, BeforeValidator(parse_divergence)] = Field(
        "jensen_shannon", examples=list(DIVERGENCES), description=f"what the generator lowers: {', '.join(DIVERGENCES)}"
    )
    generator_loss: Literal["alternative", "minimax"] = Field(
        "alternative", description="the generator maximizes E[g(D(G(z)))], or minimizes the bound itself"
    )
    network: Literal["mlp", "conv"] = Field("mlp", description="fully connected as in the paper, or those of DCGAN")
    latent_dim: int = Field(100, gt=0, le=4096, description="length of the latent vector z, from U(-1, 1)")
    generator_widths: Widths = Field((1200, 1200), description="mlp: units of the generator's hidden layers")
    discriminator_widths: Widths = Field((240, 240), description="mlp: units of the discriminator's hidden layers")
    batch_norm: bool = Field(True, description="mlp: batch norm in the generator's hidden layers")
    activation: Literal["elu", "leaky_relu"] = Field("elu", description="mlp: activation in the discriminator")
    width: int = Field(64, gt=0, le=1024, description="conv: feature maps next to the image, doubled at each halving")
    lr: float = Field(2e-4, gt=0, description="Adam learning rate of both players")
    beta1: float = Field(0.5, ge=0, lt=1, description="Adam beta1 of both players")
    images: Count = Field(6_000_000, gt=0, description="length of the training in real images shown, as 200k or 2M")
    batch_size: Count = Field(4096, gt=1, description="real samples in one discriminator step; batch norm needs two")

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "paper": {},
        "laptop": {"network": "conv", "width": 32, "lr": 5e-4, "batch_size": 64, "images": 400_000},
        "toy": {
            "latent_dim": 16,
            "generator_widths": (128, 128),
            "discriminator_widths": (128, 128),
            "batch_norm": False,
            "activation": "leaky_relu",
            "lr": 1e-3,
            "batch_size": 256,
            "images": 1_000_000,
        },
    }

    @classmethod
    def default_preset(cls, device_type: str, data: DataSpec) -> str:
        """Points need another network than images: `toy`, whatever the device."""
        return "toy" if data.kind == "vector" else super().default_preset(device_type, data)

    def check(self, data: DataSpec) -> None:
        """Convolutions need images, of a size that halves; the fully connected networks take anything."""
        if self.network == "mlp":
            return
        if data.kind == "vector":
            raise ConfigError(f"--network (=conv) makes images, and {data.name} is vectors: give --network mlp")
        super().check(data)
