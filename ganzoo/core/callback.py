"""`Callback`: what is told how a training gets on. Imports no torch."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

Outcome = Literal["finished", "interrupted", "diverged", "collapsed", "failed"]


class Callback:
    """Told how one training gets on, between its rounds and in its process. No method does anything: write some.

    A bystander: random states of Python, numpy, torch and the device are put back after each call, so a training has
    the same bits with it and without. If it raises, one line says so and it is not called again, not even `end`; the
    training goes on. The training waits while it works. It must leave torch's global switches (gradients, threads,
    default types) alone.

    Numbers of images are counted in real images shown since the run began, across resumes.
    """

    def start(self, run: Path, config: dict[str, Any], images: int, total: int) -> None:
        """The training begins, or goes on.

        Args:
            run: The run's directory; files of one's own may be written into it.
            config: What `config.json` holds: `variant`, `preset`, `options`, `training`, `data`, `spec`, `system`.
            images: 0, or where a resumed run goes on.
            total: Length of the run in images.
        """

    def tick(self, record: dict[str, Any]) -> None:
        """New values, at most about 200 times a run.

        Args:
            record: A line of `metrics.jsonl`: `images` (int), `seconds` (float, since the run began),
                `images_per_second` (float), `memory_bytes` (int), and every loss and measure by name, as
                `discriminator/real_score` (float).
        """

    def samples(self, path: Path, images: int) -> None:
        """A picture of the run's fixed latents was drawn.

        Args:
            path: The PNG.
            images: When.
        """

    def evaluation(self, record: dict[str, Any]) -> None:
        """The metrics of `--eval-every` were taken.

        Args:
            record: A line of `metrics.jsonl`: `images` (int), `metrics` (figures by name: float, int or list[int]),
                `protocol` (str), `notes` (list[str]), `best` (bool: the best so far).
        """

    def checkpoint(self, path: Path, images: int) -> None:
        """A checkpoint was saved.

        Args:
            path: Its folder; it may be pruned later.
            images: When.
        """

    def event(self, record: dict[str, Any]) -> None:
        """The monitor raised an alarm, or the training diverged.

        Args:
            record: A line of `metrics.jsonl`: `images` (int), `event` (str: `collapse`, `diverged`, ...), and `message`
                or `reason` (str).
        """

    def end(self, outcome: Outcome, images: int) -> None:
        """The training is over: called last, whatever happened, unless the process was killed.

        Args:
            outcome: `"finished"`, `"interrupted"` by a signal, `"diverged"`, `"collapsed"` (with
                `--stop-on-collapse`), or `"failed"`.
            images: Where it ended.
        """
