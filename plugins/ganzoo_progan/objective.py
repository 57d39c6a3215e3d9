"""AC-GAN's term (arXiv:1610.09585, section 3) beside the adversarial loss, for ProGAN with labels."""

from __future__ import annotations

from typing import Any, final

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from ganzoo import Batch, Losses, Objective, Players
from ganzoo.objectives import AdversarialLoss, Regulariser, Scored


@final
class ClassifyingObjective(Objective):
    """Both players' losses where D names the class too, and both want it to be right, of reals and of fakes.

    The discriminator has `judge(samples)`, which gives raw scores `(N,)` and logits of the classes `(N, classes)`.

    Args:
        loss: Of the scores.
        *regularisers: Of the discriminator.
        weight: Of each cross entropy, at least 0.
    """

    def __init__(self, loss: AdversarialLoss, *regularisers: Regulariser, weight: float) -> None:
        self.loss, self.regularisers, self.weight = loss, regularisers, weight

    def discriminator_loss(self, players: Players[Any, Any], batch: Batch) -> Losses:
        assert batch.reals is not None
        assert batch.labels is not None
        assert batch.fake_labels is not None
        with torch.no_grad():
            fakes = players.generator(batch.latents, batch.fake_labels)
        reals = batch.reals.detach().requires_grad_()
        fakes = fakes.to(reals.dtype).detach().requires_grad_()
        real, real_classes = _judge(players, reals)
        fake, fake_classes = _judge(players, fakes)
        terms = {
            "adversarial": self.loss.discriminator(real, fake),
            "real_class": self.weight * cross_entropy(real_classes, batch.labels),
            "fake_class": self.weight * cross_entropy(fake_classes, batch.fake_labels),
        }
        scored = Scored(players.discriminator, reals, batch.labels, real, fakes, batch.fake_labels, fake)
        for regulariser in self.regularisers:
            term = regulariser.term(scored)
            if term is not None:
                terms[regulariser.name] = term
        named = (real_classes.detach().argmax(1) == batch.labels).mean(dtype=torch.float32)
        return Losses(terms, {**self.loss.measures(real.detach(), fake.detach()), "class_accuracy": named})

    def generator_loss(self, players: Players[Any, Any], batch: Batch) -> Losses:
        assert batch.fake_labels is not None
        fakes = players.generator(batch.latents, batch.fake_labels)
        scores, classes = _judge(players, fakes)
        return Losses(
            {
                "adversarial": self.loss.generator(scores),
                "fake_class": self.weight * cross_entropy(classes, batch.fake_labels),
            }
        )


def _judge(players: Players[Any, Any], samples: Tensor) -> tuple[Tensor, Tensor]:
    # Autocast may have made them 16 bits wide.
    scores, classes = players.discriminator.judge(samples)
    return scores.to(torch.float32), classes.to(torch.float32)
