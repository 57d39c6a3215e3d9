"""`Trainer`: runs a training inside its run directory, and writes down what happens."""

from __future__ import annotations

import math
import signal
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

from ganzoo.core.entries import Alarm, Diverged, Tick, evaluations_of
from ganzoo.engine import device
from ganzoo.engine.training import Training
from ganzoo.errors import (
    GanzooError,
    RunError,
    TrainingCollapsed,
    TrainingDiverged,
    TrainingInterrupted,
)
from ganzoo.runs import checkpoint
from ganzoo.runs.observers.callbacks import Callbacks, Named
from ganzoo.runs.observers.classify import classifier_for
from ganzoo.runs.observers.display import Display
from ganzoo.runs.observers.evaluation import Evaluation, figures_of
from ganzoo.runs.observers.monitor import Monitor
from ganzoo.runs.observers.pictures import Pictures
from ganzoo.runs.run import Run
from ganzoo.runs.signals import StopSignals

NETWORK_FILES = ("generator", "discriminator", "ema", "generator_optimizer", "discriminator_optimizer", "random")


class Trainer:
    """Drives one run from where it is to its end.

    Args:
        run: Held by this process.
        training: Freshly built from the run's config.
        display: What the user sees.
        callbacks: Who else is told, in this order.
    """

    def __init__(self, run: Run, training: Training, display: Display, callbacks: Iterable[Named] = ()) -> None:
        self.run = run
        self.training = training
        self.display = display
        self.total = run.total_images
        options = run.config.training
        self.checkpoint_every = options.checkpoint_every
        self.log_every = options.log_every or max(self.total // 200, 1)
        self.sample_every = options.sample_every or max(self.total // 20, 1)
        self.evaluate_every = options.eval_every
        classify = classifier_for(training.sampler.dataset)
        self.monitor = Monitor(training, max(self.total // 50, self.log_every), classify)
        self.evaluation = Evaluation(run, training)
        self.pictures = Pictures(run, training)
        self._seconds_before = 0.0
        self._collapse = ""
        self.callbacks = Callbacks(run, training.device, list(callbacks), display.log)

    def restore(self, newest: Path | None) -> None:
        """Take up a checkpoint; without any, the run starts again from nothing.

        Args:
            newest: The newest valid one of the run.
        """
        counters: dict[str, Any] = {"images": 0, "seconds": 0.0}
        if newest is not None:
            with checkpoint.fitting(newest):
                counters = checkpoint.load_state(newest)
                self.training.restore({name: checkpoint.load_tensors(newest, name) for name in NETWORK_FILES}, counters)
                self.monitor.restore(counters["monitor"])
                self.evaluation.restore(counters["evaluation"])
        self._seconds_before = counters["seconds"]
        self.run.journal.cut_back(counters["images"])
        for sample in self.run.samples():
            if int(sample.stem) > counters["images"]:
                sample.unlink()

    def train(self) -> None:
        """Train to the end.

        Raises:
            TrainingInterrupted: After SIGINT or SIGTERM, with a checkpoint saved.
            TrainingDiverged: If a loss or weight is no longer finite; nothing of that is saved.
            CheckpointError: If a checkpoint cannot be written.
        """
        training = self.training
        self._started = time.perf_counter()
        self._last_tick = (self._started, training.images)
        self.display.start(self.run.title, training.images, self.total)
        try:
            with StopSignals() as signals, self.callbacks.training(self.total, lambda: training.images):
                if training.images == 0:
                    self._sample()
                while training.images < self.total and signals.received is None and not self._collapse:
                    before = training.images
                    training.round()
                    self.display.advance(training.images)
                    self._observe(before)
                if signals.received is not None and training.images < self.total:
                    self._interrupt(signals.received)
                self._finish()
                if self._collapse:
                    raise TrainingCollapsed(f"stopped at {training.images:,} images: {self._collapse}")
        except OSError as error:
            place = error.filename or self.run.path
            raise RunError(f"{place} cannot be written ({error.strerror or error}); {self._last_good()}") from error
        finally:
            self.display.stop()
            training.close()

    def _observe(self, before: int) -> None:
        """Whatever fell due in the round that began at `before` images."""
        now = self.training.images

        def due(every: int) -> bool:
            return before // every != now // every

        if due(self.log_every):
            self._tick()
        if now >= self.total:
            return
        if due(self.sample_every):
            self._sample()
        if self.evaluate_every and due(self.evaluate_every):
            self._evaluate()
        elif due(self.checkpoint_every):
            self._checkpoint()

    def _tick(self) -> None:
        values = self.training.tally.drain()
        if not values:
            return
        for name, value in values.items():
            if not math.isfinite(value):
                self._diverged(f"{name} became {value}")
        values |= self.monitor.measure()
        now, images = time.perf_counter(), self.training.images
        then, images_then = self._last_tick
        self._last_tick = (now, images)
        growing = len(self.training.game.stages) > 1
        tick = Tick(
            images=images,
            seconds=round(self._seconds(), 3),
            images_per_second=round((images - images_then) / max(now - then, 1e-9), 1),
            memory_bytes=device.peak_memory_bytes(self.training.device),
            values=values,
            resolution=self.training.clock.resolution if growing else None,
            fade=self.training.fade if growing else None,
        )
        self.run.journal.append(tick)
        self.display.tick(tick)
        self.callbacks.tell("tick", tick)
        for alarm in self.monitor.judge(values):
            self._warn(alarm)

    def _sample(self) -> None:
        path, images = self.pictures.sample(), self.training.images
        self.callbacks.notify("samples", images, path, images)

    def _event(self, event: Alarm | Diverged) -> None:
        self.run.journal.append(event)
        self.callbacks.tell("event", event)

    def _warn(self, alarm: Alarm) -> None:
        self._event(alarm)
        self.display.log(f"warning at {alarm.images:,} images: {alarm.message}")
        if alarm.kind == "collapse" and self.run.config.training.stop_on_collapse:
            self._collapse = alarm.message

    def _checkpoint(self) -> Path:
        # The tick looks at the losses of the last rounds; a gradient may still have broken the weights after them.
        self._tick()
        if not self.training.is_finite():
            self._diverged("a weight is no longer finite")
        tensors, counters = self.training.state()
        counters["seconds"] = self._seconds()
        counters |= {"monitor": self.monitor.state(), "evaluation": self.evaluation.state()}
        saved = self.run.checkpoints.save(self.training.images, tensors, counters)
        self.callbacks.notify("checkpoint", self.training.images, saved, self.training.images)
        return saved

    def _evaluate(self) -> None:
        """Judge the average, and save this moment: the best must still be there when it turns out to be."""
        self._tick()
        found = self.evaluation.evaluate()
        self.run.journal.append(found)
        self.callbacks.tell("evaluation", found)
        self.display.log(f"{found.images:,} images: {figures_of(found)}{'  (best)' if found.best else ''}")
        saved = self._checkpoint()
        if found.best:
            self.run.checkpoints.mark_best(saved)

    def _report_best(self) -> None:
        """Best and final, always both: a best alone hides that a training went bad after it."""
        best = self.evaluation.best
        if best is None:
            return
        final = evaluations_of(self.run.journal.read())[-1]
        for name, found in (("best", best), ("final", final)):
            self.display.log(f"{name:<6} at {found.images:>9,} images: {figures_of(found)}")
        if final.provenance is not None:
            self.display.log(final.provenance.line())

    def _finish(self) -> None:
        self._tick()
        self._sample()
        try:
            sentence = self.pictures.finish()
        except (GanzooError, OSError) as error:
            # An old sample may have been damaged since. A training of hours must not end for a picture's sake.
            sentence = f"not all pictures of the run could be drawn: {error}"
        if sentence:
            self.display.log(sentence)
        # Last, because a run is finished once its last checkpoint is there: a kill before it repeats all of this.
        if self.evaluate_every:
            self._evaluate()
            self._report_best()
        else:
            self._checkpoint()

    def _interrupt(self, received: signal.Signals) -> NoReturn:
        saved = self._checkpoint()
        raise TrainingInterrupted(
            f"stopped by {received.name} at {self.training.images:,} images; saved as {saved}. "
            f"Go on with: ganzoo resume {self.run.path}",
            exit_code=128 + received,
        )

    def _diverged(self, what: str) -> NoReturn:
        self._event(Diverged(self.training.images, what))
        raise TrainingDiverged(
            f"{what} at {self.training.images:,} images: the training stopped and {self._last_good()}. "
            "A lower --lr is what usually helps."
        )

    def _last_good(self) -> str:
        good = self.run.checkpoints.newest_valid()
        return f"the last good checkpoint is {good}" if good else "there is no checkpoint before it"

    def _seconds(self) -> float:
        return self._seconds_before + time.perf_counter() - self._started
