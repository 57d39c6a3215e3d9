"""`Game`: everything that a variant's factory hands to the engine. Recipes only, no instances of optimizers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from torch import nn

from ganzoo.core.networks import Discriminator, Generator
from ganzoo.core.objective import Objective, Players, check_phases, flat
from ganzoo.errors import ConfigError

if TYPE_CHECKING:
    from ganzoo.core.config import VariantConfig

Schedule = Callable[[int], float]
"""Maps images shown to a factor on the learning rate."""


@dataclass(frozen=True, slots=True)
class LinearDecay:
    """Factor 1 until `start_images`, then linearly down to `final` at `end_images`."""

    start_images: int
    end_images: int
    final: float = 0.0

    def __call__(self, images: int) -> float:
        span = max(self.end_images - self.start_images, 1)
        progress = min(max((images - self.start_images) / span, 0.0), 1.0)
        return 1.0 + (self.final - 1.0) * progress


@dataclass(frozen=True, slots=True)
class CosineDecay:
    """Factor 1 at the start, down to `final` at `end_images` along half a cosine (SGDR, arXiv:1608.03983, eq. 5)."""

    end_images: int
    final: float = 0.0

    def __call__(self, images: int) -> float:
        progress = min(images / max(self.end_images, 1), 1.0)
        return self.final + (1.0 - self.final) * 0.5 * (1.0 + math.cos(math.pi * progress))


@dataclass(frozen=True, slots=True)
class Adam:
    """Adam (arXiv:1412.6980); with `weight_decay` its decoupled form AdamW (arXiv:1711.05101)."""

    lr: float
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    weight_decay: float = 0.0
    schedule: Schedule | None = None
    clip_norm: float | None = None

    def lazy(self, every: int) -> Adam:
        """For a group that a phase moves in every k-th round besides each round (StyleGAN2, arXiv:1912.04958, app. B).

        With c = k / (k + 1) the rate is lr * c and the betas are beta ** c, so that k rounds move the weights as far as
        they would without that phase.
        """
        c = every / (every + 1)
        return replace(self, lr=self.lr * c, betas=(self.betas[0] ** c, self.betas[1] ** c))


@dataclass(frozen=True, slots=True)
class RMSprop:
    """RMSprop, uncentered, with torch's defaults."""

    lr: float
    alpha: float = 0.99
    eps: float = 1e-8
    momentum: float = 0.0
    schedule: Schedule | None = None
    clip_norm: float | None = None


@dataclass(frozen=True, slots=True)
class SGD:
    """Stochastic gradient descent."""

    lr: float
    momentum: float = 0.0
    nesterov: bool = False
    schedule: Schedule | None = None
    clip_norm: float | None = None


OptimizerRecipe = Adam | RMSprop | SGD
"""`schedule` maps images shown to a factor on the rate; `clip_norm` bounds the norm of a group's gradients."""

ROOTS = ("generator", "discriminator", "auxiliary")
"""Networks that have parameter groups."""


@dataclass(frozen=True, slots=True)
class Optimizers:
    """Recipes by parameter group: `Optimizers({"generator": Adam(1e-4), "generator.encoder": Adam(5e-5), ...})`.

    A group is named by a prefix of its parameters' names; the longest prefix that fits a parameter has it.

    Args:
        groups: Recipes by prefix.

    Raises:
        ConfigError: If a prefix begins with no network's name.
    """

    groups: Mapping[str, OptimizerRecipe]

    def __post_init__(self) -> None:
        for name in self.groups:
            if name.partition(".")[0] not in ROOTS:
                raise ConfigError(f"the parameter group {name!r} must begin with one of {', '.join(ROOTS)}")

    @classmethod
    def both(cls, recipe: OptimizerRecipe) -> Optimizers:
        """One recipe for generator and discriminator."""
        return cls({"generator": recipe, "discriminator": recipe})


@dataclass(frozen=True, slots=True)
class HalfLife:
    """EMA of the generator by half-life in images, so that it does not depend on the batch size.

    Args:
        images: After so many images a weight's share has halved.
        ramp_up: The half-life is never longer than this share of the images shown so far, so that the average
            forgets the first weights; 0 turns the ramp off.
        buffers: Whether floating-point buffers (batch-norm statistics) are averaged as the weights are, or copied.
    """

    images: int
    ramp_up: float = 0.05
    buffers: Literal["average", "copy"] = "average"

    def decay(self, images: int, batch_size: int) -> float:
        """Share of the old average that is kept in a round of `batch_size` images."""
        half_life = min(self.images, images * self.ramp_up) if self.ramp_up else self.images
        return float(0.5 ** (batch_size / half_life)) if half_life > 0 else 0.0

    def __str__(self) -> str:
        return f"half-life {self.images} images" if self.images else "no"


@dataclass(frozen=True, slots=True)
class Decay:
    """EMA of the generator by a fixed decay per round (0.999 in ProGAN). A decay of 0 is no averaging.

    Args:
        per_round: Share of the old average that is kept in a round.
        buffers: As in `HalfLife`.
    """

    per_round: float
    buffers: Literal["average", "copy"] = "average"

    def decay(self, images: int, batch_size: int) -> float:
        """Share of the old average that is kept in a round."""
        return self.per_round

    def __str__(self) -> str:
        return f"decay {self.per_round} per round" if self.per_round else "no"


