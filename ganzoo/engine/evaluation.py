"""Metrics of the average generator while it trains (`--eval-every`): best and final, never the best alone."""

from __future__ import annotations

from typing import Any

from ganzoo.core.game import Decay, HalfLife
from ganzoo.engine.journal import Record
from ganzoo.engine.run import Run
from ganzoo.engine.training import Training
from ganzoo.metrics import Extractor, Settings, evaluate_generator, load_extractor, parse_metrics
from ganzoo.metrics.extractors import choose_extractor

HIGHER_IS_BETTER = {"precision", "inception_score", "classifier_score", "modes", "diversity", "memorisation_ratio"}


class Evaluation:
    """Evaluates a run's average generator and knows the best so far, by the first figure of the first metric.

    Args:
        run: Whose options say which metrics, and of how many samples.
        training: Whose average generator is judged, against the data that it trains on.
    """

    def __init__(self, run: Run, training: Training) -> None:
        options = run.config["training"]
        self._run, self._training = run, training
        self._metrics = parse_metrics(options["eval_metrics"])
        self._settings = Settings(count=options["eval_samples"])
        self._extractor: Extractor | None = None
        self.best: Record | None = None

    def evaluate(self) -> Record:
        """Judge the average as it is now; the record is an event for the journal."""
        dataset = self._training.sampler.dataset
        if self._extractor is None:
            self._extractor = load_extractor(choose_extractor("auto", dataset.spec), dataset.device)
        report = evaluate_generator(
            self._training.average.generator,
            dataset,
            self._metrics,
            self._settings,
            extractor=self._extractor,
            conditional=self._training.labels is not None,
            split=self._run.config["data"]["split"],
            name=f"{self._run.path.name} at {self._training.images} images",
            ema=describe_average(self._training.game.ema),
        )
        record: Record = {
            "images": self._training.images,
            "event": "eval",
            "metrics": report.values,
            "protocol": report.protocol.line(),
            "notes": list(report.notes),
        }
        record["best"] = self._is_best(record)
        if record["best"]:
            self.best = record
        return record

    def _is_best(self, record: Record) -> bool:
        if not record["metrics"]:
            return False
        name, value = next(iter(record["metrics"].items()))
        if self.best is None:
            return True
        before = self.best["metrics"][name]
        return bool(value > before if name in HIGHER_IS_BETTER else value < before)

    def state(self) -> dict[str, Any]:
        """For a checkpoint."""
        return {"best": self.best}

    def restore(self, state: dict[str, Any]) -> None:
        """Undo of `state`."""
        self.best = state["best"]


def figures_of(record: Record) -> str:
    """An evaluation's figures as one line; lists (histograms) are left to the journal."""
    return "  ".join(f"{name} {value:.4g}" for name, value in record["metrics"].items() if not isinstance(value, list))


def describe_average(rule: HalfLife | Decay) -> str:
    """The moving average in words, for a protocol."""
    match rule:
        case HalfLife(images=0) | Decay(per_round=0.0):
            return "no"
        case HalfLife():
            return f"half-life {rule.images} images"
        case Decay():
            return f"decay {rule.per_round} per round"
