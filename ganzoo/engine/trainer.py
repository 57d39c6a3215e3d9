"""`Trainer`: runs a training inside its run directory, and writes down what happens."""

from __future__ import annotations

import math
import signal
import time
from pathlib import Path
from typing import Any, NoReturn

from ganzoo import sampling
from ganzoo.core.data_spec import DataSpec
from ganzoo.engine import checkpoint, device, plots
from ganzoo.engine.display import Display
from ganzoo.engine.journal import Record
from ganzoo.engine.run import Run
from ganzoo.engine.signals import StopSignals
from ganzoo.engine.training import Training
from ganzoo.errors import CheckpointError, TrainingDiverged, TrainingInterrupted

NETWORK_FILES = ("generator", "discriminator", "ema", "generator_optimiser", "discriminator_optimiser", "random")


class Trainer:
    """Drives one run from where it is to its end.

    Args:
        run: Held by this process.
        training: Freshly built from the run's config.
        display: What the user sees.
    """

    def __init__(self, run: Run, training: Training, display: Display) -> None:
        self.run = run
        self.training = training
        self.display = display
        self.total = run.total_images
        options = run.config["training"]
        self.checkpoint_every = options["checkpoint_every"]
        self.log_every = options["log_every"] or max(self.total // 200, 1)
        self.sample_every = options["sample_every"] or max(self.total // 20, 1)
        self._seconds_before = 0.0
        self._last_tick = (time.perf_counter(), 0)

    def restore(self) -> None:
        """Take up the newest valid checkpoint; without any, the run starts again from nothing."""
        newest = self.run.checkpoints.newest_valid(self.display.say)
        counters: dict[str, Any] = {"images": 0, "seconds": 0.0}
        if newest is not None:
            counters = checkpoint.load_state(newest)
            try:
                self.training.restore({name: checkpoint.load_tensors(newest, name) for name in NETWORK_FILES}, counters)
            except (RuntimeError, KeyError, ValueError) as error:
                raise CheckpointError(f"{newest} does not fit the run's config: {error}") from error
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
        self.display.start(self._title(), training.images, self.total)
        try:
            with StopSignals() as signals:
                if training.images == 0:
                    self._sample()
                while training.images < self.total and signals.received is None:
                    before = training.images
                    training.round()
                    self.display.advance(training.images)
                    self._observe(before)
                if signals.received is not None and training.images < self.total:
                    self._interrupt(signals.received)
                self._finish()
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
        if due(self.sample_every):
            self._sample()
        if due(self.checkpoint_every) and now < self.total:
            self._checkpoint()

    def _tick(self) -> None:
        values = self.training.tally.drain()
        if not values:
            return
        for name, value in values.items():
            if not math.isfinite(value):
                self._diverged(f"{name} became {value}")
        now, images = time.perf_counter(), self.training.images
        then, images_then = self._last_tick
        self._last_tick = (now, images)
        record: Record = {
            "images": images,
            "seconds": round(self._seconds(), 3),
            "images_per_second": round((images - images_then) / max(now - then, 1e-9), 1),
            "memory_bytes": device.peak_memory_bytes(self.training.device),
            **values,
        }
        if len(self.training.game.stages) > 1:
            record |= {"resolution": self.training.clock.resolution, "fade": self.training.fade}
        self.run.journal.append(record)
        self.display.tick(record)

    def _checkpoint(self) -> Path:
        # The tick looks at the losses of the last rounds; a gradient may still have broken the weights after them.
        self._tick()
        if not self.training.is_finite():
            self._diverged("a weight is no longer finite")
        tensors, counters = self.training.state()
        counters["seconds"] = self._seconds()
        return self.run.checkpoints.save(self.training.images, tensors, counters)

    def _sample(self) -> None:
        spec = self.run.spec
        if spec.kind != "image":
            return
        columns = sample_columns(spec)
        generator = self.training.average.generator
        latents = generator.latent.draw(columns * columns, seed=0)
        labels = sampling.label_rows(columns, spec.classes) if self.training.labels is not None else None
        images = sampling.to_uint8(sampling.generate(generator, latents, labels))
        picture = sampling.grid(images, columns)
        sampling.save_image(picture, self.run.path / "samples" / f"{self.training.images:010d}.png")

    def _finish(self) -> None:
        self._tick()
        self._sample()
        plots.plot_curves(self.run.journal.read(), self.run.path / "curves.png")
        plots.contact_sheet(self.run.samples(), sample_columns(self.run.spec), self.run.path / "progress.png")
        # Last, because a run is finished once its last checkpoint is there: a kill before it repeats all of this.
        self._checkpoint()

    def _interrupt(self, received: signal.Signals) -> NoReturn:
        saved = self._checkpoint()
        raise TrainingInterrupted(
            f"stopped by {received.name} at {self.training.images:,} images; saved as {saved}. "
            f"Go on with: ganzoo resume {self.run.path}",
            exit_code=128 + received,
        )

    def _diverged(self, what: str) -> NoReturn:
        images = self.training.images
        self.run.journal.append({"images": images, "event": "diverged", "reason": what})
        good = self.run.checkpoints.newest_valid(lambda _: None)
        rest = f"the last good checkpoint is {good}" if good else "there is no checkpoint before it"
        raise TrainingDiverged(
            f"{what} at {images:,} images: the training stopped and {rest}. A lower --lr is what usually helps."
        )

    def _seconds(self) -> float:
        return self._seconds_before + time.perf_counter() - self._started

    def _title(self) -> str:
        config = self.run.config
        return f"{config['variant']} on {self.run.spec.name}"


def sample_columns(spec: DataSpec) -> int:
    """Columns (and rows) of a run's sample grids: 8, fewer where images are large."""
    return min(8, max(1024 // spec.resolution, 2))
