"""`MappedGenerator`: what it makes of latents, and its average of w."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ganzoo import Latent, MappedGenerator


class Mapped(MappedGenerator):
    """From a latent of 3 to a w of 2 to a sample of 4."""

    def __init__(self) -> None:
        super().__init__((2,), average_decay=0.75)
        self.latent = Latent((3,))
        self.mapping, self.synthesis = nn.Linear(3, 2), nn.Linear(2, 4)

    def map(self, latents: Tensor, condition: Tensor | None = None) -> Tensor:
        mapped: Tensor = self.mapping(latents)
        return mapped

    def synthesize(self, w: Tensor, *, gain: float = 1.0) -> Tensor:
        return gain * self.synthesis(w)


def test_psi_moves_w_towards_its_average() -> None:
    generator = Mapped().eval()
    generator.w_average.copy_(torch.tensor([2.0, -1.0]))
    latents = torch.randn(5, 3)
    w = generator.map(latents)
    average = torch.tensor([2.0, -1.0])
    assert torch.equal(generator(latents), generator.synthesize(w))
    torch.testing.assert_close(generator(latents, psi=0.25), generator.synthesize(0.25 * w + 0.75 * average))
    torch.testing.assert_close(generator(latents, psi=0.0), generator.synthesize(average.expand(5, 2)))
    torch.testing.assert_close(generator(latents, psi=torch.tensor(1.0)), generator.synthesize(w))


def test_other_options_reach_the_synthesis() -> None:
    generator, latents = Mapped().eval(), torch.randn(5, 3)
    torch.testing.assert_close(generator(latents, gain=3.0), 3.0 * generator(latents))


def test_w_joins_its_average_in_training_alone() -> None:
    generator, latents = Mapped(), torch.randn(6, 3)
    generator(latents)
    first = generator.map(latents).mean(0) * 0.25
    torch.testing.assert_close(generator.w_average, first)
    other = torch.randn(4, 3)
    generator(other)
    torch.testing.assert_close(generator.w_average, 0.75 * first + 0.25 * generator.map(other).mean(0))
    before = generator.w_average.clone()
    generator.eval()(latents)
    assert torch.equal(generator.w_average, before)
    assert not generator.w_average.requires_grad
