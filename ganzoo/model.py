"""`Model`: a trained generator, ready to sample."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy

from ganzoo import sampling
from ganzoo.core.data_spec import DataSpec
from ganzoo.engine.checkpoint import damage_of, load_state, load_tensors
from ganzoo.engine.plan import Plan
from ganzoo.engine.run import Run
from ganzoo.errors import ConfigError, RunError

if TYPE_CHECKING:
    from torch import Tensor

    from ganzoo.core.networks import Generator


@dataclass(frozen=True)
class Model:
    """A generator's moving average with what is known of it.

    Args:
        name: What it is called: the name of its run.
        variant: Name of its variant.
        generator: In evaluation mode.
        spec: Of the data that it learned.
        conditional: It takes labels.
        images: Real images that it was trained on.
    """

    name: str
    variant: str
    generator: Generator
    spec: DataSpec
    conditional: bool
    images: int

    @classmethod
    def from_run(cls, run: Run, device: str = "cpu", *, best: bool = False) -> Model:
        """Load the average from a run's newest valid checkpoint, or from its best one.

        Raises:
            RunError: If the run has no valid checkpoint yet, or its best is asked for and it was never evaluated.
        """
        import torch

        from ganzoo.engine.device import choose

        checkpoint = run.checkpoints.best() if best else run.checkpoints.newest_valid(lambda _: None)
        if best and (checkpoint is None or damage_of(checkpoint)):
            raise RunError(f"{run.path} has no best checkpoint: train with --eval-every, or leave out --best")
        if checkpoint is None:
            raise RunError(f"{run.path} has no valid checkpoint yet: `ganzoo resume {run.path}` goes on with it")
        plan, spec, state, target = Plan.of_run(run.config), run.spec, load_state(checkpoint), choose(device)
        # A factory draws initial weights; what the caller draws afterwards must not depend on that.
        with torch.random.fork_rng(devices=[]):
            generator = plan.variant.load_factory()(plan.config, spec).generator
        generator.load_state_dict(load_tensors(checkpoint, "ema"), strict=True)
        generator = generator.to(target).eval().requires_grad_(False)
        generator.enter_stage(state["resolution"], torch.tensor(float(state["fade"]), device=target))
        return cls(run.path.name, plan.variant.name, generator, spec, plan.conditional(spec), state["images"])

    def sample(self, count: int, *, seed: int = 0, labels: list[int] | None = None) -> Tensor:
        """Draw samples; the same seed gives the same ones, whatever the device.

        Args:
            count: How many.
            seed: Of the latents.
            labels: One class for each, of a conditional model; None: classes in turn.

        Returns:
            `(count, *spec.shape)` float32 on the CPU, images nominally in [-1, 1].

        Raises:
            ConfigError: If labels are given to an unconditional model, or do not fit.
        """
        if count < 1:
            raise ConfigError(f"the number of samples (={count}) must be at least 1")
        latents = self.generator.latent.draw(count, seed)
        return sampling.generate(self.generator, latents, self._labels(count, labels))

    def _labels(self, count: int, labels: list[int] | None) -> numpy.ndarray | None:
        if not self.conditional:
            if labels is not None:
                raise ConfigError(f"{self.name} is not conditional: it takes no labels")
            return None
        if labels is None:
            return (numpy.arange(count) % self.spec.classes).astype(numpy.int64)
        if len(labels) != count or not all(0 <= label < self.spec.classes for label in labels):
            raise ConfigError(f"{self.name} takes {count} labels from 0 to {self.spec.classes - 1}")
        return numpy.array(labels, dtype=numpy.int64)


def load(model: str | Path, device: str = "cpu", *, best: bool = False) -> Model:
    """Load a model from a run directory (or the name of one in `./runs`).

    Args:
        model: The run.
        device: Where to put it.
        best: Its best checkpoint, if it was evaluated while it trained, instead of the newest.

    Raises:
        RunError: If there is no such run, or no such checkpoint.
    """
    return Model.from_run(Run.open(Path(model)), device, best=best)
