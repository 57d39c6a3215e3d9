"""Options of the one-dimensional tutorial, which fixes what arXiv:1406.2661 leaves open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from ganzoo import ConfigError, Count, DataSpec, VariantConfig, Widths, mixture_of


class ToyConfig(VariantConfig):
    """Three-layer networks with 11 hidden units each, on a line from -5 to 5."""

    default_data: ClassVar = "normal1d"
    small: ClassVar = {"pretraining_steps": 4}

    hidden_widths: Widths = Field((6, 5), description="units of the hidden layers of both networks")
    reach: float = Field(
        5.0, gt=0, description="latents, samples and the pretraining's points lie between -reach and reach"
    )
    jitter: float = Field(0.01, ge=0, description="latents are evenly spaced, each moved up by at most this")
    aligned: bool = Field(True, description="evenly spaced latents and sorted reals; off: both as they are drawn")
    pretraining_steps: int = Field(
        1000, ge=0, le=1_000_000, description="steps of the discriminator alone on the density of the data, before all"
    )
    pretraining_lr: float = Field(1e-2, gt=0, description="Adam learning rate of the pretraining")
    lr: float = Field(5e-4, gt=0, description="the generator's Adam learning rate, falling to 0 in a straight line")
    discriminator_lr: float = Field(1e-2, gt=0, description="likewise of the discriminator")
    r1: float = Field(0.0, ge=0, description="gamma of the gradient penalty R1 at reals (arXiv:1801.04406); 0: none")
    ema_images: Count = Field(
        20_000, ge=0, description="half-life, in images, of the generator's moving average; 0 turns averaging off"
    )
    images: Count = Field(
        2_000_000, gt=0, description="length of the training in reals shown, the pretraining included"
    )
    batch_size: Count = Field(200, gt=1, description="reals in one discriminator step")

    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {"paper": {}, "laptop": {"r1": 0.05}}

    def check(self, data: DataSpec) -> None:
        """One dimension; a density to pretrain on, and some training left after it."""
        super().check(data)
        if data.shape != (1,):
            raise ConfigError(
                f"toy learns points on a line, and {data.name} has {data.shape[0]} coordinates: give --data normal1d, "
                "cities, or an .npz of samples (N, 1)"
            )
        if self.pretraining_steps and mixture_of(data) is None:
            raise ConfigError(
                f"the discriminator is pretrained on the density, which is not known of {data.name}: give "
                "--pretraining-steps 0"
            )
        if self.images <= self.pretraining_images:
            raise ConfigError(
                f"--images (={self.images}) must be more than the {self.pretraining_images} of the pretraining, or the "
                "generator is never trained: give --pretraining-steps 0, or a smaller number"
            )

    @property
    def pretraining_images(self) -> int:
        """Reals that the pretraining counts."""
        return self.pretraining_steps * self.batch_size
