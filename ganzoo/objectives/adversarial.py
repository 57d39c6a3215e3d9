"""`AdversarialObjective`: one loss and any number of regularizers, which is all that most variants need."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, final

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from ganzoo.core.objective import Batch, Losses, Objective, Phase, Phases, Players, two_phases
from ganzoo.objectives._checks import require
from ganzoo.objectives.losses import AdversarialLoss
from ganzoo.objectives.regularizers import Regularizer
from ganzoo.objectives.scores import Scored, Scores, full_precision, mean, of_samples, over_scales, scales


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
@dataclass(frozen=True)
class Lazy:
    """A regularizer that is taken in every k-th round, k times as strong (StyleGAN2, arXiv:1912.04958, section 3.1).

    Args:
        regularizer: With a term.
        every: The paper's k: 16 for R1.

    Raises:
        ConfigError: If `every` is below 2, or the regularizer acts after the step.
    """

    regularizer: Regularizer
    every: int

    def __post_init__(self) -> None:
        require(self.every >= 2, "every", self.every, "be at least 2: give the regularizer itself for each round")
        acts = type(self.regularizer).after_discriminator_step is not Regularizer.after_discriminator_step
        require(not acts, "regularizer", self.regularizer, "only add a term: what acts after the step cannot be lazy")

    @property
    def name(self) -> str:
        """Of the phase and of its term."""
        return self.regularizer.name


@final
class AdversarialObjective(Objective):
    """Both players' losses from D's raw scores: `AdversarialObjective(Wasserstein(), GradientPenalty(10.0))`.

    Scores are `(N,)`, a map `(N, 1, h, w)`, or a tuple of either, one a scale: losses and measures are means over
    elements, then over scales.

    The discriminator's terms are `adversarial` and one per regularizer, under its name; its measures are those of
    the loss. The generator's one term is `adversarial`, made from fresh fakes and D's weights as they then are. A
    classifier adds its terms to both, and the measure `class_accuracy` of reals.

    Args:
        loss: Of both players.
        *regularizers: Of the discriminator; no two of one name. `Lazy(R1(10.0), 16)` is a phase of its own.
        classifier: For a discriminator that names classes.
        simultaneous: Both players' backwards run before either steps.
        discriminator_steps: Discriminator phases per round, at least 1, or a function that gives them for a round
            (counted as in `Phase.repeat`).

    Raises:
        ConfigError: If a number of `discriminator_steps` is not at least 1, or two regularizers share a name.
    """

    def __init__(
        self,
        loss: AdversarialLoss,
        *regularizers: Regularizer | Lazy,
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
        self.regularizers = tuple(part for part in regularizers if isinstance(part, Regularizer))
        self.lazy = tuple(part for part in regularizers if isinstance(part, Lazy))
        self.classifier = classifier
        self.simultaneous = simultaneous
        self.discriminator_steps = discriminator_steps

    def __repr__(self) -> str:
        classifiers = () if self.classifier is None else (self.classifier,)
        parts = ", ".join(repr(part) for part in (self.loss, *self.regularizers, *self.lazy, *classifiers))
        options = f"simultaneous={self.simultaneous}, discriminator_steps={self.discriminator_steps}"
        return f"AdversarialObjective({parts}, {options})"

    def phases(self) -> Phases:
        first, *rest = two_phases(
            self.discriminator_loss,
            self.generator_loss,
            simultaneous=self.simultaneous,
            discriminator_steps=self.discriminator_steps,
            generator_reals="fresh" if self.loss.sees_reals else "none",
            after_discriminator_step=self._after_discriminator_step if self.regularizers else None,
        )
        lazy = [
            Phase(lazy.name, partial(self._lazy_loss, lazy), ("discriminator",), every=lazy.every, reals="last")
            for lazy in self.lazy
        ]
        return (first, *lazy, *rest)

    def discriminator_loss(self, players: Players[Any, Any], batch: Batch) -> Losses:
        """D's losses of one batch; gradients reach D alone."""
        scored = Scored(players, batch, partial(self._judge, players))
        # Drawn before anything is judged: dropout in G and in D takes its random numbers in this order.
        _ = scored.fakes
        (real_scores, real_classes), (fake_scores, fake_classes) = scored.judged_reals(), scored.judged_fakes()
        terms = {"adversarial": over_scales(self.loss.discriminator, real_scores, fake_scores)}
        measures = self._measures(real_scores, fake_scores)
        if self.classifier is not None:
            terms["real_class"] = self.classifier.term(real_classes, batch.condition)
            terms["fake_class"] = self.classifier.term(fake_classes, batch.fake_condition)
            measures["class_accuracy"] = (real_classes.argmax(1) == batch.condition).mean(dtype=torch.float32)
        for regularizer in self.regularizers:
            term = regularizer.term(scored)
            if term is not None:
                terms[regularizer.name] = term
        return Losses(terms, measures)

    def generator_loss(self, players: Players[Any, Any], batch: Batch) -> Losses:
        fakes = players.generator(batch.latents, batch.fake_condition)
        fake_scores, fake_classes = self._judge(players, fakes, batch.fake_condition)
        real_scores = None
        if self.loss.sees_reals:
            # A constant to the generator: its gradient comes through the fakes alone.
            with torch.no_grad():
                real_scores, _ = self._judge(players, batch.reals, batch.condition)
        judged = (fake_scores,) if real_scores is None else (fake_scores, real_scores)
        terms = {"adversarial": over_scales(self.loss.generator, *judged)}
        if self.classifier is not None:
            terms["fake_class"] = self.classifier.term(fake_classes, batch.fake_condition)
        return Losses(terms)

    def decision(self, players: Players[Any, Any], samples: Tensor) -> Tensor | None:
        """sigmoid(score - threshold): D(x) itself where the loss is a cross-entropy; None without a threshold."""
        threshold = self.loss.threshold
        if threshold is None:
            return None
        judged = scales(full_precision(players.discriminator(samples, None)))
        # A discriminator of several samples at once says nothing of one.
        if any(len(scores) != len(samples) for scores in judged):
            return None
        return mean([of_samples(torch.sigmoid(scores - threshold)) for scores in judged])

    def _after_discriminator_step(self, players: Players[Any, Any], batch: Batch) -> None:
        for regularizer in self.regularizers:
            regularizer.after_discriminator_step(players)

    def _lazy_loss(self, lazy: Lazy, players: Players[Any, Any], batch: Batch) -> Losses:
        term = lazy.regularizer.term(Scored(players, batch, partial(self._judge, players)))
        assert term is not None, "Lazy refuses what acts after the step"
        return Losses({lazy.name: lazy.every * term})

    def _judge(
        self, players: Players[Any, Any], samples: Tensor | None, condition: Tensor | None
    ) -> tuple[Scores, Any]:
        """Raw scores, and logits of the classes from the same pass, None without a classifier."""
        if self.classifier is None:
            return full_precision(players.discriminator(samples, condition)), None
        scores, logits = players.discriminator.judge(samples)
        return full_precision(scores), full_precision(logits)

    def _measures(self, real: Scores, fake: Scores) -> dict[str, Tensor]:
        pairs = zip(scales(real), scales(fake), strict=True)
        shown = [self.loss.measures(one.detach(), other.detach()) for one, other in pairs]
        return {name: mean([of_scale[name] for of_scale in shown]) for name in shown[0]}
