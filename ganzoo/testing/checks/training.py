"""Checks of a form in the engine: it trains, and goes on from a checkpoint as if it had never stopped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import numpy
import safetensors.torch
import torch

from ganzoo.core.data_spec import DataSpec
from ganzoo.core.game import Game
from ganzoo.core.objective import Batch, Objective, Phase, Phases, Players
from ganzoo.data.dataset import Dataset
from ganzoo.engine.optimizers import group_optimizers
from ganzoo.engine.training import Training
from ganzoo.plugins.modalities import modality_of
from ganzoo.testing.checks.phases import CPU, few
from ganzoo.testing.forms import CLASSES, COUNT, Form
from ganzoo.testing.memory import KEEP, changes, memory
from ganzoo.testing.outcome import require

T = TypeVar("T")

ROUNDS = 4
STOPPED, AFTERWARDS = 5, 12
"""Rounds before a training is stopped and after it: uneven, so that what comes round again is found too."""
SEED = 7


def dataset_of(form: Form) -> Dataset:
    """Noise of the form's shape, the same each time."""
    random = numpy.random.RandomState(0)
    labels = random.randint(0, len(CLASSES), COUNT) if form.data.classes else None
    samples = Dataset(form.data, _noise(random, form.data, COUNT), labels, CPU)
    source = form.data.source
    if source is None:
        return samples
    # Fewer where they need not be as many.
    count = COUNT if source.paired else COUNT - 7
    spec = replace(form.data, shape=source.shape, count=count, condition=None)
    return samples.of_sources(Dataset(spec, _noise(random, spec, count), None, CPU), paired=source.paired)


def _noise(random: numpy.random.RandomState, spec: DataSpec, count: int) -> torch.Tensor:
    modality, shape = modality_of(spec.kind), (count, *spec.shape)
    noise = random.uniform(-1, 1, shape) if modality.bounded else random.randn(*shape)
    return torch.from_numpy(numpy.ascontiguousarray(modality.to_stored(noise.astype(numpy.float32), spec)))


def training_of(form: Form, game: Game) -> Training:
    """The game in the engine."""

    def refuse(message: str) -> None:
        require(False, f"{form}: {message}")

    return Training(game, dataset_of(form), CPU, seed=SEED, conditional=form.conditional, warn=refuse)


def check_training(form: Form) -> None:
    """A few rounds change both players: every parameter with a gradient moves, and all stay finite.

    Nothing else changes: no weight outside of an optimizer's step but in a phase's own `after`, no frozen network, and
    no attribute of an objective.
    """
    game = form.build(SEED)
    networks = frozenset(map(id, game.trained().values()))
    objectives = [game.objective, *(stage.objective for stage in game.stages if stage.objective is not None)]
    settings = [memory(objective, networks) for objective in objectives]
    frozen = {
        f"{name}.{key}": v.clone() for name, network in game.frozen.items() for key, v in network.state_dict().items()
    }
    before = {
        player: {name: value.detach().clone() for name, value in network.named_parameters()}
        for player, network in game.trained().items()
    }
    training = training_of(form, watched(form, game))
    moved = 0
    while moved < ROUNDS:
        training.round()
        moved += training.moves_generator
        for objective, setting in zip(objectives, settings, strict=True):
            changed = changes(setting, memory(objective, networks))
            require(
                not changed,
                f"{form}: a round changed {type(objective).__name__}'s {few(changed)}: {KEEP}",
            )
    now = {f"{name}.{key}": v for name, network in game.frozen.items() for key, v in network.state_dict().items()}
    changed = [name for name in frozen if not torch.equal(frozen[name], now[name])]
    require(not changed, f"{form}: training changed the frozen {few(changed)}: name in Game(auxiliary=...) what learns")
    require(training.is_finite(), f"{form}: after {ROUNDS} rounds a weight is not finite: lower the learning rate")
    for player, start in before.items():
        now = dict(game.trained()[player].named_parameters())
        still = [name for name in start if torch.equal(start[name], now[name])]
        require(
            not start or len(still) < len(start),  # an auxiliary network may hold state alone
            f"{form}: {ROUNDS} rounds changed nothing of the {player}: look at its loss and its learning rate",
        )
        # A gradient may be exactly 0 for a while: that of a last bias is, in a hinge or a Wasserstein loss.
        stuck = [name for name in still if _has_gradient(now[name])]
        require(
            not stuck,
            f"{form}: {ROUNDS} rounds left the {player}'s {few(stuck)} as they were, though they have a gradient: undo "
            "no step, and mind the learning rate",
        )


