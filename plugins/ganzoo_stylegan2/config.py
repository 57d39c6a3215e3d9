"""Options of StyleGAN2, with the values of config F (arXiv:1912.04958) and of its authors' releases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

from pydantic import Field

from ganzoo import ConfigError, Count, DataSpec, VariantConfig

SMALLEST, LARGEST = 16, 1024
"""Pixels of the shorter side."""

COARSEST = range(4, 8)
"""Pixels of the shorter side of the constant input, which is doubled until it has the data's size."""


class StyleGAN2Config(VariantConfig):
    """Config F of the paper (table 1 and appendix B), which is the preset `paper`."""

    rectangular: ClassVar = True
    resolutions: ClassVar = tuple(
        size
        for size in range(SMALLEST, LARGEST + 1)
        if any(size == side << level for side in COARSEST for level in range(9))
    )
    small: ClassVar = {"latent_dim": 6, "mapping_layers": 2, "fmap_base": 128, "fmap_max": 8, "group": 4, "gamma": 1.0}

    labels: bool = Field(False, description="condition on the data's labels")
    latent_dim: int = Field(512, gt=0, le=4096, description="length of the latent z, and of w")
    mapping_layers: int = Field(8, gt=0, le=32, description="layers of the mapping network from z to w")
    fmap_base: int = Field(
        32768,
        ge=0,
        le=2**20,
        description="feature maps: fmap_base / (shorter side), at most fmap_max; 0: 16384, from 512 pixels on 32768",
    )
    fmap_max: int = Field(512, gt=0, le=4096, description="no layer has more feature maps than this")
    discriminator: Literal["residual", "plain"] = Field(
        "residual", description="its blocks: with a skip connection each, or without"
    )
    group: int = Field(4, gt=0, description="samples in a group of minibatch standard deviation")
    mixing: float = Field(0.9, ge=0, le=1, description="share of fakes whose finer layers have the w of another latent")
    gamma: float = Field(
        10.0,
        ge=0,
        description="weight of R1 (gamma / 2 times a squared gradient); 0: 0.0002 * pixels / batch_size",
    )
    path_length: float = Field(2.0, ge=0, description="weight of path length regularization; 0 leaves it out")
    lr: float = Field(
        2e-3, ge=0, description="Adam learning rate of both players; 0: 2.5e-3, and 2e-3 from 1024 pixels on"
    )
    batch_size: Count = Field(
        32, ge=0, description="real images in one discriminator step; 0: 4096 / (shorter side), at most 32"
    )
    ema_images: Count = Field(
        10_000,
        ge=0,
        description="half-life, in images, of the generator's moving average; 0: 312.5 batches",
    )
    ema_ramp: float = Field(
        0.0, ge=0, description="that half-life is never longer than this share of the images shown; 0: no bound"
    )
    images: Count = Field(25_000_000, gt=0, description="length of the training in real images shown, as 200k or 2M")

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "paper": {},
        "paper256": {
            "fmap_base": 16384, "group": 8, "gamma": 1.0, "lr": 2.5e-3, "batch_size": 64, "ema_images": 20_000,
        },
        "auto": {
            "mapping_layers": 2, "fmap_base": 0, "gamma": 0.0, "lr": 0.0, "batch_size": 0, "ema_images": 0,
            "ema_ramp": 0.05,
        },
        "cifar": {
            "images": 100_000_000, "mapping_layers": 2, "discriminator": "plain", "group": 32, "mixing": 0.0,
            "gamma": 0.01, "path_length": 0.0, "lr": 2.5e-3, "batch_size": 64, "ema_images": 500_000, "ema_ramp": 0.05,
        },
        "laptop": {
            "images": 150_000, "latent_dim": 128, "mapping_layers": 2, "fmap_base": 512, "fmap_max": 64,
            "mixing": 0.0, "path_length": 0.0, "lr": 2.5e-3, "batch_size": 8, "ema_images": 5_000, "ema_ramp": 0.05,
        },
    }  # fmt: skip
    preset_notes: ClassVar[Mapping[str, str]] = {
        "laptop": "an eighth of the feature maps or less, an hour or so for 32 pixels on two cores; --preset auto "
        "is an accelerator's work"
    }

    @classmethod
    def default_preset(cls, device_type: str, data: DataSpec) -> str:
        """`auto`, which chooses by the data's size, where there is an accelerator."""
        return "laptop" if device_type == "cpu" else "auto"

    @classmethod
    def default_resolution(cls, native: int) -> int:
        """The smallest size that holds the data, at most 1024."""
        return next((size for size in cls.resolutions if size >= native), LARGEST)

    def uses_labels(self) -> bool:
        return self.labels

    def fitted(self, data: DataSpec) -> Self:
        """The same options with those that are 0 worked out from the data's size."""
        height, width = data.shape[1:]
        side = min(height, width)
        batch_size = self.batch_size or min(4096 // side, 32)
        return self.model_copy(
            update={
                "batch_size": batch_size,
                "group": min(self.group, batch_size),
                "fmap_base": self.fmap_base or (32768 if side >= 512 else 16384),
                "gamma": self.gamma or 0.0002 * height * width / batch_size,
                "lr": self.lr or (2e-3 if side >= 1024 else 2.5e-3),
                "ema_images": self.ema_images or batch_size * 10_000 // 32,
            }
        )

    def check(self, data: DataSpec) -> None:
        """Refuse sizes that are no small grid doubled, and batches that are no whole groups."""
        _, height, width = data.shape
        short, long = sorted((height, width))
        if short not in self.resolutions or long % (1 << doublings(short)) or long > LARGEST:
            near = min(self.resolutions, key=lambda size: abs(size - short))
            step = 1 << doublings(near)
            longer = min(max(round(long * near / short / step) * step, near), LARGEST)
            fit = near if longer == near else f"{longer}x{near}" if width > height else f"{near}x{longer}"
            raise ConfigError(
                "stylegan2 doubles a grid whose shorter side has 4 to 7 pixels to one of 16 to 1024, such as 16, 20, "
                f"24, 28, 32, 40 or 48 pixels, and {data.name} has {width}x{height}: give --res {fit}"
            )
        fitted = self.fitted(data)
        if fitted.batch_size % fitted.group:
            below = fitted.batch_size // self.group * self.group
            raise ConfigError(
                f"--batch-size (={self.batch_size}) must be a multiple of --group (={self.group}), as {below} or "
                f"{below + self.group}: minibatch standard deviation looks at groups"
            )
        if data.count < 2:
            raise ConfigError(
                f"stylegan2 needs two images or more, and {data.name} has {data.count}: minibatch standard deviation "
                "would tell batches of one image from all others"
            )
        if self.labels and not data.classes:
            raise ConfigError(
                f"--labels needs labels, and {data.name} has none: leave it out, or sort the images into one folder "
                "a class"
            )

    def maps(self, side: int) -> int:
        """Feature maps where the shorter side has so many pixels."""
        return max(min(self.fmap_base // side, self.fmap_max), 1)


def doublings(side: int) -> int:
    """How often the constant input is doubled for an image whose shorter side has so many pixels: 3 times for 32."""
    return (side // COARSEST.start).bit_length() - 1
