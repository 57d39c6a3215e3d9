"""`Training`: a game on a device, its data, and the round. Knows nothing of files, clocks or terminals."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from ganzoo.core.game import Game
from ganzoo.core.objective import Batch, Losses, Objective, Phase, flat
from ganzoo.data.dataset import Dataset
from ganzoo.data.sampler import Sampler
from ganzoo.engine import device as devices
from ganzoo.engine.augmentation.adaptation import Augmentation
from ganzoo.engine.augmentation.policy import AugmentationSettings
from ganzoo.engine.ema import GeneratorEMA
from ganzoo.engine.optimizers import group_optimizers
from ganzoo.engine.phase import PhaseStep
from ganzoo.engine.running_means import RunningMeans
from ganzoo.engine.slices import WHOLE, SlicedBackward, Slices, split
from ganzoo.engine.stages import StageClock, fade_reals, shrink
from ganzoo.utils.random_state import own_random_states

if TYPE_CHECKING:
    from torch import Tensor

Tensors = dict[str, dict[str, "Tensor"]]
"""Tensors by file (without suffix), then by name."""


class Training:
    """The networks of a game, their optimizers and the generator's average, advanced round by round.

    Args:
        game: From a variant's factory; its networks are moved to `device`.
        dataset: Loaded on `device`.
        device: Where everything is.
        seed: Of the order of the data.
        mirror: Flip half of the real images left to right.
        conditional: The players are given labels. Sources they are given wherever the data has some.
        bf16: Run the losses under autocast.
        compiled: Compile each phase.
        augmentation: What the discriminator sees instead of images; None: the images.
        slices: How batches are cut.
        warn: Takes one line for the user.
    """

    def __init__(
        self,
        game: Game,
        dataset: Dataset,
        device: torch.device,
        *,
        seed: int,
        conditional: bool,
        mirror: bool = False,
        bf16: bool = False,
        compiled: bool = False,
        augmentation: AugmentationSettings | None = None,
        slices: Slices = WHOLE,
        warn: Callable[[str], None],
    ) -> None:
        self.game = game
        self.device = device
        for network in game.trained().values():
            _place(network, device)
        for network in game.frozen.values():
            _place(network.requires_grad_(False), device)
            network.eval()
        self.slices = slices
        self._sliced = SlicedBackward(slices, game.trained(), device) if slices.count > 1 else None
        self.players = game.players
        self.ema = GeneratorEMA(game.generator, game.ema)
        self.optimizers = group_optimizers(game)
        processes = slices.processes
        self.sampler = Sampler(dataset, seed, mirror=mirror, share=(processes.rank, processes.count))
        self.labels = dataset.labels if conditional else None
        self.augmentation = None if augmentation is None else Augmentation(augmentation, device)
        if self.augmentation is not None:
            game.discriminator.set_augmentation(self.augmentation.module)
        self._takes_condition = conditional or dataset.sources is not None
        self.tally = RunningMeans()
        self.clock = StageClock(game.stages, dataset.spec.resolution)
        self.images = 0
        self.rounds = 0
        self._last_reals: tuple[Tensor | None, Tensor | None] = (None, None)
        self._phase_options = {"bf16": bf16, "compiled": compiled, "warn": warn}
        self._shown = torch.zeros((), dtype=torch.int64, device=device)
        self._fade = torch.zeros((), device=device)
        self._entered: Objective | None = None
        self._enter_stage()

    @property
    def objective(self) -> Objective:
        """The current stage's objective."""
        return self.clock.stage.objective or self.game.objective

    def round(self) -> None:
        """Every phase that is due, in order. Asks nothing of the device."""
        if self.clock.advance(self.images):
            if self.clock.stage.reset_optimizers:
                for optimizer in self.optimizers.values():
                    optimizer.reset()
            self._enter_stage()
        if self.clock.stage.fade_images:
            self._fade.fill_(self.clock.fade(self.images))
        for group, optimizer in self.optimizers.items():
            optimizer.set_lr(self.clock.stage.lr.get(group), self.images)
        before = self.images
        for simultaneous in self._phases:
            due = [(step, step.phase.repeats(self.rounds)) for step in simultaneous]
            # Backward and step, again and again; the last step waits for the backwards of all that are simultaneous.
            for step, repeats in due:
                for _ in range(repeats - 1):
                    self._step(step, self._backward(step))
            batches = [(step, self._backward(step)) for step, repeats in due if repeats]
            for step, batch in batches:
                self._step(step, batch)
        self.rounds += 1
        if self.moves_generator:
            self.ema.update(self.images, self.images - before)

    def _backward(self, step: PhaseStep) -> Batch:
        """Leave the gradients of one batch in what the phase updates."""
        phase, size = step.phase, self.clock.stage.batch_size
        for group in phase.updates:
            self.optimizers[group].zero_grad()
        batch = self._batch(phase, size)
        run = partial(self._accumulate, step)
        seen = run(batch) if self._sliced is None else self._sliced(run, step.parameters, batch)
        for losses in seen:
            self.tally.add(phase.name, losses)
        if phase.counts:
            if self.augmentation is not None:
                self.tally.add("augment", Losses({}, self.augmentation.observe([s.measures for s in seen], size)))
            self.images += size
            self._shown += size
        return batch

    def _accumulate(self, step: PhaseStep, batch: Batch) -> list[Losses]:
        parts = self.clock.stage.micro_batches
        return [step(part) for part in (split(batch, parts) if parts > 1 else (batch,))]

    def _step(self, step: PhaseStep, batch: Batch) -> None:
        for group in step.phase.updates:
            self.optimizers[group].step()
        if step.phase.after is not None:
            with torch.no_grad():
                step.phase.after(self.players, batch if self._sliced is None else self.slices.head(batch))

    def _batch(self, phase: Phase, size: int) -> Batch:
        if phase.reals == "fresh":
            self._last_reals = self._reals(size)
        reals, condition = self._last_reals if phase.reals != "none" else (None, None)
        # Whole in every process, where reals are its share: so all random states stay equal.
        latents = self.players.generator.latent.sample(size, self.device)
        return Batch(reals, condition, latents, self._fake_condition(size, condition), self._shown)

    def draw_aside(self, phase: Phase) -> Batch:
        """A batch as `phase` would get it; what the training draws next is what it would have drawn."""
        position = self.sampler.state()
        with own_random_states(self.device):
            batch = self.slices.share(self._batch(phase, self.clock.stage.batch_size))
        self.sampler.restore(position)
        return batch

    def freeze(self, parameters: Iterable[nn.Parameter]) -> None:
        """Let some parameters stay as they are, from now on."""
        for parameter in parameters:
            parameter.requires_grad_(False)
        for optimizer in self.optimizers.values():
            optimizer.leave_out_frozen()
        self._enter_stage()

    def _reals(self, size: int) -> tuple[Tensor, Tensor | None]:
        reals, condition = self.sampler.next(size)
        if self.clock.resolution != self.clock.data_resolution:
            reals = shrink(reals, self.clock.resolution)
        if self.clock.stage.fade_images:
            reals = fade_reals(reals, self._fade)
        return reals, condition if self._takes_condition else None

    def _fake_condition(self, size: int, condition: Tensor | None) -> Tensor | None:
        """Sources: those of the batch. Labels: of samples drawn at random, so at their frequencies without counting."""
        if self.sampler.dataset.sources is not None:
            return self.sampler.sources(size) if condition is None else condition
        if self.labels is None:
            return None
        return self.labels[torch.randint(len(self.labels), (size,), device=self.device)]

    def _enter_stage(self) -> None:
        """Tell the networks the level, and make the phases again: each stage compiles once."""
        self._fade.fill_(self.clock.fade(self.images))
        for network in (self.players.generator, self.players.discriminator, self.ema.generator):
            network.enter_stage(self.clock.resolution, self._fade)
        objective = self.objective
        if objective is not self._entered:
            self.rounds, self._entered = 0, objective
        phases = objective.phases()
        self._phases = [[self._phase_step(phase) for phase in flat((entry,))] for entry in phases]
        moved = {group for phase in flat(phases) for group in phase.updates}
        self.moves_generator = any(group.partition(".")[0] == "generator" for group in moved)

    def jump(self, index: int) -> None:
        """Enter a stage at once, as if those before it were over; only for measuring."""
        self.clock.restore({"index": index, "start_images": self.images})
        self._enter_stage()

    def _phase_step(self, phase: Phase) -> PhaseStep:
        parameters = [parameter for group in phase.updates for parameter in self.optimizers[group].parameters]
        share = 1.0 / self.clock.stage.micro_batches
        return PhaseStep(phase, self.players, parameters, self.device, share=share, **self._phase_options)  # type: ignore[arg-type]

    @property
    def fade(self) -> float:
        """Weight of the next coarser level, as Python knows it."""
        return self.clock.fade(self.images)

    def is_finite(self) -> bool:
        """Whether every weight is finite; waits for the device."""
        tensors: list[Tensor] = [p for optimizer in self.optimizers.values() for p in optimizer.parameters]
        norms = torch.stack(torch._foreach_norm(tensors))
        return bool(torch.isfinite(norms).all())

    def networks(self) -> dict[str, nn.Module]:
        """The networks by the name of their file in a checkpoint."""
        return {**self.game.trained(), "ema": self.ema.generator}

    def state(self) -> tuple[Tensors, dict[str, Any]]:
        """Everything that the next round depends on: tensors by file, and counters."""
        tensors: Tensors = {name: dict(network.state_dict()) for name, network in self.networks().items()}
        for name, optimizer in self.optimizers.items():
            tensors[f"{name}_optimizer"] = optimizer.state()
        if self.augmentation is not None:
            tensors["augmentation"] = self.augmentation.state()
        if self._sliced is not None and (own := self._sliced.state()):
            tensors["slices"] = own
        tensors["random"] = devices.random_states(self.device)
        counters = {
            "images": self.images,
            "rounds": self.rounds,
            "stage": self.clock.state(),
            "resolution": self.clock.resolution,
            "fade": self.fade,
            "sampler": self.sampler.state(),
            "tally": self.tally.state(),
        }
        return tensors, counters

    def restore(self, tensors: Tensors, counters: dict[str, Any]) -> None:
        """Undo of `state`, on a freshly built training of the same game."""
        self.images = counters["images"]
        self._shown.fill_(self.images)
        self.clock.restore(counters["stage"])
        self.sampler.restore(counters["sampler"])
        # A checkpoint of an older ganzoo has none.
        self.tally.restore(counters.get("tally", {}), self.device)
        for name, network in self.networks().items():
            network.load_state_dict(tensors[name], strict=True)
        for name, optimizer in self.optimizers.items():
            optimizer.load_state(tensors[f"{name}_optimizer"])
        if self.augmentation is not None:
            self.augmentation.restore(tensors["augmentation"])
        if self._sliced is not None:
            self._sliced.restore(tensors.get("slices", {}))
        self._enter_stage()
        self.rounds = counters["rounds"]
        devices.restore_random_states(tensors["random"], self.device)

    def close(self) -> None:
        """Stop the workers of a streamed data set."""
        self.sampler.close()


def _place(network: nn.Module, device: torch.device) -> None:
    """Move a network to its device, in training mode and with convolutions laid out as that device likes them."""
    network.to(device).train()
    # Channels last made DCGAN 1.6 times as fast on two CPU cores, and tensor cores want it; other backends untried.
    if device.type in ("cpu", "cuda"):
        network.to(memory_format=torch.channels_last)
