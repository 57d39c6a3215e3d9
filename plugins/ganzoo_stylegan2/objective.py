"""Objective of StyleGAN2: logistic loss, lazy R1, and path length regularization (arXiv:1912.04958, section 3)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ganzoo import Batch, Losses, Objective, Phase, Phases, Players
from ganzoo.objectives import AdversarialObjective, NonSaturating
from ganzoo_stylegan2.networks import StyleGAN2Discriminator, StyleGAN2Generator

R1_EVERY, PATH_LENGTH_EVERY = 16, 4
"""Rounds between two regularizations (section 3.1)."""

PATH_LENGTH_DECAY = 0.01
"""How fast the mean path length follows (appendix B)."""


class MeanPathLength(nn.Module):
    """The exponential moving average a of path lengths (section 3.2)."""

    mean: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(()))


Networks = Players[StyleGAN2Generator, StyleGAN2Discriminator]


@dataclass(frozen=True)
class StyleGAN2Objective(Objective):
    """G, and in every fourth round its path lengths; then D, and in every 16th round R1.

    Args:
        gamma: Weight of R1.
        path_length: Weight of path length regularization, 0 for none.
    """

    gamma: float
    path_length: float

    def phases(self) -> Phases:
        discriminator, generator = AdversarialObjective(NonSaturating()).phases()
        lengths = Phase("path_length", self.lengths_loss, ("generator",), every=PATH_LENGTH_EVERY, reals="none")
        r1 = Phase("r1", self.r1_loss, ("discriminator",), every=R1_EVERY, reals="last")
        return (generator, *([lengths] if self.path_length else []), discriminator, r1)

    def lengths_loss(self, players: Networks, batch: Batch) -> Losses:
        """E (||J_w^T y||_2 - a)^2 for images y of noise, on half a batch (eq. 4).

        w has a part for each layer; the lengths are the root mean square over these parts.
        """
        half = max(len(batch.latents) // 2, 1)
        condition = None if batch.fake_condition is None else batch.fake_condition[:half]
        styles = players.generator.styles(batch.latents[:half], condition)
        images = players.generator.synthesize(styles)
        noise = torch.randn_like(images) / math.sqrt(images[0, 0].numel())
        (gradients,) = torch.autograd.grad((images * noise).sum(), styles, create_graph=True)
        # vector_norm's gradient at 0 is 0; that of a square root would be infinite.
        lengths: Tensor = torch.linalg.vector_norm(gradients.float().flatten(1), dim=1) / math.sqrt(styles.shape[1])
        mean = players.auxiliary.mean.lerp_(lengths.detach().mean(), PATH_LENGTH_DECAY)
        penalty = (lengths - mean).square().mean()
        return Losses({"penalty": PATH_LENGTH_EVERY * self.path_length * penalty}, {"mean": mean.clone()})

    def r1_loss(self, players: Networks, batch: Batch) -> Losses:
        """The penalty gamma / 2 E ||grad D(x)||^2 (arXiv:1801.04406, eq. 9)."""
        assert batch.reals is not None, "reals='last'"
        reals = batch.reals.detach().requires_grad_()
        scores = players.discriminator(reals, batch.condition)
        (gradients,) = torch.autograd.grad(scores.sum(), reals, create_graph=True)
        penalty = gradients.square().sum((1, 2, 3)).mean()
        return Losses({"penalty": R1_EVERY * self.gamma / 2 * penalty})
