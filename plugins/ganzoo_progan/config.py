"""Options of ProGAN, with the values of arXiv:1710.10196 and of its authors' release as defaults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from pydantic import Field

from ganzoo import ConfigError, Count, DataSpec, VariantConfig

GROUP = 4
"""Samples in a group of minibatch standard deviation."""

BATCH_SIZES: Mapping[int, int] = {4: 128, 8: 128, 16: 128, 32: 64, 64: 32, 128: 16, 256: 8, 512: 4, 1024: 4}
"""By resolution, on one GPU."""

LR_FACTORS: Mapping[int, float] = {1024: 1.5}
"""On the learning rate, by resolution; 1 elsewhere: .001, and .0015 at 1024 pixels."""


class ProGANConfig(VariantConfig):
    """Appendix A of the paper, and the schedule of its authors' release."""

    resolutions: ClassVar = tuple(BATCH_SIZES)
    small: ClassVar = {"latent_dim": 6, "fmap_base": 32, "fmap_max": 8, "stage_images": 40}

    growing: bool = Field(True, description="grow from 4 pixels on; --no-growing trains at full size throughout")
    stage_images: Count = Field(600_000, gt=0, description="images of one fade-in, and of the stage after it")
    full_size_stages: int = Field(
        4, gt=0, le=1000, description="the full size is stabilized for this many times --stage-images"
    )
    labels: bool = Field(False, description="condition on the data's labels, with AC-GAN's term (arXiv:1610.09585)")
    class_weight: float = Field(1.0, ge=0, description="weight of AC-GAN's term; only with --labels")
    latent_dim: int = Field(512, gt=0, le=4096, description="length of the latent vector z")
    fmap_base: int = Field(8192, ge=2, le=65536, description="feature maps: fmap_base / (resolution / 2), at least 1")
    fmap_max: int = Field(512, gt=0, le=4096, description="no layer has more feature maps than this")
    lr: float = Field(1e-3, gt=0, description="Adam learning rate of both players; half as much again at 1024 pixels")
    gradient_penalty: float = Field(10.0, ge=0, description="weight of WGAN-GP's gradient penalty")
    drift: float = Field(1e-3, ge=0, description="weight of the drift term, which keeps scores of reals near 0")
    ema_decay: float = Field(0.999, ge=0, lt=1, description="share of the generator's moving average kept in a step")
    ema_images: Count = Field(0, ge=0, description="half-life of that average in images, in place of --ema-decay")
    batch_size: Count = Field(
        128, gt=0, description="real images in one discriminator step, at most; larger resolutions take fewer"
    )
    images: Count = Field(
        0,
        ge=0,
        description="length of the training in real images shown; 0: as the schedule, fewer: all stages shorter, "
        "more: the last one longer",
    )

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "paper": {},
        "laptop": {
            "stage_images": 16_000,
            "full_size_stages": 2,
            "lr": 2e-3,
            "latent_dim": 128,
            "fmap_base": 512,
            "fmap_max": 64,
            "batch_size": 8,
        },
    }
    preset_notes: ClassVar[Mapping[str, str]] = {
        "laptop": "smaller maps and shorter stages, less than an hour for 64 pixels on two cores; "
        "--preset paper would take months there"
    }

    @classmethod
    def default_resolution(cls, native: int) -> int:
        """The power of two that holds the data, at most 1024."""
        return next((resolution for resolution in cls.resolutions if resolution >= native), cls.resolutions[-1])

    def uses_labels(self) -> bool:
        return self.labels

    def fitted(self, data: DataSpec) -> Self:
        """The length of the schedule for this resolution, or a schedule of the length that was asked for."""
        parts = self.stages(data.resolution) - 1 + self.full_size_stages
        if self.images == 0:
            return self.model_copy(update={"images": parts * self.stage_images})
        return self.model_copy(update={"stage_images": max(min(self.stage_images, self.images // parts), 1)})

    def check(self, data: DataSpec) -> None:
        super().check(data)
        if self.batch_size > GROUP and self.batch_size % GROUP:
            below = self.batch_size // GROUP * GROUP
            raise ConfigError(
                f"--batch-size (={self.batch_size}) must be a multiple of {GROUP}, as {below} or {below + GROUP}, or "
                f"less than {GROUP}: minibatch standard deviation looks at groups of {GROUP}"
            )
        if data.count < 2:
            raise ConfigError(
                f"progan needs two images or more, and {data.name} has {data.count}: minibatch standard deviation "
                "would tell batches of one image from all others"
            )
        if self.labels and not data.classes:
            raise ConfigError(
                f"--labels needs labels, and {data.name} has none: leave it out, or sort the images into one folder "
                "a class"
            )

    @staticmethod
    def stages(resolution: int) -> int:
        """Stages of the schedule up to a resolution: one at 4 pixels, and a fade and a stable one for each above."""
        return 2 * (resolution.bit_length() - 1) - 3

    def maps(self, resolution: int) -> int:
        """Feature maps at a resolution: nf(log2(resolution) - 1) of the release."""
        return max(min(self.fmap_base // (resolution // 2), self.fmap_max), 1)

    def batch(self, resolution: int) -> int:
        """Batch size at a resolution."""
        return min(self.batch_size, BATCH_SIZES[resolution])

    def learning_rate(self, resolution: int) -> float:
        """Learning rate of both players at a resolution."""
        return self.lr * LR_FACTORS.get(resolution, 1.0)
