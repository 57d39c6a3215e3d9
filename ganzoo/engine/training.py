"""`Training`: a game on a device, its data, and the round. Knows nothing of files, clocks or terminals."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from ganzoo.core.game import Game
from ganzoo.core.objective import Batch, Objective, Players
from ganzoo.data.dataset import Dataset
from ganzoo.data.sampler import Sampler
from ganzoo.engine import device as devices
from ganzoo.engine.ema import GeneratorEMA
from ganzoo.engine.optimizers import PlayerOptimizer
from ganzoo.engine.phase import Phase
from ganzoo.engine.running_means import RunningMeans
from ganzoo.engine.stages import StageClock, fade_reals, shrink

if TYPE_CHECKING:
    from torch import Tensor

Tensors = dict[str, dict[str, "Tensor"]]
"""Tensors by file (without suffix), then by name."""


class Training:
    """Two players, their optimizers and the generator's average, advanced round by round.

    Args:
        game: From a variant's factory; its networks are moved to `device`.
        dataset: Loaded on `device`.
        device: Where everything is.
        seed: Of the order of the data.
        conditional: The players are given labels.
        bf16: Run the losses under autocast.
        compiled: Compile each phase.
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
        bf16: bool = False,
        compiled: bool = False,
        warn: Callable[[str], None],
    ) -> None:
        self.game = game
        self.device = device
        for network in (game.generator, game.discriminator):
            _place(network, device)
        self.players: Players[Any, Any] = Players(game.generator, game.discriminator)
        self.ema = GeneratorEMA(game.generator, game.ema)
        self.optimizers = {
            "generator": PlayerOptimizer(game.generator, game.optimizers.generator),
            "discriminator": PlayerOptimizer(game.discriminator, game.optimizers.discriminator),
        }
        self.sampler = Sampler(dataset, seed)
        self.labels = dataset.labels if conditional else None
        self.tally = RunningMeans()
        self.clock = StageClock(game.stages, dataset.spec.resolution)
        self.images = 0
        self.generator_steps = 0
        self._phase_options = {"bf16": bf16, "compiled": compiled, "warn": warn}
        self._shown = torch.zeros((), dtype=torch.int64, device=device)
        self._fade = torch.zeros((), device=device)
        self._enter_stage()

    @property
    def objective(self) -> Objective:
        """The current stage's objective."""
        return self.clock.stage.objective or self.game.objective

    def round(self) -> None:
        """The discriminator's phases, then the generator's. Asks nothing of the device."""
        if self.clock.advance(self.images):
            if self.clock.stage.reset_optimizers:
                for optimizer in self.optimizers.values():
                    optimizer.reset()
            self._enter_stage()
        if self.clock.stage.fade_images:
            self._fade.fill_(self.clock.fade(self.images))
        self._set_learning_rates()
        before = self.images
        simultaneous = self.objective.simultaneous and self._trains_generator
        phases = self.objective.discriminator_steps(self.generator_steps)
        for phase in range(1, phases + 1):
            self._discriminator_phase(step=not (simultaneous and phase == phases))
        if self._trains_generator:
            self._generator_phase()
            if simultaneous:
                self._step_discriminator()
            self.generator_steps += 1
            self.ema.update(self.images, self.images - before)

    @property
    def _trains_generator(self) -> bool:
        return self.clock.stage.trains == "both"

    def _discriminator_phase(self, *, step: bool) -> None:
        self.optimizers["discriminator"].zero_grad()
        batch = self._batch(with_reals=True)
        self.tally.add("discriminator", self._discriminator(batch))
        self.images += self.clock.stage.batch_size
        self._shown += self.clock.stage.batch_size
        if step:
            self._step_discriminator()

    def _step_discriminator(self) -> None:
        self.optimizers["discriminator"].step()
        with torch.no_grad():
            self.objective.after_discriminator_step(self.players)

    def _generator_phase(self) -> None:
        self.optimizers["generator"].zero_grad()
        batch = self._batch(with_reals=self.objective.generator_sees_reals)
        self.tally.add("generator", self._generator(batch))
        self.optimizers["generator"].step()

    def _batch(self, *, with_reals: bool) -> Batch:
        size = self.clock.stage.batch_size
        reals, labels = self._reals(size) if with_reals else (None, None)
        latents = self.players.generator.latent.sample(size, self.device)
        return Batch(reals, labels, latents, self._fake_labels(size), self._shown)

    def _reals(self, size: int) -> tuple[Tensor, Tensor | None]:
        reals, labels = self.sampler.next(size)
        if self.clock.resolution != self.clock.data_resolution:
            reals = shrink(reals, self.clock.resolution)
        if self.clock.stage.fade_images:
            reals = fade_reals(reals, self._fade)
        return reals, labels if self.labels is not None else None

    def _fake_labels(self, size: int) -> Tensor | None:
        """Labels of samples drawn at random: the data's own frequencies, without counting them."""
        if self.labels is None:
            return None
        return self.labels[torch.randint(len(self.labels), (size,), device=self.device)]

    def _set_learning_rates(self) -> None:
        stage = self.clock.stage
        self.optimizers["generator"].set_lr(stage.generator_lr, self.images)
        self.optimizers["discriminator"].set_lr(stage.discriminator_lr, self.images)

    def _enter_stage(self) -> None:
        """Tell the networks the level, and make the phases again: each stage compiles once."""
        self._fade.fill_(self.clock.fade(self.images))
        for network in (self.players.generator, self.players.discriminator, self.ema.generator):
            network.enter_stage(self.clock.resolution, self._fade)
        self._discriminator = self._phase(self.objective.discriminator_loss, "discriminator")
        self._generator = self._phase(self.objective.generator_loss, "generator")

    def jump(self, index: int) -> None:
        """Enter a stage at once, as if those before it were over; only for measuring."""
        self.clock.restore({"index": index, "start_images": self.images})
        self._enter_stage()

    def _phase(self, loss: Any, player: str) -> Phase:
        parameters = self.optimizers[player].parameters
        return Phase(loss, self.players, parameters, self.device, **self._phase_options)  # type: ignore[arg-type]

    @property
    def fade(self) -> float:
        """Weight of the next coarser level, as Python knows it."""
        return self.clock.fade(self.images)

    def is_finite(self) -> bool:
        """Whether every weight is finite; waits for the device."""
        tensors: list[Tensor] = [*self.game.generator.parameters(), *self.game.discriminator.parameters()]
        norms = torch.stack(torch._foreach_norm(tensors))
        return bool(torch.isfinite(norms).all())

    def networks(self) -> dict[str, nn.Module]:
        """The three networks by the name of their file in a checkpoint."""
        return {
            "generator": self.players.generator,
            "discriminator": self.players.discriminator,
            "ema": self.ema.generator,
        }

    def state(self) -> tuple[Tensors, dict[str, Any]]:
        """Everything that the next round depends on: tensors by file, and counters."""
        tensors: Tensors = {name: dict(network.state_dict()) for name, network in self.networks().items()}
        for name, optimizer in self.optimizers.items():
            tensors[f"{name}_optimizer"] = optimizer.state()
        tensors["random"] = devices.random_states(self.device)
        counters = {
            "images": self.images,
            "generator_steps": self.generator_steps,
            "stage": self.clock.state(),
            "resolution": self.clock.resolution,
            "fade": self.fade,
            "sampler": self.sampler.state(),
        }
        return tensors, counters

    def restore(self, tensors: Tensors, counters: dict[str, Any]) -> None:
        """Undo of `state`, on a freshly built training of the same game."""
        self.images = counters["images"]
        self.generator_steps = counters["generator_steps"]
        self._shown.fill_(self.images)
        self.clock.restore(counters["stage"])
        self.sampler.restore(counters["sampler"])
        for name, network in self.networks().items():
            network.load_state_dict(tensors[name], strict=True)
        for name, optimizer in self.optimizers.items():
            optimizer.load_state(tensors[f"{name}_optimizer"])
        self._enter_stage()
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
