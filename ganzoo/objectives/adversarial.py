"""`AdversarialObjective`: one loss and any number of regularisers, which is all that most variants need."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, final

import torch
from torch import Tensor

from ganzoo.core.objective import Batch, Losses, Objective, Players
from ganzoo.objectives._checks import require
from ganzoo.objectives.losses import AdversarialLoss
from ganzoo.objectives.regularisers import Regulariser, Scored, full_precision


@final
class AdversarialObjective(Objective):
    """Both players' losses from D's raw scores: `AdversarialObjective(Wasserstein(), GradientPenalty(10.0))`.

    The discriminator's terms are `adversarial` and one per regulariser, under its name; its measures are those of
    the loss. The generator's one term is `adversarial`, made from fresh fakes and D's weights as they then are.

    Args:
        loss: Of both players.
        *regularisers: Of the discriminator; no two of one name.
        simultaneous: Both players' backwards run before either steps.
        discriminator_steps: Discriminator phases per round, at least 1, or a function that gives them for a round
            (counted as in `Objective.discriminator_steps`).

    Raises:
        ConfigError: If a number of `discriminator_steps` is not at least 1, or two regularisers share a name.
    """

    def __init__(
        self,
        loss: AdversarialLoss,
        *regularisers: Regulariser,
        simultaneous: bool = False,
        discriminator_steps: int | Callable[[int], int] = 1,
    ) -> None:
        scheduled = callable(discriminator_steps)
        whole = isinstance(discriminator_steps, int) and not isinstance(discriminator_steps, bool)
        allowed = scheduled or (whole and discriminator_steps >= 1)  # type: ignore[operator]
        require(allowed, "discriminator_steps", discriminator_steps, "be a whole number of at least 1, or a function")
        names = [regulariser.name for regulariser in regularisers]
        distinct = len({"adversarial", *names}) == 1 + len(names)
        require(distinct, "regularisers", ", ".join(names), "have different names, none of them 'adversarial'")
        self.loss = loss
        self.regularisers = regularisers
        self.simultaneous = simultaneous
        self.generator_sees_reals = loss.sees_reals
        self._discriminator_steps = discriminator_steps

    def __repr__(self) -> str:
        parts = ", ".join(repr(part) for part in (self.loss, *self.regularisers))
        options = f"simultaneous={self.simultaneous}, discriminator_steps={self._discriminator_steps}"
        return f"AdversarialObjective({parts}, {options})"

    def discriminator_steps(self, round: int) -> int:
        steps = self._discriminator_steps
        return steps(round) if callable(steps) else steps

    def discriminator_loss(self, players: Players[Any, Any], batch: Batch) -> Losses:
        assert batch.reals is not None, "a discriminator phase has reals"
        with torch.no_grad():
            fakes = players.generator(batch.latents, batch.fake_labels)
        # Leaves of the graph, for regularisers that differentiate scores by them. `to`: autocast may have made the
        # fakes 16 bits wide, and their gradients would be so too.
        reals = batch.reals.detach().requires_grad_()
        fakes = fakes.to(reals.dtype).detach().requires_grad_()
        # Two passes: a batch norm in D must see reals and fakes apart (DCGAN, arXiv:1511.06434).
        real_scores = _scores(players, reals, batch.labels)
        fake_scores = _scores(players, fakes, batch.fake_labels)

        terms = {"adversarial": self.loss.discriminator(real_scores, fake_scores)}
        scored = Scored(players.discriminator, reals, batch.labels, real_scores, fakes, batch.fake_labels, fake_scores)
        for regulariser in self.regularisers:
            term = regulariser.term(scored)
            if term is not None:
                terms[regulariser.name] = term
        return Losses(terms, self.loss.measures(real_scores.detach(), fake_scores.detach()))

    def generator_loss(self, players: Players[Any, Any], batch: Batch) -> Losses:
        fakes = players.generator(batch.latents, batch.fake_labels)
        fake_scores = _scores(players, fakes, batch.fake_labels)
        real_scores = None
        if self.generator_sees_reals:
            # A constant to the generator: its gradient comes through the fakes alone.
            with torch.no_grad():
                real_scores = _scores(players, batch.reals, batch.labels)
        return Losses({"adversarial": self.loss.generator(fake_scores, real_scores)})

    def decision(self, players: Players[Any, Any], samples: Tensor) -> Tensor | None:
        """sigmoid(score - threshold): D(x) itself where the loss is a cross-entropy; None without a threshold."""
        threshold = self.loss.threshold
        if threshold is None:
            return None
        scores = _scores(players, samples, None)
        # A discriminator of several samples at once says nothing of one.
        return torch.sigmoid(scores - threshold) if scores.shape == samples.shape[:1] else None

    def after_discriminator_step(self, players: Players[Any, Any]) -> None:
        for regulariser in self.regularisers:
            regulariser.after_discriminator_step(players)


def _scores(players: Players[Any, Any], samples: Tensor | None, labels: Tensor | None) -> Tensor:
    return full_precision(players.discriminator(samples, labels))
