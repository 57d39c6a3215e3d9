"""`new_run`: a run's directory, made when everything is ready and gone again where nothing came of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ganzoo.errors import RunError
from ganzoo.runs.config import RunConfig
from ganzoo.runs.run import Run
from ganzoo.utils.places import CONFIG, RUNS
from ganzoo.utils.shell import typed


@contextmanager
def new_run(config: RunConfig, out: Path | None) -> Iterator[Run]:
    """Make `out`, or the next free `runs/VARIANT-DATA-N`, with the config in it.

    If what is done with it raises before there is anything to keep, all that was made is gone again.

    Raises:
        RunError: If `out` exists and is not an empty directory, or cannot be made.
    """
    path, made = _next_free(f"{config.variant}-{config.spec.name}") if out is None else _claim(out)
    run = Run(path, config)
    try:
        try:
            config.write(path / CONFIG)
        except OSError as error:
            raise _not_made(path, error) from error
        yield run
    except BaseException:
        if run.is_empty():
            _remove(path, made)
        raise


def refuse_taken(path: Path) -> None:
    """Refuse a directory that no run can be made in.

    Raises:
        RunError: If it is not an empty directory.
    """
    try:
        taken = path.is_symlink() or path.exists()
        free = not taken or (path.is_dir() and not any(path.iterdir()))
    except OSError as error:
        raise _not_made(path, error) from error
    if not free:
        advice = f", or `{typed('ganzoo', 'resume', path)}` to go on with it" if (path / CONFIG).is_file() else ""
        raise RunError(f"{path} exists already: give another --out{advice}")


def _next_free(name: str) -> tuple[Path, list[Path]]:
    number = 1
    while True:
        path = RUNS / f"{name}-{number}"
        try:
            # mkdir and not exists(): two trainings that start together get two directories.
            return path, _make(path, exist_ok=False)
        except FileExistsError:
            number += 1
        except OSError as error:
            raise _not_made(path, error) from error


def _claim(path: Path) -> tuple[Path, list[Path]]:
    refuse_taken(path)
    try:
        return path, _make(path, exist_ok=True)
    except OSError as error:
        raise _not_made(path, error) from error


def _make(path: Path, *, exist_ok: bool) -> list[Path]:
    """Make a directory; gives it and those above it that were made too, the innermost first."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    try:
        path.mkdir(parents=True, exist_ok=exist_ok)
    except FileExistsError:
        raise
    except OSError:
        _remove(None, missing)
        raise
    return missing


def _remove(path: Path | None, made: list[Path]) -> None:
    """Empty a run's directory, and remove the directories that were made, unless there is something in them."""
    for child in path.iterdir() if path else ():
        if child.is_dir() and not child.is_symlink():
            shutil.rmtree(child, ignore_errors=True)
        else:
            with suppress(OSError):
                child.unlink()
    for folder in made:
        with suppress(OSError):
            folder.rmdir()


def _not_made(path: Path, error: OSError) -> RunError:
    return RunError(f"the run directory cannot be written: {error.filename or path}: {error.strerror or error}")
