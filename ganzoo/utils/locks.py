"""One process at a time, and nobody who waits without a word or without an end."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ganzoo.errors import RegistryError

SILENT_S = 3.0
"""Others that are quick are waited for without a word."""
LONGEST_S = 600.0
"""The longest wait. Who holds a lock for longer is slow, or was stopped and will not let go by itself."""


@contextmanager
def waiting_lock(path: Path, what: str) -> Iterator[None]:
    """Hold a lock; the system lets go when the process ends, however it ends.

    Args:
        path: Of the lock's file, in an existing folder.
        what: What the other process is about, for messages: "pulls org/zoo".

    Raises:
        RegistryError: If another process holds it for `LONGEST_S`.
        OSError: If it cannot be written.
    """
    # Not at the top: lists of models wait for this module.
    import filelock

    lock = filelock.FileLock(path)
    try:
        lock.acquire(timeout=SILENT_S)
    except filelock.Timeout:
        logging.getLogger("ganzoo").warning(
            "another process %s; waiting for it, for %.0f s at most (Ctrl-C ends the wait)", what, LONGEST_S
        )
        try:
            lock.acquire(timeout=LONGEST_S)
        except filelock.Timeout as error:
            raise RegistryError(
                f"another process {what}, for more than {LONGEST_S:.0f} s now: if it was stopped, let it go on or end "
                f"it (`lsof {path}` names it), then try again"
            ) from error
    try:
        yield
    finally:
        lock.release()
