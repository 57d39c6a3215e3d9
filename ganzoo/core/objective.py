"""What the two players want: `Objective`, and the values that pass between it and the engine."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from torch import Tensor

from ganzoo.core.networks import Discriminator, Generator

G = TypeVar("G", bound=Generator)
D = TypeVar("D", bound=Discriminator)


@dataclass(frozen=True, slots=True)
class Players(Generic[G, D]):
    """The two networks of a game. `Players[MyGenerator, MyDiscriminator]` gives a type checker their methods."""

    generator: G
    discriminator: D


@dataclass(frozen=True, slots=True)
class Batch:
    """What one phase of a round works on. N is the stage's batch size.

    Args:
        reals: `(N, *sample.shape)` float32; None in a generator phase unless `generator_sees_reals`.
        labels: `(N,)` int64 labels of the reals; None for an unconditional variant or where reals is None.
        latents: `(N, *latent.shape)`, fresh in each phase.
        fake_labels: `(N,)` int64 for the fakes, drawn with the data's frequencies; None where unconditional.
        images: 0-dim int64 tensor: real images shown before this phase. The engine advances it in place.
    """

    reals: Tensor | None
    labels: Tensor | None
    latents: Tensor
    fake_labels: Tensor | None
    images: Tensor


@dataclass(frozen=True, slots=True)
class Losses:
    """What an objective returns for one phase.

    Args:
        terms: Named 0-dim losses; the engine back-propagates their sum.
        measures: Named 0-dim values that are only shown (scores, accuracies, distance estimates).
    """

    terms: dict[str, Tensor]
    measures: dict[str, Tensor] = field(default_factory=dict)


class Objective(ABC):
    """The losses of both players. Holds no state: what must survive a resume is a persistent buffer of a player.

    Both loss methods run as a whole under `torch.compile` when the user asks for it. So inside them: no
    `.item()`, no Python branch on data, no `requires_grad_` on parameters, no `randn(generator=...)`.

    Attributes:
        simultaneous: Both players' backwards (the discriminator's last, if it has several) run before either step.
        generator_sees_reals: The generator phase gets a fresh real batch, not counted as shown.
    """

    simultaneous: bool = False
    generator_sees_reals: bool = False

    def discriminator_steps(self, round: int) -> int:
        """Number of discriminator phases in a round, before its generator phase.

        Args:
            round: Rounds that trained the generator so far, so that a schedule such as WGAN's (100 phases in the
                first 25 rounds) starts where a stage that pretrains the discriminator alone ends.
        """
        return 1

    @abstractmethod
    def discriminator_loss(self, players: Players[Any, Any], batch: Batch) -> Losses:
        """The discriminator's losses; gradients reach the discriminator's parameters only."""

    @abstractmethod
    def generator_loss(self, players: Players[Any, Any], batch: Batch) -> Losses:
        """The generator's losses; gradients reach the generator's parameters only."""

    def decision(self, players: Players[Any, Any], samples: Tensor) -> Tensor | None:
        """How real the discriminator calls samples `(N, *sample.shape)`: `(N,)` in [0, 1], 0.5 where it is undecided.

        Pictures of one-dimensional data draw it. None, the default: it judges no single sample, or no such scale is
        known.
        """
        return None

    def after_discriminator_step(self, players: Players[Any, Any]) -> None:
        """Called after each optimizer step of the discriminator, without gradients (weight clipping)."""
