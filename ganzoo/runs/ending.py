"""How a training ends: one path for whatever ends it. What can still be saved is saved, and what goes on is said."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ganzoo import plugins
from ganzoo.errors import (
    CheckpointError,
    GanzooError,
    PluginError,
    ProcessEnded,
    RunError,
    TrainingDiverged,
    TrainingInterrupted,
    said,
)
from ganzoo.runs.run import Run
from ganzoo.runs.signals import Stopped
from ganzoo.utils.shell import typed

# What torch says where a CPU's memory runs out, as a RuntimeError.
_NO_MEMORY = ("can't allocate memory", "out of memory")


@contextmanager
def ending(run: Run, save: Callable[[], Path], images: Callable[[], int], begun: Callable[[], bool]) -> Iterator[None]:
    """The training runs in here.

    Args:
        run: Which one.
        save: Saves a checkpoint of this moment.
        images: Images shown so far.
        begun: Whether there is anything to save: a round has ended.

    Raises:
        TrainingInterrupted: After a signal.
        KeyboardInterrupt: As it comes; nothing was saved, because that was asked for twice.
        GanzooError: After anything else. The message ends with what is saved, and with the command that goes on.
    """
    try:
        yield
    except KeyboardInterrupt as error:
        raise KeyboardInterrupt(f"stopped at once at {images():,} images; {last_good(run)}{go_on(run)}") from error
    except (TrainingDiverged, CheckpointError, ProcessEnded) as error:
        # What is left to be saved is no good, or there is no room for it, or others have a part of it.
        raise type(error)(f"{_clause(str(error))}; {last_good(run)}{go_on(run)}") from error
    except Stopped as error:
        saved = _saved(run, save)
        raise TrainingInterrupted(
            f"stopped by {error.received.name} at {images():,} images; {saved}{go_on(run)}", 128 + error.received
        ) from None
    # Whatever it is, it must not cost the work of hours.
    except (Exception, SystemExit) as error:
        if _ran_out_of_memory(error):
            # The frames hold what did not fit.
            traceback.clear_frames(error.__traceback__)
        told = _told(error)
        saved = _saved(run, save) if begun() else last_good(run)
        raise type(told)(f"{_clause(str(told))}; at {images():,} images {saved}{go_on(run)}") from error


def last_good(run: Run) -> str:
    """What there is of a run, for a message."""
    good = run.checkpoints.newest_valid()
    return f"the last good checkpoint is {good}" if good else "there is no checkpoint before it"


def go_on(run: Run) -> str:
    """A sentence with the command that goes on with a run; empty where there is nothing to go on with."""
    return "" if run.is_empty() else f". Go on with: {typed('ganzoo', 'resume', run.path)}"


def _saved(run: Run, save: Callable[[], Path]) -> str:
    try:
        return f"saved as {save()}"
    except TrainingDiverged:
        raise
    except Exception as error:
        return f"it could not be saved ({_clause(said(error))}); {last_good(run)}"


def _told(error: BaseException) -> GanzooError:
    """What ended the training, as an error that is a sentence."""
    if isinstance(error, GanzooError):
        return error
    if _ran_out_of_memory(error):
        first = said(error).split("\n")[0][:200]
        return RunError(f"memory ran out ({first}): free some, or start a run with a smaller --batch-size")
    raised = said(error)
    for module in _modules(error):
        for record in plugins.registry().records:
            if module == record.package.partition(".")[0] and not record.builtin:
                version = f"{record.distribution} {record.version}".strip()
                return PluginError(f"the plugin {record.name!r} ({version}) raised {raised} (--debug shows where)")
    if isinstance(error, OSError):
        return RunError(f"{error.filename or 'a file'} cannot be read or written ({error.strerror or said(error)})")
    return RunError(f"{raised}. This is a bug in ganzoo or in a plugin; --debug shows where")


def _modules(error: BaseException) -> list[str]:
    """Top-level packages of the code that raised, the innermost first."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    return [str(frame.f_globals.get("__name__", "")).partition(".")[0] for frame in reversed(frames)]


def _ran_out_of_memory(error: BaseException) -> bool:
    return isinstance(error, MemoryError) or (
        isinstance(error, RuntimeError) and any(words in said(error) for words in _NO_MEMORY)
    )


def _clause(sentence: str) -> str:
    """A sentence that goes on."""
    return sentence.rstrip().removesuffix(".")
