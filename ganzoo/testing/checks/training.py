"""Checks of a form in the engine: it trains, and goes on from a checkpoint as if it had never stopped."""

from __future__ import annotations

from dataclasses import replace

import numpy
import safetensors.torch
import torch

from ganzoo.core.data_spec import DataSpec
from ganzoo.core.game import Game
from ganzoo.data.dataset import Dataset
from ganzoo.engine.training import Training
from ganzoo.plugins.modalities import modality_of
from ganzoo.testing.checks.phases import CPU, few
from ganzoo.testing.forms import CLASSES, COUNT, Form
from ganzoo.testing.outcome import require

ROUNDS = 4
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
    """A few rounds change both players: every parameter with a gradient moves, and all stay finite."""
    game = form.build(SEED)
    before = {
        player: {name: value.detach().clone() for name, value in network.named_parameters()}
        for player, network in game.trained().items()
    }
    training = training_of(form, game)
    moved = 0
    while moved < ROUNDS:
        training.round()
        moved += training.moves_generator
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
    """Half a training, its state through safetensors, and the other half equal the whole, bit for bit."""
    unbroken = training_of(form, form.build(SEED))
    for _ in range(ROUNDS):
        unbroken.round()
    tensors, counters = unbroken.state()
    saved = {name: safetensors.torch.save(_plain(group)) for name, group in tensors.items()}
    for _ in range(ROUNDS):
        unbroken.round()

    resumed = training_of(form, form.build(SEED + 1))
    resumed.restore({name: safetensors.torch.load(group) for name, group in saved.items()}, counters)
    for _ in range(ROUNDS):
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


def _has_gradient(parameter: torch.nn.Parameter) -> bool:
    return parameter.grad is not None and bool(parameter.grad.any())


def _plain(group: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: value.detach().contiguous() for name, value in group.items()}
