"""What the players want: `Objective`, its phases, and the values that pass between it and the engine."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

from torch import Tensor, nn

from ganzoo.core.networks import Discriminator, Generator
from ganzoo.errors import ConfigError

G = TypeVar("G", bound=Generator)
D = TypeVar("D", bound=Discriminator)


@dataclass(frozen=True, slots=True)
class Players(Generic[G, D]):
    """The networks of a game. `Players[MyGenerator, MyDiscriminator]` gives a type checker their methods.

    Args:
        generator: Averaged, sampled and published.
        discriminator: Checkpointed; published only on request.
        auxiliary: What else is trained, and all state of the objective: its parameters are moved by the phases that
            update them, its buffers survive a resume. Checkpointed, never averaged, never published.
        frozen: Networks that judge and never learn (perceptual or projected features), by name: moved to the device,
            in evaluation mode, never stepped and never saved.
    """

    generator: G
    discriminator: D
    auxiliary: Any = None
    frozen: Mapping[str, nn.Module] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Batch:
    """What one phase of a round works on. N is the stage's batch size, or that of a micro-batch or slice.

    Args:
        reals: `(N, *sample.shape)` float32; None in a phase with `reals="none"`.
        condition: Of the reals: `(N,)` int64 class labels, or source images `(N, *source.shape)` in [-1, 1]: of paired
            data `condition[i]` is the source of `reals[i]`, of unpaired data another draw. None for an unconditional
            variant or where reals is None.
        latents: `(N, *latent.shape)`, fresh in each phase.
        fake_condition: For the fakes: labels drawn with the data's frequencies; the sources of `condition` again, or
            fresh ones where reals is None; None where unconditional.
        images: 0-dim int64 tensor: real images shown before this phase. The engine advances it in place.
    """

    reals: Tensor | None
    condition: Tensor | None
    latents: Tensor
    fake_condition: Tensor | None
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


@dataclass(frozen=True, slots=True)
class Phase:
    """One loss, its backward and one step of what it updates.

    Args:
        name: What its values are logged under: `discriminator`, `generator`, `path_length`, ...
        loss: From players and batch to `Losses`; traced as a whole under `--compile`.
        updates: Parameter groups (of `Game.optimizers`) that get gradients and a step; all others get neither.
        every: It runs in every k-th round only (lazy regularization); the objective multiplies its own terms by k.
        repeat: Times in a row within a round (critic steps), or a function of the round that gives it. Rounds count
            from 0 where the objective takes over; a phase whose function gives 0 is left out in that round.
        reals: `"fresh"`: a real batch of its own; `"last"`: the one that the phase before it had; `"none"`.
        counts: Its real images count as shown: exactly one phase of an objective does.
        after: Called with players and batch, without gradients, after each of its steps (clipping, counting). Where
            batches are cut into slices it gets latents and labels for fakes of the first, and no reals.

    Raises:
        ConfigError: If a number is below 1, or nothing is updated.
    """

    name: str
    loss: Callable[[Players[Any, Any], Batch], Losses]
    updates: tuple[str, ...]
    every: int = 1
    repeat: int | Callable[[int], int] = 1
    reals: Literal["fresh", "last", "none"] = "fresh"
    counts: bool = False
    after: Callable[[Players[Any, Any], Batch], None] | None = None

    def __post_init__(self) -> None:
        if not self.updates:
            raise ConfigError(f"the phase {self.name!r} updates nothing: name parameter groups, as ('generator',)")
        for name in ("every", "repeat"):
            value = getattr(self, name)
            if isinstance(value, int) and value < 1:
                raise ConfigError(f"the phase {self.name!r} has {name}={value}, which must be at least 1")

    def repeats(self, round: int) -> int:
        """How often it runs in a round, 0 where it does not."""
        if round % self.every:
            return 0
        return self.repeat(round) if callable(self.repeat) else self.repeat


Phases = tuple[Phase | tuple[Phase, ...], ...]
"""The phases of a round in their order. Those in a tuple of their own are simultaneous: all backwards, then all steps
(of a phase that repeats, the last one; those before it are stepped at once)."""


def flat(phases: Phases) -> list[Phase]:
    """All phases in their order, simultaneous ones too."""
    return [phase for entry in phases for phase in (entry if isinstance(entry, tuple) else (entry,))]


def check_phases(owner: str, phases: Phases) -> list[Phase]:
    """All phases of a round, which must be a round that can be trained and resumed.

    Raises:
        ConfigError: If not exactly one of them counts images in every round, two share a name, simultaneous ones update
            one group, or one takes the reals of a phase that may not have run before it.
    """
    listed = flat(phases)
    names = [phase.name for phase in listed]
    if len(set(names)) < len(names):
        raise ConfigError(f"two phases of {owner} have one name: {', '.join(names)}")
    counting = [phase for phase in listed if phase.counts]
    if len(counting) != 1 or counting[0].reals != "fresh" or counting[0].every != 1:
        raise ConfigError(
            f"{owner} has {len(counting)} phases that count images ({', '.join(p.name for p in counting) or 'none'}): "
            "exactly one must have counts=True, with reals='fresh' and every=1"
        )
    for entry in phases:
        groups = [group for phase in flat((entry,)) for group in phase.updates]
        if len(set(groups)) < len(groups):
            raise ConfigError(f"simultaneous phases of {owner} update one group twice: {', '.join(groups)}")
    for index, phase in enumerate(listed):
        before = [
            earlier for earlier in listed[:index] if earlier.reals == "fresh" and phase.every % earlier.every == 0
        ]
        if phase.reals == "last" and not before:
            raise ConfigError(f"the phase {phase.name!r} of {owner} has reals='last', and no phase before it has any")
    return listed


def two_phases(
    discriminator: Callable[[Players[Any, Any], Batch], Losses],
    generator: Callable[[Players[Any, Any], Batch], Losses],
    *,
    simultaneous: bool = False,
    discriminator_steps: int | Callable[[int], int] = 1,
    generator_reals: Literal["fresh", "last", "none"] = "none",
    after_discriminator_step: Callable[[Players[Any, Any], Batch], None] | None = None,
) -> Phases:
    """The round of most GANs: the discriminator's phase, then the generator's.

    Args:
        discriminator: Its loss; its real images are those that count as shown.
        generator: Its loss.
        simultaneous: Both backwards run before either steps.
        discriminator_steps: `Phase.repeat` of the discriminator.
        generator_reals: `Phase.reals` of the generator.
        after_discriminator_step: `Phase.after` of the discriminator.
    """
    phases = (
        Phase(
            "discriminator",
            discriminator,
            ("discriminator",),
            repeat=discriminator_steps,
            counts=True,
            after=after_discriminator_step,
        ),
        Phase("generator", generator, ("generator",), reals=generator_reals),
    )
    return (phases,) if simultaneous else phases


class Objective(ABC):
    """What the players want, as the phases of a round. Holds settings only: its state is a buffer of a player.

    Losses run as a whole under `torch.compile` when the user asks for it. So inside them: no `.item()`, no Python
    branch on data, no `requires_grad_` on parameters, no `randn(generator=...)`.
    """

    @abstractmethod
    def phases(self) -> Phases:
        """The phases of a round, in their order. Called once for each stage."""

    def decision(self, players: Players[Any, Any], samples: Tensor) -> Tensor | None:
        """How real the discriminator calls samples `(N, *sample.shape)`: `(N,)` in [0, 1], 0.5 where it is undecided.

        Pictures of one-dimensional data draw it. None, the default: it judges no single sample, or no such scale is
        known.
        """
        return None
