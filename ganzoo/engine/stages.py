"""Stages as the engine runs them: which one is on, how far its fade is, and what its reals look like."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from ganzoo.core.game import Stage
from ganzoo.core.networks import Generator
from ganzoo.errors import ConfigError


class StageClock:
    """Knows the current stage of a run from the images shown.

    Args:
        stages: Of the game.
        resolution: Of the data in pixels; stages divide it by powers of two.

    Raises:
        ConfigError: If a stage's resolution does not divide the data's by a power of two.
    """

    def __init__(self, stages: tuple[Stage, ...], resolution: int) -> None:
        self.stages = stages
        self.data_resolution = resolution
        self.index = 0
        self.start_images = 0
        for stage in stages:
            _check(stage, resolution)

    @property
    def stage(self) -> Stage:
        """The current stage."""
        return self.stages[self.index]

    @property
    def resolution(self) -> int:
        """Of the current stage's samples in pixels."""
        return self.stage.resolution or self.data_resolution

    def advance(self, images: int) -> bool:
        """Move on to the next stage if the current one is over; returns whether it did. The last is never over."""
        over = self.stage.images is not None and images - self.start_images >= self.stage.images
        if not over or self.index + 1 == len(self.stages):
            return False
        self.index, self.start_images = self.index + 1, images
        return True

    def fade(self, images: int) -> float:
        """Weight of the next coarser level at `images` shown in all."""
        return self.stage.fade(images - self.start_images)

    def lod(self, images: int) -> float:
        """Level of detail as ProGAN counts it: 0 at full size, k when k levels coarser; the fraction is the fade."""
        return math.log2(self.data_resolution // self.resolution) + self.fade(images)

    def state(self) -> dict[str, int]:
        """For a checkpoint."""
        return {"index": self.index, "start_images": self.start_images}

    def restore(self, state: dict[str, int]) -> None:
        """Undo of `state`."""
        self.index, self.start_images = state["index"], state["start_images"]


def shrink(reals: Tensor, resolution: int) -> Tensor:
    """Average images `(N, C, H, W)` down until their longer side is of `resolution` pixels."""
    factor = max(reals.shape[2:]) // resolution
    return functional.avg_pool2d(reals, factor) if factor > 1 else reals


def fade_reals(reals: Tensor, fade: Tensor) -> Tensor:
    """Blend images with their own half-resolution copy, as the networks do (ProGAN, arXiv:1710.10196, fig. 2)."""
    coarse = functional.interpolate(functional.avg_pool2d(reals, 2), scale_factor=2, mode="nearest")
    return torch.lerp(reals, coarse, fade)


class Enlarging(Generator):
    """A generator of a coarser level whose pixels are repeated, so that its images can be held against full-size ones.

    Args:
        generator: Of images.
        factor: How often a pixel is repeated, in height and in width.
    """

    def __init__(self, generator: Generator, factor: int) -> None:
        super().__init__()
        self.generator, self.factor, self.latent = generator, factor, generator.latent

    def forward(self, latents: Tensor, condition: Tensor | None = None) -> Tensor:
        samples: Tensor = self.generator(latents, condition)
        return functional.interpolate(samples, scale_factor=float(self.factor), mode="nearest")


def _check(stage: Stage, resolution: int) -> None:
    if stage.resolution is None:
        return
    factor, remainder = divmod(resolution, stage.resolution)
    if remainder or factor & (factor - 1):
        raise ConfigError(
            f"a stage of {stage.resolution} pixels does not fit data of {resolution}: "
            "the quotient must be a power of two"
        )
