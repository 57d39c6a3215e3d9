"""`Run`: a run's directory, its config and its lock. Imports no torch.

runs/dcgan-mnist-1/
config.json    variant, preset, resolved options, data, system
metrics.jsonl  one line a tick          samples/       grids of the same latents
checkpoints/   see checkpoint.py        curves.png, progress.png
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import filelock

from ganzoo.core.data_spec import DataSpec
from ganzoo.errors import RunError
from ganzoo.runs.checkpoint import CheckpointStore
from ganzoo.runs.config import RunConfig
from ganzoo.runs.journal import Journal
from ganzoo.utils.places import CONFIG, RUNS

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
    def create(cls, config: RunConfig, out: Path | None) -> Run:
        """Make `out`, or the next free `runs/VARIANT-DATA-N`, and write the config into it.

        Raises:
            RunError: If `out` exists and is not an empty directory, or cannot be made.
        """
        try:
            path = _next_free(f"{config.variant}-{config.spec.name}") if out is None else _claim(out)
            config.write(path / CONFIG)
        except OSError as error:
            raise RunError(f"the run directory cannot be written: {error.filename}: {error.strerror}") from error
        return cls(path, config)

    @classmethod
    def open(cls, path: Path) -> Run:
        """Open an existing run.

        Raises:
            RunError: If there is none, or its config cannot be used: file, field, what was seen and what is allowed.
        """
        if not path.exists() and len(path.parts) == 1 and (RUNS / path).is_dir():
            path = RUNS / path
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
            RunError: If another process holds it.
        """
        lock = filelock.FileLock(self.path / ".lock")
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout as error:
            raise RunError(f"{self.path} is being trained by another process: wait for it, or stop it first") from error
        try:
            yield
        finally:
            lock.release()

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
        return CheckpointStore(self.path / "checkpoints", self.config.training.keep)

    def listing(self) -> Listing:
        """The run among models."""
        from ganzoo.registry.stores.protocol import Listing

        return Listing(str(self.path), self.config.variant, self.spec.name, self.spec.shape, where="run")

    def samples(self) -> list[Path]:
        """Sample grids, oldest first."""
        return sorted(path for path in (self.path / "samples").glob("*.png") if path.stem.isdigit())

    def status(self) -> str:
        """One word or two: `running`, `finished`, `diverged`, `stopped`, `no checkpoint`, `broken journal`.

        Reads no weights.
        """
        try:
            with self.locked():
                pass
        except RunError:
            return "running"
        try:
            if self.journal.diverged():
                return "diverged"
        except RunError:
            # Whoever reads the journal is told which line; a list of runs has the others to show.
            return "broken journal"
        if self.images() == 0:
            return "no checkpoint"
        return "finished" if self.images() >= self.total_images else "stopped"

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


def _next_free(name: str) -> Path:
    RUNS.mkdir(exist_ok=True)
    number = 1
    while True:
        path = RUNS / f"{name}-{number}"
        try:
            # mkdir and not exists(): two trainings that start together get two directories.
            path.mkdir()
            return path
        except FileExistsError:
            number += 1


def _claim(path: Path) -> Path:
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise RunError(f"{path} exists already: give another --out, or `ganzoo resume {path}` to go on with it")
    path.mkdir(parents=True, exist_ok=True)
    return path
