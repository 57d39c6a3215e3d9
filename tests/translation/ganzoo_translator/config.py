"""Options of both variants."""

from typing import ClassVar, Literal

from pydantic import Field

from ganzoo import VariantConfig


class TranslatorConfig(VariantConfig):
    lr: float = Field(1e-2, gt=0, description="Adam learning rate of both players")
    noise: Literal[0, 3] = Field(0, description="length of the latents, of which 0 is none")
    l1: float = Field(10.0, ge=0, description="weight of the distance to the target")

    presets: ClassVar = {"paper": {}, "laptop": {"batch_size": 4}}
    small: ClassVar = {}


class TurnerConfig(VariantConfig):
    lr: float = Field(1e-2, gt=0, description="Adam learning rate of all networks")
    cycle: float = Field(10.0, ge=0, description="weight of the way there and back")

    presets: ClassVar = {"paper": {}, "laptop": {"batch_size": 4}}
    small: ClassVar = {}
