"""The losses of BiGAN (arXiv:1605.09782, section 3)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, final

import torch
from torch import Tensor
from torch.func import functional_call
from torch.nn.functional import pairwise_distance

from ganzoo import Batch, EncodingGenerator, Losses, Objective, Players
from ganzoo.objectives import NonSaturating, non_saturating_generator

if TYPE_CHECKING:
    from ganzoo_bigan.model import BiGANDiscriminator, BiGANGenerator

    BiGANPlayers = Players[BiGANGenerator, BiGANDiscriminator]


@final
class BiGANObjective(Objective):
    """D tells (x, E(x)) from (G(z), z); G and E, one player, want the two taken for each other (eq. 2 and 3.4).

    Both pairs count for G and E, with D's labels swapped, because each of them makes one half of one pair:

        D:    E softplus(-s(x, E(x))) + E softplus(s(G(z), z))
        G, E: E softplus(s(x, E(x)))  + E softplus(-s(G(z), z))

    With `r1_weight` D also pays r1_weight / 2 E ||grad s(x, E(x))||^2, over image and code (Mescheder et al., 2018,
    eq. 9), without which it soon tells every pair.

    Args:
        simultaneous: Both players' gradients are computed before either moves.
        r1_weight: 0: no penalty.
    """

    generator_sees_reals = True

    def __init__(self, simultaneous: bool, r1_weight: float) -> None:
        self.simultaneous = simultaneous
        self.r1_weight = r1_weight

    def discriminator_loss(self, players: BiGANPlayers, batch: Batch) -> Losses:
        assert batch.reals is not None, "a discriminator phase has reals"
        with torch.no_grad():
            codes, fakes = players.generator.encode(batch.reals), players.generator(batch.latents)
        reals = batch.reals
        if self.r1_weight:
            reals, codes = reals.detach().requires_grad_(True), codes.requires_grad_(True)
            batch = replace(batch, reals=reals)
        encoded, generated = _scores(players, batch, codes, fakes)
        loss = NonSaturating()
        terms = {"pairs": loss.discriminator(encoded, generated)}
        if self.r1_weight:
            gradients = torch.autograd.grad(encoded.sum(), [reals, codes], create_graph=True)
            squares = torch.cat([gradient.flatten(1) for gradient in gradients], 1).square().sum(1)
            terms["r1"] = self.r1_weight / 2.0 * squares.mean()
        return Losses(terms, loss.measures(encoded.detach(), generated.detach()))

    def generator_loss(self, players: BiGANPlayers, batch: Batch) -> Losses:
        assert batch.reals is not None, "generator_sees_reals"
        codes, fakes = players.generator.encode(batch.reals), players.generator(batch.latents)
        encoded, generated = _scores(players, batch, codes, fakes)
        terms = {"encoder": non_saturating_generator(-encoded), "generator": non_saturating_generator(generated)}
        return Losses(terms, {"reconstruction_distance": _distance(players.generator, batch.reals, codes)})


def _scores(players: BiGANPlayers, batch: Batch, codes: Tensor, fakes: Tensor) -> tuple[Tensor, Tensor]:
    """Raw scores of (x, E(x)) and of (G(z), z). Two passes: a batch norm in D must see the two kinds apart."""
    assert batch.reals is not None
    dtype = batch.reals.dtype  # autocast may have made the scores 16 bits wide
    discriminator = players.discriminator
    return discriminator(batch.reals, codes).to(dtype), discriminator(fakes, batch.latents).to(dtype)


@torch.no_grad()
def _distance(generator: EncodingGenerator, reals: Tensor, codes: Tensor) -> Tensor:
    """Mean of ||x - G(E(x))||, which no loss asks for. Batch norm's running statistics are left alone."""
    buffers = {name: buffer.clone() for name, buffer in generator.named_buffers()}
    reconstructed: Tensor = functional_call(generator, buffers, (codes.detach(),))
    return pairwise_distance(reals.flatten(1), reconstructed.flatten(1), eps=0.0).mean()
