"""`Trainer`: runs a training inside its run directory, and writes down what happens."""

from __future__ import annotations

import math
import signal
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from ganzoo.core.entries import Alarm, Diverged, Evaluated, Tick
from ganzoo.engine import device
from ganzoo.engine.processes import ALONE, OVER, SAVE, Processes
from ganzoo.engine.training import Training
from ganzoo.errors import GanzooError, ProcessEnded, TrainingCollapsed, TrainingDiverged, said
from ganzoo.runs import checkpoint
from ganzoo.runs.ending import ending
from ganzoo.runs.observers.callbacks import Callbacks, Named
from ganzoo.runs.observers.classify import classifier_for
from ganzoo.runs.observers.display import Display
from ganzoo.runs.observers.evaluation import Evaluation, figures_of
from ganzoo.runs.observers.monitor import Monitor
from ganzoo.runs.observers.pictures import Pictures
from ganzoo.runs.run import Run
from ganzoo.runs.signals import Stopped, StopSignals
from ganzoo.runs.together import whole_state
from ganzoo.utils.shell import typed


class Trainer:
    """Drives one run from where it is to its end.

    Args:
        run: Held by this process.
        training: Freshly built from the run's config.
        display: What the user sees.
        callbacks: Who else is told, in this order.
        processes: That train along; this one is their first, and all that it says to them is one number before each
            round, each checkpoint and the end.
    """

    def __init__(
        self,
        run: Run,
        training: Training,
        display: Display,
        callbacks: Iterable[Named] = (),
        processes: Processes = ALONE,
    ) -> None:
        self.processes = processes
        self._others_wait = True
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
        self.evaluation = Evaluation(run.config, run.path.name, training)
        self.pictures = Pictures(run, training)
        self._signals = StopSignals()
        self._seconds_before = 0.0
        self._collapse = ""
        self._warned: set[str] = set()
        self._begun = False
        self.callbacks = Callbacks(run, training.device, list(callbacks), display.log)

    def check(self) -> None:
        """Refuse what is known now to fail later.

        Raises:
            GanzooError: If the run is to be evaluated, and cannot be.
        """
        if self.evaluate_every:
            self.evaluation.check()

    def restore(self, newest: Path | None) -> None:
        """Take up a checkpoint; without any, the run starts again from nothing.

        Args:
            newest: The newest valid one of the run.
        """
        counters: dict[str, Any] = {"images": 0, "seconds": 0.0}
        if newest is not None:
            with checkpoint.fitting(newest):
                counters = checkpoint.load_state(newest)
                # Which there are depends on the game: parameter groups, an auxiliary network, an augmentation.
                names = sorted(path.stem for path in newest.glob("*.safetensors"))
                self.training.restore({name: checkpoint.load_tensors(newest, name) for name in names}, counters)
                self.monitor.restore(counters["monitor"])
                self.evaluation.restore(counters["evaluation"])
            self._begun = True
        self._seconds_before = counters["seconds"]
        self.run.journal.cut_back(counters["images"])
        for sample in self.run.samples():
            if int(sample.stem) > counters["images"]:
                sample.unlink()

    def train(self) -> None:
        """Train to the end.

        Raises:
            TrainingInterrupted: After a signal, with a checkpoint saved.
            TrainingDiverged: If a loss or weight is no longer finite; nothing of that is saved.
            CheckpointError: If a checkpoint cannot be written.
            GanzooError: If anything else ended it; see `ending`.
        """
        training = self.training
        self._started = time.perf_counter()
        self._last_tick = (self._started, training.images)
        self.display.start(self.run.title, training.images, self.total)
        # In the middle of a round of several processes, what this one has is no state of the training.
        saving = ending(
            self.run, self._checkpoint, lambda: training.images, lambda: self._begun and self.processes.count == 1
        )
        try:
            with self._signals, self.callbacks.training(self.total, lambda: training.images), saving:
                self._go()
        except ProcessEnded:
            self._others_wait = False
            raise
        finally:
            self.display.stop()
            training.close()
            if self._others_wait:
                with suppress(ProcessEnded):
                    self.processes.largest(OVER)

    def _go(self) -> None:
        """Whatever is left of the training; a signal ends it between two rounds."""
        training = self.training
        if training.images == 0:
            self._sample()
        if self.evaluation.due and training.images < self.total:
            self._evaluate()
        while training.images < self.total and not self._collapse and self._signaled() is None:
            before = training.images
            self._others_wait = False
            training.round()
            self._others_wait = self._begun = True
            self.display.advance(training.images)
            self._observe(before)
        if self._signals.received is not None and training.images < self.total:
            raise Stopped(self._signals.received)
        self._finish()
        if self._collapse:
            raise TrainingCollapsed(f"stopped at {training.images:,} images: {self._collapse}")

    def _signaled(self) -> signal.Signals | None:
        """What any process was asked to stop by; without any, all begin a round."""
        word = self.processes.largest(int(self._signals.received or 0))
        if word:
            self._signals.received = signal.Signals(word)
        return self._signals.received

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
        """A line of the journal. It comes by schedule alone, so that a run that was stopped has the same lines."""
        self._refuse_infinite()
        values = self.training.tally.drain()
        if not values:
            return
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
        images = self.training.images
        try:
            path = self.pictures.sample()
        except (OSError, GanzooError, MemoryError) as error:
            # A training of hours must not end for a picture's sake.
            self._warn_once("picture", f"the picture of samples could not be drawn ({_reason(error)})")
            return
        self.callbacks.notify("samples", images, path, images)

    def _warn_once(self, kind: str, what: str) -> None:
        """Say of what the training goes on without; of each kind the first time only."""
        if kind not in self._warned:
            self._warned.add(kind)
            self.display.log(f"warning at {self.training.images:,} images: {what}; the training goes on")

    def _event(self, event: Alarm | Diverged) -> None:
        self.run.journal.append(event)
        self.callbacks.tell("event", event)

    def _warn(self, alarm: Alarm) -> None:
        self._event(alarm)
        self.display.log(f"warning at {alarm.images:,} images: {alarm.message}")
        if alarm.kind == "collapse" and self.run.config.training.stop_on_collapse:
            self._collapse = alarm.message

    def _refuse_infinite(self) -> None:
        for name, value in self.training.tally.means().items():
            if not math.isfinite(value):
                self._diverged(f"{name} became {value}")

    def _checkpoint(self) -> Path:
        # The losses of the last rounds are looked at; a gradient may still have broken the weights after them.
        self._refuse_infinite()
        if not self.training.is_finite():
            self._diverged("a weight is no longer finite")
        self.processes.largest(SAVE)
        tensors, counters = whole_state(self.training, self.processes)
        counters["seconds"] = self._seconds()
        counters |= {"monitor": self.monitor.state(), "evaluation": self.evaluation.state()}
        saved = self.run.checkpoints.save(self.training.images, tensors, counters)
        self.callbacks.notify("checkpoint", self.training.images, saved, self.training.images)
        return saved

    def _evaluate(self) -> None:
        """Judge the average, and save this moment: the best must still be there when it turns out to be."""
        self.evaluation.due = True
        found = None
        try:
            # It may take minutes, and changes nothing: whoever ends the training need not wait for it.
            with self._signals.at_once():
                found = self.evaluation.evaluate()
        except Exception as error:
            off = typed("ganzoo", "resume", self.run.path, "--eval-every", "0")
            self._warn_once("evaluation", f"the evaluation could not be taken ({_reason(error)}); `{off}` does without")
        self.evaluation.due = False
        if found is None:
            self._checkpoint()
            return
        self.run.journal.append(found)
        self.callbacks.tell("evaluation", found)
        self.display.log(f"{found.images:,} images: {figures_of(found)}{'  (best)' if found.best else ''}")
        saved = self._checkpoint()
        if found.best:
            self.run.checkpoints.mark_best(saved)

    def _report_best(self) -> None:
        """Best and final, always both: a best alone hides that a training went bad after it."""
        best, final = self.evaluation.best, self.run.journal.last(Evaluated)
        if best is None or not isinstance(final, Evaluated):
            return
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
            # An old sample may have been damaged since.
            sentence = f"not all pictures of the run could be drawn: {_reason(error)}"
        if sentence:
            self.display.log(sentence)
        # Last, because a run is finished once its last checkpoint is there: a kill before it repeats all of this.
        if self.evaluate_every:
            self._evaluate()
            self._report_best()
        else:
            self.evaluation.due = False
            self._checkpoint()

    def _diverged(self, what: str) -> NoReturn:
        self._event(Diverged(self.training.images, what))
        raise TrainingDiverged(
            f"{what} at {self.training.images:,} images: the training stopped, and a lower --lr is what usually helps"
        )

    def _seconds(self) -> float:
        return self._seconds_before + time.perf_counter() - self._started


def _reason(error: BaseException) -> str:
    """Why something could not be done, as a part of a sentence."""
    if isinstance(error, GanzooError):
        return str(error).removesuffix(".")
    if isinstance(error, OSError):
        return f"{error.filename or 'a file'}: {error.strerror or error}"
    return said(error)
