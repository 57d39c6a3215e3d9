"""The generator's moving average, which is what gets sampled and published."""

from __future__ import annotations

import copy

import torch

from ganzoo.core.game import Decay, HalfLife
from ganzoo.core.networks import Generator


class GeneratorEMA:
    """A copy of the generator in evaluation mode that follows it.

    Parameters and floating-point buffers are averaged alike, unless the rule says to copy buffers: an average of
    weights needs batch-norm statistics of the same age, and those of the newest weights do not fit it. Integer buffers
    are copied.
    """

    def __init__(self, generator: Generator, rule: HalfLife | Decay) -> None:
        self.rule = rule
        self.generator = copy.deepcopy(generator).eval().requires_grad_(False)
        parameters = zip(self.generator.parameters(), generator.parameters(), strict=True)
        pairs = [(ours.detach(), theirs.detach()) for ours, theirs in parameters]
        buffers = list(zip(self.generator.buffers(), generator.buffers(), strict=True))
        averaged = rule.buffers == "average"
        pairs += [pair for pair in buffers if averaged and pair[0].is_floating_point()]
        self._averaged, self._sources = [ours for ours, _ in pairs], [theirs for _, theirs in pairs]
        self._copied = [pair for pair in buffers if not (averaged and pair[0].is_floating_point())]

    @torch.no_grad()
    def update(self, images: int, batch_size: int) -> None:
        """Follow the generator by one round of `batch_size` images, `images` being shown in all."""
        torch._foreach_lerp_(self._averaged, self._sources, 1.0 - self.rule.decay(images, batch_size))
        for ours, theirs in self._copied:
            ours.copy_(theirs)
