"""`Callback`: what is told how a training gets on. Imports no torch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from ganzoo.core.entries import Alarm, Diverged, Evaluated, Tick

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
            config: What `config.json` holds, as a copy of plain values: `variant`, `plugin`, `preset`, `options`,
                `training`, `data`, `spec`, `system`.
            images: 0, or where a resumed run goes on.
            total: Length of the run in images.
        """

    def tick(self, tick: Tick) -> None:
        """New values, at most about 200 times a run.

        Args:
            tick: Losses and measures, speed and memory.
        """

    def samples(self, path: Path, images: int) -> None:
        """A picture of the run's fixed latents was drawn.

        Args:
            path: The PNG.
            images: When.
        """

    def evaluation(self, evaluated: Evaluated) -> None:
        """The metrics of `--eval-every` were taken.

        Args:
            evaluated: The figures, how they came about, and whether they are the best so far.
        """

    def checkpoint(self, path: Path, images: int) -> None:
        """A checkpoint was saved.

        Args:
            path: Its folder; it may be pruned later.
            images: When.
        """

    def event(self, event: Alarm | Diverged) -> None:
        """The monitor raised an alarm, or the training diverged.

        Args:
            event: When, its `kind` (`collapse`, `diverged`, ...), and a `message` in one line.
        """

    def end(self, outcome: Outcome, images: int) -> None:
        """The training is over: called last, whatever happened, unless the process was killed.

        Args:
            outcome: `"finished"`, `"interrupted"` by a signal, `"diverged"`, `"collapsed"` (with
                `--stop-on-collapse`), or `"failed"`.
            images: Where it ended.
        """