def check_resume(form: Form) -> None:
    """The first rounds of a training, its state through safetensors, and the rest equal the whole, bit for bit."""
    unbroken = training_of(form, form.build(SEED))
    for _ in range(STOPPED):
        unbroken.round()
    tensors, counters = unbroken.state()
    saved = {name: safetensors.torch.save(_plain(group)) for name, group in tensors.items()}
    for _ in range(AFTERWARDS):
        unbroken.round()

    resumed = training_of(form, form.build(SEED + 1))
    resumed.restore({name: safetensors.torch.load(group) for name, group in saved.items()}, counters)
    for _ in range(AFTERWARDS):
        resumed.round()
    expected, _ = unbroken.state()
    found, _ = resumed.state()
    differing = [
        f"{name} {key}"
        for name, group in expected.items()
        for key, value in group.items()
        if key not in found[name] or not torch.equal(value, found[name][key])
    ]
    require(
        not differing,
        f"{form}: a training that was resumed ended elsewhere, in {few(differing)}: whatever a loss or a network "
        "remembers must be a persistent buffer of a player",
    )
    pairs = zip(unbroken.networks().items(), resumed.networks().values(), strict=True)
    forgotten = [f"{name}'s {seen}" for (name, one), other in pairs for seen in changes(memory(one), memory(other))]
    require(
        not forgotten,
        f"{form}: after a resume the {few(forgotten)}: attributes are not saved, so make what changes a persistent "
        "buffer",
    )


def watched(form: Form, game: Game) -> Game:
    """The same game, where no loss may move a weight, and what runs after a step moves those alone that it updates."""
    stages = tuple(
        replace(stage, objective=_Watched(form, game, stage.objective)) if stage.objective is not None else stage
        for stage in game.stages
    )
    return replace(game, objective=_Watched(form, game, game.objective), stages=stages)


class _Watched(Objective):
    """The phases of an objective, refused where one moves weights that are not its own."""

    def __init__(self, form: Form, game: Game, objective: Objective) -> None:
        self._form, self._objective, self._optimizers = form, objective, group_optimizers(game)
        self._parameters = {
            f"{root}.{name}": parameter
            for root, network in game.trained().items()
            for name, parameter in network.named_parameters()
        }

    def phases(self) -> Phases:
        return tuple(
            tuple(map(self._watch, entry)) if isinstance(entry, tuple) else self._watch(entry)
            for entry in self._objective.phases()
        )

    def _watch(self, phase: Phase) -> Phase:
        own = {f"{group.partition('.')[0]}.{name}" for group in phase.updates for name in self._optimizers[group].names}
        loss = self._keeping(f"the loss of the phase {phase.name!r}", phase.loss, set())
        after = phase.after and self._keeping(f"`after` of the phase {phase.name!r}", phase.after, own)
        return replace(phase, loss=loss, after=after)

    def _keeping(self, what: str, function: Callable[..., T], own: set[str]) -> Callable[..., T]:
        def kept(players: Players[Any, Any], batch: Batch) -> T:
            others = {name: (p, p.detach().clone()) for name, p in self._parameters.items() if name not in own}
            result = function(players, batch)
            moved = [name for name, (parameter, before) in others.items() if not torch.equal(parameter, before)]
            require(
                not moved,
                f"{self._form}: {what} moved {few(moved)}: weights are moved by optimizers, and in `after` those alone "
                "that the phase updates",
            )
            return result

        return kept


def _has_gradient(parameter: torch.nn.Parameter) -> bool:
    return parameter.grad is not None and bool(parameter.grad.any())


def _plain(group: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: value.detach().contiguous() for name, value in group.items()}
