"""`Run`: a run's directory, its config and its lock. Imports no torch.

runs/dcgan-mnist-1/
config.json    variant, preset, resolved options, data, system
metrics.jsonl  one line a tick          samples/       grids of the same latents
checkpoints/   see checkpoint.py        curves.png, progress.png
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import filelock

from ganzoo.core.data_spec import DataSpec
from ganzoo.core.entries import Diverged
from ganzoo.errors import RunError
from ganzoo.runs.checkpoint import CHECKPOINTS, CheckpointStore, load_state
from ganzoo.runs.config import RunConfig
from ganzoo.runs.journal import Journal
from ganzoo.utils.places import CONFIG, RUNS
from ganzoo.utils.shell import typed

LOCK = ".lock"
_PATIENCE_SECONDS = 1.0

if TYPE_CHECKING:
    from ganzoo.registry.stores.protocol import Listing


@dataclass(frozen=True)
class Run:
    """A run directory that exists and has a config.

    Args:
        path: The directory.
        config: What `config.json` holds.
    """

    path: Path
    config: RunConfig

    @classmethod
    def open(cls, path: Path) -> Run:
        """Open an existing run: by its directory, its name in `./runs`, or the newest of its checkpoints.

        Raises:
            RunError: If there is none, or its config cannot be used: file, field, what was seen and what is allowed.
        """
        if not path.exists() and len(path.parts) == 1 and (RUNS / path).is_dir():
            path = RUNS / path
        path = _of_checkpoint(path)
        try:
            return cls(path, RunConfig.read(path / CONFIG))
        except (FileNotFoundError, NotADirectoryError) as error:
            raise RunError(
                f"{path} is not a run: it has no {CONFIG}. `ganzoo runs` lists those in ./{RUNS}."
            ) from error
        except OSError as error:
            raise RunError(f"{path / CONFIG} cannot be read: {error.strerror or error}") from error

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the run for this process; the system lets go when the process ends, however it ends.

        Raises:
            RunError: If another process holds it, or it lies where nothing can be written.
        """
        lock = filelock.FileLock(self.path / LOCK)
        try:
            # Not at once: `is_held` of another process may be looking in this moment.
            lock.acquire(timeout=_PATIENCE_SECONDS, poll_interval=0.02)
        except filelock.Timeout as error:
            raise RunError(f"{self.path} is being trained by another process: wait for it, or stop it first") from error
        except OSError as error:
            raise RunError(f"{self.path} cannot be written: {error.strerror or error}") from error
        try:
            yield
        finally:
            lock.release()

    def is_held(self) -> bool:
        """Whether a process trains it. Looking takes and writes nothing, so it can be done anywhere."""
        try:
            # A pipe of that name would wait for its other end.
            descriptor = os.open(self.path / LOCK, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        except OSError:
            return False
        import fcntl

        try:
            # A shared lock: two that look do not disturb each other, and it is let go again at once.
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            # A file system without locks.
            return False
        finally:
            os.close(descriptor)
        return False

    @property
    def title(self) -> str:
        """Variant and data, for people."""
        return f"{self.config.variant} on {self.spec.name}"

    @property
    def spec(self) -> DataSpec:
        """Of the data that the run learns."""
        return self.config.spec

    @property
    def total_images(self) -> int:
        """Length of the run."""
        return self.config.options.images

    @property
    def journal(self) -> Journal:
        """`metrics.jsonl`."""
        return Journal(self.path / "metrics.jsonl")

    @property
    def checkpoints(self) -> CheckpointStore:
        """Of this run."""
        return CheckpointStore(self.path / CHECKPOINTS, self.config.training.keep)

    def listing(self) -> Listing:
        """The run among models."""
        from ganzoo.registry.stores.protocol import Listing

        return Listing(str(self.path), self.config.variant, self.spec.name, self.spec.shape, where="run")

    def samples(self) -> list[Path]:
        """Sample grids, oldest first."""
        found = (self.path / "samples").glob("*.png")
        return sorted(path for path in found if path.stem.isascii() and path.stem.isdigit() and path.is_file())

    def status(self) -> str:
        """One word or two: `running`, `finished`, `diverged`, `stopped`, `no checkpoint`, `broken journal`.

        Reads no weights.
        """
        if self.is_held():
            return "running"
        try:
            if isinstance(self.journal.news(), Diverged):
                return "diverged"
        except RunError:
            # Whoever reads the journal is told which line; a list of runs has the others to show.
            return "broken journal"
        if self.images() == 0:
            return "no checkpoint"
        return "finished" if self.is_finished() else "stopped"

    def is_finished(self) -> bool:
        """Whether it has all its images, and its last evaluation was not cut short."""
        newest = self.checkpoints.newest()
        if newest is None or int(newest.name) < self.total_images:
            return False
        try:
            return not load_state(newest)["evaluation"].get("due", False)
        except (RunError, LookupError, TypeError, AttributeError):
            # A broken checkpoint: `resume` tells of it.
            return True

    def is_empty(self) -> bool:
        """Whether nothing in it is worth keeping: no checkpoint, and no news of a training."""
        if self.checkpoints.paths():
            return False
        try:
            return self.journal.news() is None
        except (RunError, OSError):
            return False

    def images(self) -> int:
        """Images shown at the newest checkpoint, 0 without one."""
        newest = self.checkpoints.newest()
        return int(newest.name) if newest else 0


def all_runs(folder: Path = RUNS, skipped: Callable[[str], None] = lambda _: None) -> list[Run]:
    """The runs in a folder by name.

    Args:
        folder: Where to look.
        skipped: Told in one sentence of each whose config cannot be used; a folder without any is no run.
    """
    found = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        try:
            found.append(Run.open(path))
        except RunError as error:
            if not isinstance(error.__cause__, FileNotFoundError | NotADirectoryError):
                skipped(str(error))
    return found


def _of_checkpoint(path: Path) -> Path:
    """The run of a path that is in it; the path itself where that is none.

    Raises:
        RunError: If it is a checkpoint, and not the newest: a run goes on from that.
    """
    run = path.parent if path.name in (CHECKPOINTS, CONFIG) else path.parent.parent
    inside = path.name in (CHECKPOINTS, CONFIG) or path.parent.name == CHECKPOINTS
    if not inside or (path / CONFIG).exists() or not (run / CONFIG).exists():
        return path
    if path.parent.name == CHECKPOINTS:
        newest = CheckpointStore(path.parent, 1).newest()
        if newest is None or newest.name != path.name:
            raise RunError(
                f"{path} is not the newest checkpoint of {run}, which is {newest}: a run is used as a whole, so name "
                f"it: {typed(run)}"
            )
    return run