@dataclass(frozen=True, slots=True)
class Stage:
    """A stretch of training with one resolution, one batch size and one objective.

    Args:
        batch_size: Real images per discriminator phase.
        images: Length of the stage in images, the fade included; None for the last stage: until the run ends.
        resolution: Of the samples in pixels, the data's resolution divided by a power of two; None: the data's.
        fade_images: Over so many images the level below fades out; 0: no fade.
        lr: Replaces the recipes' learning rates in this stage, by parameter group.
        reset_optimizers: The optimizers forget their state when the stage begins.
        objective: Replaces the game's objective in this stage; rounds count from 0 again.
        micro_batches: A batch goes through each phase in so many equal parts, whose gradients are accumulated.
    """

    batch_size: int
    images: int | None = None
    resolution: int | None = None
    fade_images: int = 0
    lr: Mapping[str, float] = field(default_factory=dict)
    reset_optimizers: bool = False
    objective: Objective | None = None
    micro_batches: int = 1

    def __post_init__(self) -> None:
        if self.batch_size < 1:
            raise ConfigError(f"a stage's batch_size (={self.batch_size}) must be at least 1")
        if self.resolution is not None and self.resolution < 1:
            raise ConfigError(f"a stage's resolution (={self.resolution}) must be at least 1")
        if self.fade_images < 0 or (self.images is not None and self.fade_images > self.images):
            raise ConfigError(
                f"a stage's fade_images (={self.fade_images}) must lie between 0 and its images (={self.images})"
            )
        if self.micro_batches < 1 or self.batch_size % self.micro_batches:
            raise ConfigError(
                f"a stage's micro_batches (={self.micro_batches}) must divide its batch_size (={self.batch_size})"
            )

    def fade(self, images: int) -> float:
        """Weight of the level below, `images` into the stage: from 1 down to 0 over `fade_images`."""
        return max(1.0 - images / self.fade_images, 0.0) if self.fade_images else 0.0


@dataclass(frozen=True, slots=True)
class Game:
    """What a factory returns: the players, what they want, and how they are trained.

    Args:
        generator: On the CPU, freshly initialized.
        discriminator: Likewise.
        objective: The losses, unless a stage provides its own.
        optimizers: Recipes; fused and capturable forms are the engine's business.
        stages: At least one; only the last may have `images=None`. Left out: one of the config's `batch_size`.
        ema: How the generator's average, which is what gets sampled and published, follows the generator. Left out:
            `HalfLife` of the config's `ema_images`.
        auxiliary: As in `Players`.
        frozen: As in `Players`.

    Raises:
        ConfigError: If there is no stage, a stage before the last has no length, or phases and groups do not fit.
    """

    generator: Generator
    discriminator: Discriminator
    objective: Objective
    optimizers: Optimizers
    # None only between a factory and `filled`, so that whoever is given a game need not ask.
    stages: tuple[Stage, ...] = None  # type: ignore[assignment]
    ema: HalfLife | Decay = None  # type: ignore[assignment]
    auxiliary: nn.Module | None = None
    frozen: Mapping[str, nn.Module] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.stages is None:
            return
        if not self.stages:
            raise ConfigError("a game needs at least one stage: Stage(batch_size=64)")
        if any(stage.images is None for stage in self.stages[:-1]):
            raise ConfigError("every stage but the last needs a length: Stage(batch_size=..., images=...)")
        self._check_phases()

    def filled(self, config: VariantConfig) -> Game:
        """The same game, with what its factory left out taken from the config. `Variant.build` calls it."""
        return replace(
            self,
            stages=self.stages or (Stage(config.batch_size),),
            ema=self.ema or HalfLife(config.ema_images),
        )

    @property
    def players(self) -> Players[Any, Any]:
        """The networks as losses get them."""
        return Players(self.generator, self.discriminator, self.auxiliary, self.frozen)

    def trained(self) -> dict[str, nn.Module]:
        """The networks that have parameter groups, by name."""
        networks = {"generator": self.generator, "discriminator": self.discriminator, "auxiliary": self.auxiliary}
        return {name: network for name, network in networks.items() if network is not None}

    def lazy_every(self, group: str) -> int:
        """The k of a phase that moves a group in every k-th round besides each round, 0 if there is none."""
        moving = [phase.every for phase in flat(self.objective.phases()) if group in phase.updates]
        return max(moving) if len(moving) > 1 and min(moving) == 1 and max(moving) > 1 else 0

    def _check_phases(self) -> None:
        groups, used = set(self.optimizers.groups), set()
        for objective in (self.objective, *(stage.objective for stage in self.stages if stage.objective is not None)):
            phases = check_phases(type(objective).__name__, objective.phases())
            updated = {group for phase in phases for group in phase.updates}
            if unknown := sorted(updated - groups):
                raise ConfigError(
                    f"a phase of {type(objective).__name__} updates {', '.join(unknown)}, and the parameter groups are "
                    f"{', '.join(sorted(groups))}: name it in Optimizers({{...}})"
                )
            used |= updated
        if idle := sorted(groups - used):
            raise ConfigError(f"no phase updates the parameter group {', '.join(idle)}: name it in a phase's updates")
