"""The bare loop of any variant, from its own factory and objective: what does a round cost without an engine?

`bare` in `loops.py` is written out for one loss and one optimizer. Here the objective's own loss functions are called,
measures and all, so that what is left to compare is the engine: its sampler, phases, sums of losses, clock and average.
Everything else is what a careful person writes by hand: the data set on the device, a permutation and `index_select`,
fused optimizers, one backward a phase that computes only that player's gradients, convolutions in channels_last, and
the average of the generator in one call. It logs, saves and draws nothing.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce

import torch
from loops import Rounds
from torch import Tensor, nn
from torch.nn import functional

from ganzoo.core.data_spec import DataSpec
from ganzoo.core.game import SGD, Adam, Game, OptimizerRecipe, RMSprop, Stage
from ganzoo.core.objective import Batch, Objective, Phase, flat


@dataclass(frozen=True)
class Material:
    """What a plain loop trains.

    Args:
        game: Fresh from the variant's factory.
        spec: Of the data.
        samples: The data set on `device`: images uint8 `(N, C, H, W)`, vectors float32 `(N, D)`.
        labels: `(N,)` int64, None where the players are given none.
        device: Where to train.
        bf16: Under autocast.
    """

    game: Game
    spec: DataSpec
    samples: Tensor
    labels: Tensor | None
    device: torch.device
    bf16: bool = False

    def autocast(self) -> contextlib.AbstractContextManager[object]:
        return torch.autocast(self.device.type, torch.bfloat16) if self.bf16 else contextlib.nullcontext()


def plain(material: Material, stage: Stage) -> Rounds:
    """Rounds of one stage, for as long as they are asked for; each gives the number of real images in it."""
    game, device, size = material.game, material.device, stage.batch_size
    objective: Objective = stage.objective or game.objective
    players = game.players
    for network in (game.generator, game.discriminator):
        network.to(device).to(memory_format=torch.channels_last).train()
    average = copy.deepcopy(game.generator).eval().requires_grad_(False)
    ours, theirs = _floats(average), _floats(game.generator)
    fade = torch.tensor(stage.fade(0), device=device)
    for network in (game.generator, game.discriminator, average):
        network.enter_stage(stage.resolution or material.spec.resolution, fade)
    groups = {
        name: _Group(game.trained()[name], recipe, stage.lr.get(name))
        for name, recipe in game.optimizers.groups.items()
    }
    reals, shown, zero = _reals(material, stage, fade), 0, torch.zeros((), dtype=torch.int64, device=device)
    phases, rounds = objective.phases(), 0
    moves_generator = any("generator" in phase.updates for phase in flat(phases))

    def backward(phase: Phase) -> Batch:
        samples, labels = next(reals) if phase.reals == "fresh" else (None, None)
        fakes_of = None
        if material.labels is not None:
            fakes_of = material.labels[torch.randint(len(material.labels), (size,), device=device)]
        batch = Batch(samples, labels, game.generator.latent.sample(size, device), fakes_of, zero)
        with material.autocast():
            terms = phase.loss(players, batch).terms
        groups[phase.updates[0]].backward(terms)
        return batch

    def step(phase: Phase, batch: Batch) -> None:
        groups[phase.updates[0]].optimizer.step()
        if phase.after is not None:
            with torch.no_grad():
                phase.after(players, batch)

    while True:
        if stage.fade_images:
            fade.fill_(stage.fade(shown))
        for group in groups.values():
            group.set_lr(shown)
        before = shown
        for entry in phases:
            waiting = []
            for phase in flat((entry,)):
                repeats = phase.repeats(rounds)
                shown += repeats * size if phase.counts else 0
                for _ in range(repeats - 1):
                    step(phase, backward(phase))
                waiting += [phase] * (repeats > 0)
            for phase, batch in [(phase, backward(phase)) for phase in waiting]:
                step(phase, batch)
        if moves_generator:
            torch._foreach_lerp_(ours, theirs, 1.0 - game.ema.decay(shown, shown - before))
        rounds += 1
        yield shown - before


class _Group:
    """A network's parameters and their optimizer, in its fastest form."""

    def __init__(self, network: nn.Module, recipe: OptimizerRecipe, stage_lr: float | None) -> None:
        self.parameters = list(network.parameters())
        self.recipe, self.lr = recipe, recipe.lr if stage_lr is None else stage_lr
        self.optimizer = _optimizer(self.parameters, recipe, self.lr)

    def set_lr(self, images: int) -> None:
        if self.recipe.schedule is not None:
            self.optimizer.param_groups[0]["lr"] = self.lr * self.recipe.schedule(images)

    def backward(self, terms: dict[str, Tensor]) -> None:
        self.optimizer.zero_grad()
        reduce(torch.add, terms.values()).backward(inputs=self.parameters)


def _optimizer(parameters: list[nn.Parameter], recipe: OptimizerRecipe, lr: float) -> torch.optim.Optimizer:
    match recipe:
        case Adam():
            assert not recipe.weight_decay, "no variant decays its weights"
            betas = (float(recipe.betas[0]), float(recipe.betas[1]))
            return torch.optim.Adam(parameters, lr, betas, recipe.eps, fused=True)
        case RMSprop():
            # torch has no fused form of it.
            return torch.optim.RMSprop(parameters, lr, recipe.alpha, recipe.eps, momentum=recipe.momentum, foreach=True)
        case SGD():
            return torch.optim.SGD(parameters, lr, recipe.momentum, nesterov=recipe.nesterov, fused=True)


def _reals(material: Material, stage: Stage, fade: Tensor) -> Iterator[tuple[Tensor, Tensor | None]]:
    """Batches of an endless shuffled data set as the stage's networks see them, with their labels."""
    samples, labels, spec, size = material.samples, material.labels, material.spec, stage.batch_size
    factor = spec.resolution // (stage.resolution or spec.resolution)
    while True:
        order = torch.randperm(len(samples), device=material.device)
        for start in range(0, len(samples) - size + 1, size):
            chosen = order[start : start + size]
            reals = samples.index_select(0, chosen)
            if spec.kind == "image":
                reals = reals.float().mul_(1 / 127.5).sub_(1)
            if factor > 1:
                reals = functional.avg_pool2d(reals, factor)
            if stage.fade_images:
                coarse = functional.interpolate(functional.avg_pool2d(reals, 2), scale_factor=2, mode="nearest")
                reals = torch.lerp(reals, coarse, fade)
            yield reals, None if labels is None else labels.index_select(0, chosen)


def _floats(network: nn.Module) -> list[Tensor]:
    tensors = [*(parameter.detach() for parameter in network.parameters()), *network.buffers()]
    return [tensor for tensor in tensors if tensor.is_floating_point()]
