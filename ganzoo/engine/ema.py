"""The generator's moving average, which is what gets sampled and published."""

from __future__ import annotations

import copy

import torch
from torch import Tensor

from ganzoo.core.game import Decay, HalfLife
from ganzoo.core.networks import Generator


class GeneratorEMA:
    """A copy of the generator in evaluation mode that follows it.

    Parameters and floating-point buffers are averaged alike: an average of weights needs batch-norm statistics
    of the same age, and those of the newest weights do not fit it. Integer buffers are copied.
    """

    def __init__(self, generator: Generator, rule: HalfLife | Decay) -> None:
        self.rule = rule
        self.generator = copy.deepcopy(generator).eval().requires_grad_(False)
        ours, theirs = _tensors(self.generator), _tensors(generator)
        self._averaged = [t for t in ours if t.is_floating_point()]
        self._sources = [t for t in theirs if t.is_floating_point()]
        self._copied = [(a, b) for a, b in zip(ours, theirs, strict=True) if not a.is_floating_point()]

    @torch.no_grad()
    def update(self, images: int, batch_size: int) -> None:
        """Follow the generator by one round of `batch_size` images, `images` being shown in all."""
        torch._foreach_lerp_(self._averaged, self._sources, 1.0 - self.rule.decay(images, batch_size))
        for ours, theirs in self._copied:
            ours.copy_(theirs)


def _tensors(network: Generator) -> list[Tensor]:
    return [*(p.detach() for p in network.parameters()), *network.buffers()]
