"""Options of InfoGAN, with the values of arXiv:1606.03657 as defaults."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field

from ganzoo import ConfigError, Count, DataSpec, VariantConfig


def parse_codes(text: str) -> dict[str, int]:
    """Sizes of codes by name: `"digit=10,light=5"` is `{"digit": 10, "light": 5}`, and `""` none.

    Raises:
        ValueError: If the text is something else.
    """
    pairs = [pair.strip() for pair in text.split(",") if pair.strip()]
    if any(not re.fullmatch(r"[a-z][a-z0-9_]*=[1-9]\d{0,3}", pair) for pair in pairs):
        raise ValueError("must be names and sizes, as digit=10 or digit=10,light=5, or empty for none")
    codes = {name: int(size) for name, size in (pair.split("=") for pair in pairs)}
    if len(codes) < len(pairs) or "z" in codes:
        raise ValueError("must give each code a name of its own, and none the name z")
    return codes


def _checked(text: str) -> str:
    parse_codes(text)
    return text


Codes = Annotated[str, AfterValidator(_checked)]
"""Codes with their sizes, written `digit=10,light=5`."""


class InfoGANConfig(VariantConfig):
    """Appendix C.1: the networks and codes for MNIST."""

    resolutions: ClassVar = (28, 32, 64, 128)
    small: ClassVar = {"noise_dim": 6, "width": 4, "hidden": 8}

    noise_dim: int = Field(62, gt=0, le=4096, description="length of z, drawn from N(0, 1), which nothing is asked of")
    categorical: Codes = Field(
        "digit=10", examples=["digit=3,light=2"], description="categorical codes and their choices, as digit=10,light=5"
    )
    continuous: Codes = Field(
        "style=2", examples=[""], description="continuous codes, from U(-1, 1), and their lengths, as style=2"
    )
    categorical_weight: float = Field(1.0, gt=0, description="lambda: weight of what the categorical codes tell")
    continuous_weight: float = Field(0.1, gt=0, description="lambda of the continuous codes")
    width: int = Field(
        64, gt=0, le=1024, description="feature maps next to the image; they double with each halving of the size"
    )
    hidden: int = Field(1024, gt=0, le=8192, description="width of the dense layers of both players")
    generator_lr: float = Field(1e-3, gt=0, description="Adam learning rate of the generator")
    discriminator_lr: float = Field(2e-4, gt=0, description="Adam learning rate of the discriminator and of Q")
    beta1: float = Field(0.5, ge=0, lt=1, description="Adam beta1 of all networks")
    batch_size: Count = Field(128, gt=1, description="real images in one discriminator step; batch norm needs two")

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "paper": {"images": 1_500_000},
        "laptop": {"images": 250_000, "width": 32, "hidden": 256, "batch_size": 32, "discriminator_lr": 1e-3},
    }

    def check(self, data: DataSpec) -> None:
        super().check(data)
        categorical, continuous = parse_codes(self.categorical), parse_codes(self.continuous)
        if not categorical and not continuous:
            raise ConfigError("there is no code for Q to find: give --categorical digit=10, or --continuous style=2")
        if both := categorical.keys() & continuous.keys():
            raise ConfigError(f"two codes are called {min(both)}: rename one of --categorical and --continuous")
        if 1 in categorical.values():
            raise ConfigError(
                f"--categorical (={self.categorical}) has a code of one choice, which tells nothing: give it two"
            )
