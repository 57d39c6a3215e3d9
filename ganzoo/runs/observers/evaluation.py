"""Metrics of the average generator while it trains (`--eval-every`): best and final, never the best alone."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from ganzoo.core.entries import Evaluated
from ganzoo.core.evaluation import Settings
from ganzoo.core.networks import Generator
from ganzoo.engine.stages import Enlarging
from ganzoo.engine.training import Training
from ganzoo.errors import GanzooError
from ganzoo.metrics import Extractor, Report, evaluate_generator, known_metrics, parse_metrics
from ganzoo.metrics.extractors.loading import extractor_for
from ganzoo.metrics.options import EvaluationOptions
from ganzoo.plugins.modalities import modality_of
from ganzoo.runs.config import RunConfig
from ganzoo.runs.journal import from_record, to_record
from ganzoo.utils.figures import line_of

_FEW = 100
"""Samples of the evaluation before the training."""


class Evaluation:
    """Evaluates a run's average generator and knows the best so far, by the first number of the first metric.

    Of modes (or classes) more are better. Of as many, the smaller reverse KL - log(share of high quality) wins: the
    reverse KL alone counts samples of high quality only, and would prefer a cloud that grazes every mode.

    Args:
        config: Of the run: its options say which metrics, and of how many samples.
        name: Of the run, for the protocol.
        training: Whose average generator is judged, against the data that it trains on.

    Attributes:
        best: The best so far.
        due: One was due at this moment, and is not taken yet: what goes on from here takes it first.
    """

    def __init__(self, config: RunConfig, name: str, training: Training) -> None:
        options = config.training
        self._name, self._split, self._training = name, config.data.split, training
        spec = training.sampler.dataset.spec
        metrics = options.eval_metrics or modality_of(spec.kind).metrics(spec)
        asked = EvaluationOptions(metrics=metrics, count=options.eval_samples)
        self._metrics, self._settings = parse_metrics(asked.metrics), asked.settings()
        self._extractor: Extractor | None = None
        self.best: Evaluated | None = None
        self.due = False

    def check(self) -> None:
        """Take one of few samples, before the training: what cannot be taken is known now, and not after hours.

        What it sees of the reals is kept for those that come.

        Raises:
            GanzooError: As `evaluate_generator`, with how to do without.
        """
        few = replace(self._settings, count=min(self._settings.count, _FEW))
        try:
            self._report(few)
        except GanzooError as error:
            raise type(error)(
                f"no evaluation can be taken: {str(error).removesuffix('.')}. Leave --eval-every out, or go on with a "
                "run by `ganzoo resume RUN --eval-every 0`; --eval-metrics and --eval-samples say of what, and how many"
            ) from error

    def evaluate(self) -> Evaluated:
        """Judge the average as it is now."""
        report = self._report(self._settings)
        found = Evaluated(self._training.images, report.values, report.provenance, report.notes, report.first)
        if self._is_best(found):
            found = self.best = replace(found, best=True)
        return found

    def _report(self, settings: Settings) -> Report:
        dataset = self._training.sampler.dataset
        if self._extractor is None:
            self._extractor = extractor_for(dataset.spec, device=dataset.device)
        return evaluate_generator(
            self._generator(),
            dataset,
            self._metrics,
            settings,
            extractor=self._extractor,
            conditional=self._training.labels is not None,
            split=self._split,
            name=self._name,
            images=self._training.images,
            ema=str(self._training.game.ema),
        )

    def _generator(self) -> Generator:
        """The average; of a growing network, as it makes images of the data's size."""
        clock, generator = self._training.clock, self._training.ema.generator
        if clock.resolution == clock.data_resolution:
            return generator
        return Enlarging(generator, clock.data_resolution // clock.resolution)

    def _is_best(self, found: Evaluated) -> bool:
        decided_by = found.decided_by
        if not decided_by or self.best is None:
            return bool(decided_by)
        if deciding(found.metrics) != deciding(self.best.metrics):
            # A metric that decides gave no figure, now or then; figures of two metrics are not to be compared.
            return self._rank(decided_by) < self._rank(self.best.decided_by)
        higher = known_metrics()[decided_by].higher_is_better
        return merit(found.metrics, decided_by, higher=higher) > merit(self.best.metrics, decided_by, higher=higher)

    def _rank(self, metric: str) -> int:
        """The place of a metric among those asked for; of one that is not among them, before the first."""
        return self._metrics.index(metric) if metric in self._metrics else -1

    def state(self) -> dict[str, Any]:
        """For a checkpoint."""
        return {"best": None if self.best is None else to_record(self.best), "due": self.due}

    def restore(self, state: dict[str, Any]) -> None:
        """Undo of `state`."""
        best = None if state["best"] is None else from_record(state["best"])
        self.best = best if isinstance(best, Evaluated) else None
        self.due = state.get("due", False)


def deciding(metrics: dict[str, Any]) -> str:
    """Name of the figure that decides: the first that is a number."""
    return next(name for name, value in metrics.items() if not isinstance(value, list))


def merit(metrics: dict[str, Any], decided_by: str, *, higher: bool) -> tuple[float, ...]:
    """The larger, the better; compared between evaluations of one run.

    Args:
        metrics: Figures by name.
        decided_by: The metric that the deciding one is of.
        higher: Whether more of it is better.
    """
    value = metrics[deciding(metrics)]
    if decided_by == "modes":
        quality = metrics.get("high_quality", 1.0)
        divergence = metrics.get("reverse_kl", math.inf)
        return value, -math.inf if quality == 0 else math.log(quality) - divergence
    return (value if higher else -value,)


def figures_of(found: Evaluated) -> str:
    """An evaluation's figures as one line, or why there are none; lists (histograms) are left to the journal."""
    extractor = found.provenance.extractor if found.provenance else ""
    return line_of(found.metrics, extractor=extractor) or f"no figure: {'; '.join(found.notes)}"
