"""`AdversarialObjective`: one loss and any number of regularizers, which is all that most variants need."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from ganzoo.core.objective import Batch, Losses, Objective, Players
from ganzoo.objectives._checks import require
from ganzoo.objectives.losses import AdversarialLoss
from ganzoo.objectives.regularizers import Regularizer, Scored, full_precision


@final
@dataclass(frozen=True)
class AuxiliaryClassifier:
    """D names the class too, and both players want it to be right (AC-GAN, arXiv:1610.09585, section 3).

    Such a discriminator has, beside `forward`, `judge(samples)`: raw scores `(N,)` and logits of the classes
    `(N, classes)`, from one pass. Terms: `fake_class` of both players, `real_class` of the discriminator.

    Args:
        weight: Of each cross entropy, at least 0.

    Raises:
        ConfigError: If the weight is negative or not finite.
    """

    weight: float = 1.0

    def __post_init__(self) -> None:
        require(0.0 <= self.weight < math.inf, "weight", self.weight, "be finite and at least 0")

    def term(self, logits: Tensor, labels: Tensor | None) -> Tensor:
        """The weighted cross entropy, 0-dim, of logits `(N, classes)` and the labels `(N,)` that are right."""
        assert labels is not None, "a classifier needs labels"
        return self.weight * cross_entropy(logits, labels)


@final
class AdversarialObjective(Objective):
    """Both players' losses from D's raw scores: `AdversarialObjective(Wasserstein(), GradientPenalty(10.0))`.

    The discriminator's terms are `adversarial` and one per regularizer, under its name; its measures are those of
    the loss. The generator's one term is `adversarial`, made from fresh fakes and D's weights as they then are. A
    classifier adds its terms to both, and the measure `class_accuracy` of reals.

    Args:
        loss: Of both players.
        *regularizers: Of the discriminator; no two of one name.
        classifier: For a discriminator that names classes.
        simultaneous: Both players' backwards run before either steps.
        discriminator_steps: Discriminator phases per round, at least 1, or a function that gives them for a round
            (counted as in `Objective.discriminator_steps`).

    Raises:
        ConfigError: If a number of `discriminator_steps` is not at least 1, or two regularizers share a name.
    """

    def __init__(
        self,
        loss: AdversarialLoss,
        *regularizers: Regularizer,
        classifier: AuxiliaryClassifier | None = None,
        simultaneous: bool = False,
        discriminator_steps: int | Callable[[int], int] = 1,
    ) -> None:
        scheduled = callable(discriminator_steps)
        whole = isinstance(discriminator_steps, int) and not isinstance(discriminator_steps, bool)
        allowed = scheduled or (whole and discriminator_steps >= 1)  # type: ignore[operator]
        require(allowed, "discriminator_steps", discriminator_steps, "be a whole number of at least 1, or a function")
        names = [regularizer.name for regularizer in regularizers]
        distinct = len({"adversarial", *names}) == 1 + len(names)
        require(distinct, "regularizers", ", ".join(names), "have different names, none of them 'adversarial'")
        self.loss = loss
        self.regularizers = regularizers
        self.classifier = classifier
        self.simultaneous = simultaneous
        self.generator_sees_reals = loss.sees_reals
        self._discriminator_steps = discriminator_steps

    def __repr__(self) -> str:
        classifiers = () if self.classifier is None else (self.classifier,)
        parts = ", ".join(repr(part) for part in (self.loss, *self.regularizers, *classifiers))
        options = f"simultaneous={self.simultaneous}, discriminator_steps={self._discriminator_steps}"
        return f"AdversarialObjective({parts}, {options})"

    def discriminator_steps(self, round: int) -> int:
        steps = self._discriminator_steps
        return steps(round) if callable(steps) else steps

    def discriminator_loss(self, players: Players[Any, Any], batch: Batch) -> Losses:
        assert batch.reals is not None, "a discriminator phase has reals"
        with torch.no_grad():
            fakes = players.generator(batch.latents, batch.fake_labels)
        # Leaves of the graph, for regularizers that differentiate scores by them. `to`: autocast may have made the
        # fakes 16 bits wide, and their gradients would be so too.
        reals = batch.reals.detach().requires_grad_()
        fakes = fakes.to(reals.dtype).detach().requires_grad_()
        # Two passes: a batch norm in D must see reals and fakes apart (DCGAN, arXiv:1511.06434).
        real_scores, real_classes = self._judge(players, reals, batch.labels)
        fake_scores, fake_classes = self._judge(players, fakes, batch.fake_labels)

        terms = {"adversarial": self.loss.discriminator(real_scores, fake_scores)}
        measures = self.loss.measures(real_scores.detach(), fake_scores.detach())
        if self.classifier is not None:
            terms["real_class"] = self.classifier.term(real_classes, batch.labels)
            terms["fake_class"] = self.classifier.term(fake_classes, batch.fake_labels)
            measures["class_accuracy"] = (real_classes.argmax(1) == batch.labels).mean(dtype=torch.float32)
        scored = Scored(players.discriminator, reals, batch.labels, real_scores, fakes, batch.fake_labels, fake_scores)
        for regularizer in self.regularizers:
            term = regularizer.term(scored)
            if term is not None:
                terms[regularizer.name] = term
        return Losses(terms, measures)

    def generator_loss(self, players: Players[Any, Any], batch: Batch) -> Losses:
        fakes = players.generator(batch.latents, batch.fake_labels)
        fake_scores, fake_classes = self._judge(players, fakes, batch.fake_labels)
        real_scores = None
        if self.generator_sees_reals:
            # A constant to the generator: its gradient comes through the fakes alone.
            with torch.no_grad():
                real_scores, _ = self._judge(players, batch.reals, batch.labels)
        terms = {"adversarial": self.loss.generator(fake_scores, real_scores)}
        if self.classifier is not None:
            terms["fake_class"] = self.classifier.term(fake_classes, batch.fake_labels)
        return Losses(terms)

    def decision(self, players: Players[Any, Any], samples: Tensor) -> Tensor | None:
        """sigmoid(score - threshold): D(x) itself where the loss is a cross-entropy; None without a threshold."""
        threshold = self.loss.threshold
        if threshold is None:
            return None
        scores = full_precision(players.discriminator(samples, None))
        # A discriminator of several samples at once says nothing of one.
        return torch.sigmoid(scores - threshold) if scores.shape == samples.shape[:1] else None

    def after_discriminator_step(self, players: Players[Any, Any]) -> None:
        for regularizer in self.regularizers:
            regularizer.after_discriminator_step(players)

    def _judge(self, players: Players[Any, Any], samples: Tensor | None, labels: Tensor | None) -> tuple[Tensor, Any]:
        """Raw scores, and logits of the classes from the same pass, None without a classifier."""
        if self.classifier is None:
            return full_precision(players.discriminator(samples, labels)), None
        scores, logits = players.discriminator.judge(samples)
        return full_precision(scores), full_precision(logits)
