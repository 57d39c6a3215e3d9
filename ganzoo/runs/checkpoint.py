"""Checkpoints: folders of safetensors and JSON that are whole or not there.

    checkpoints/0000128000/
      generator.safetensors, discriminator.safetensors, ema.safetensors,
      generator_optimizer.safetensors, discriminator_optimizer.safetensors, random.safetensors,
      state.json       counters, sampler, stage
      manifest.json    size and sha256 of every other file; written last

A checkpoint is written beside its place, synced and renamed. It is valid if it has its manifest and every file
has the size and the sha256 that the manifest names: safetensors by itself notices neither a flipped bit nor NaN.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganzoo.errors import CheckpointError
from ganzoo.utils.digests import damage_in
from ganzoo.utils.files import read_regular, sync_folder, write_atomically, write_synced

if TYPE_CHECKING:
    from torch import Tensor

    from ganzoo.engine.training import Tensors


MANIFEST = "manifest.json"
STATE = "state.json"
CHECKPOINTS = "checkpoints"
"""Their folder in a run."""

_COUNTERS: dict[str, tuple[tuple[type, ...], float, float]] = {
    "images": ((int,), 0, 10**18),
    "seconds": ((int, float), 0, 1e15),
    "resolution": ((int,), 1, 2**14),
    "fade": ((int, float), 0, 1),
}
"""Of the state: types, least and largest value."""

BEST = "best"
"""File with the name of the best checkpoint, where the run is evaluated."""


@contextmanager
def fitting(checkpoint: Path) -> Iterator[None]:
    """In here a checkpoint is loaded: that it does not fit is said in one sentence.

    Raises:
        CheckpointError: If so.
    """
    try:
        yield
    except CheckpointError:
        raise
    except (RuntimeError, LookupError, ValueError, TypeError, AttributeError, ArithmeticError, OSError) as error:
        raise CheckpointError(f"{checkpoint} does not fit the run's config: {' '.join(str(error).split())}") from error


class CheckpointStore:
    """The checkpoints of one run.

    Args:
        folder: `RUN/checkpoints`; made when the first is saved.
        keep: How many to keep; the oldest go first.
    """

    def __init__(self, folder: Path, keep: int) -> None:
        self.folder = folder
        self.keep = keep

    def paths(self) -> list[Path]:
        """All checkpoints, oldest first, valid or not."""
        if not self.folder.is_dir():
            return []
        return sorted(path for path in self.folder.iterdir() if path.is_dir() and _is_number(path.name))

    def newest(self) -> Path | None:
        """The newest checkpoint by name, unverified: for listings, where hashing every file would take too long."""
        return next((path for path in reversed(self.paths()) if (path / MANIFEST).is_file()), None)

    def newest_valid(
        self, report: Callable[[str], None] = lambda _: None, names: Iterable[str] | None = None
    ) -> Path | None:
        """The newest checkpoint that is whole; each broken one that is newer is named through `report`.

        Args:
            report: Takes a sentence.
            names: As for `damage_of`.
        """
        for path in reversed(self.paths()):
            damage = damage_of(path, names)
            if not damage:
                return path
            report(f"checkpoint {path} is broken ({damage}): it is skipped, and the one before it is used")
        return None

    def save(self, images: int, tensors: Tensors, state: dict[str, Any]) -> Path:
        """Write a checkpoint, then drop those that are too many.

        Raises:
            CheckpointError: If it could not be written in full. Older checkpoints are untouched.
        """
        target = self.folder / f"{images:010d}"
        aside = self.folder / f".writing-{images:010d}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._remove_unfinished()
            aside.mkdir()
            _write_files(aside, tensors, state)
            if target.exists():
                # Only a broken one, or one of the same moment, can be in the way.
                target.rename(self.folder / f".replaced-{images:010d}")
            aside.rename(target)
            sync_folder(self.folder)
        except OSError as error:
            raise CheckpointError(f"checkpoint {target} could not be written ({error.strerror or error})") from error
        finally:
            self._remove_unfinished()
        self._prune()
        return target

    def mark_best(self, path: Path) -> None:
        """Remember the best checkpoint: it is kept, however old it gets."""
        write_atomically(self.folder / BEST, f"{path.name}\n")
        self._prune()

    def best(self) -> Path | None:
        """The checkpoint that was marked, if it is there."""
        try:
            name = read_regular(self.folder / BEST).decode("ascii").strip()
        except (OSError, ValueError):
            return None
        path = self.folder / name
        return path if _is_number(name) and path.is_dir() else None

    def _prune(self) -> None:
        best = self.best()
        for old in self.paths()[: -self.keep]:
            if old != best:
                shutil.rmtree(old, ignore_errors=True)

    def _remove_unfinished(self) -> None:
        for leftover in self.folder.glob(".*-*"):
            kind, _, name = leftover.name.rpartition("-")
            if kind == ".replaced" and not (self.folder / name).exists():
                # What was to take its place never came.
                leftover.rename(self.folder / name)
            else:
                shutil.rmtree(leftover, ignore_errors=True)


def damage_of(path: Path, names: Iterable[str] | None = None) -> str:
    """What is wrong with a checkpoint folder; empty if it is whole.

    Args:
        path: Of the folder.
        names: What is wanted of its tensors, as `ema`: only these files and the counters are read; None: all.
    """
    wanted = None if names is None else [STATE, *(f"{name}.safetensors" for name in names)]
    try:
        listed = json.loads(read_regular(path / MANIFEST))["files"]
        files = {name: (entry["size"], entry["sha256"]) for name, entry in listed.items()}
        for name in (STATE, *(wanted or ())):
            if name not in files:
                return f"{MANIFEST} does not name {name}"
        return damage_in(path, files, MANIFEST, wanted)
    except OSError as error:
        return f"{error.filename and Path(error.filename).name}: {error.strerror}"
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return f"{MANIFEST} cannot be read"


def load_tensors(path: Path, name: str) -> dict[str, Tensor]:
    """The tensors of one file of a checkpoint, on the CPU."""
    import safetensors.torch

    try:
        return safetensors.torch.load_file(path / f"{name}.safetensors")
    except safetensors.SafetensorError as error:
        raise CheckpointError(f"{path / name}.safetensors cannot be read: {error}") from error


def load_state(path: Path) -> dict[str, Any]:
    """The counters of a checkpoint.

    Raises:
        CheckpointError: If they are none: field and value.
    """
    try:
        state = json.loads(read_regular(path / STATE))
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(f"{path / STATE} cannot be read: {error}") from error
    if not isinstance(state, dict):
        raise CheckpointError(f"{path / STATE} must hold a JSON object, and holds {state!r:.80}")
    for name, (kinds, least, most) in _COUNTERS.items():
        value: Any = state.get(name)
        if type(value) not in kinds or not least <= value <= most:
            raise CheckpointError(f"{path / STATE}: {name} (={value!r:.80}) must be a number from {least} to {most}")
    if state["images"] != int(path.name):
        raise CheckpointError(
            f"{path / STATE}: images (={state['images']}) must be {int(path.name)}, as its folder says"
        )
    return state


def _write_files(folder: Path, tensors: Tensors, state: dict[str, Any]) -> None:
    import safetensors.torch

    files = {}
    for name, named in tensors.items():
        # Cloned one by one: safetensors refuses tensors that share memory or are not contiguous.
        owned = {key: tensor.detach().cpu().contiguous().clone() for key, tensor in named.items()}
        files[f"{name}.safetensors"] = _write(folder / f"{name}.safetensors", safetensors.torch.save(owned))
    files[STATE] = _write(folder / STATE, json.dumps(state, indent=1).encode())
    _write(folder / MANIFEST, json.dumps({"files": files}, indent=1).encode())
    sync_folder(folder)


def _write(path: Path, data: bytes) -> dict[str, Any]:
    write_synced(path, data)
    return {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def _is_number(name: str) -> bool:
    return name.isascii() and name.isdigit()
