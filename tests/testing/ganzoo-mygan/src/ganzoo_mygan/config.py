"""Options."""

from typing import ClassVar

from pydantic import Field

from ganzoo import ConfigError, DataSpec, VariantConfig


class MyConfig(VariantConfig):
    """Few."""

    presets: ClassVar = {"paper": {}, "laptop": {"lr": 1e-3}}
    small: ClassVar = {"width": 3}

    width: int = Field(64, gt=0, le=512, description="hidden units of both networks")
    lr: float = Field(2e-4, gt=0, description="Adam learning rate of both players")

    def check(self, data: DataSpec) -> None:
        super().check(data)
        if data.resolution > 32:
            raise ConfigError(f"mygan makes images of up to 32 pixels, and {data.name} has {data.resolution}: --res 32")
