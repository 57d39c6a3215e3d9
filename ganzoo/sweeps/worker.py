"""One run of a sweep, in a process of its own: `python -m ganzoo.sweeps.worker`.

A job comes as one line of JSON on stdin, which stays open: its end means that whoever asked is gone, and stops the run
as SIGTERM does. How far the run is goes to stdout, a line of JSON each. What is printed otherwise goes to stderr.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any, TextIO

import filelock

from ganzoo import api, plugins
from ganzoo.errors import GanzooError, said
from ganzoo.runs.observers.display import QuietDisplay
from ganzoo.runs.run import Run
from ganzoo.utils.places import CONFIG
from ganzoo.utils.text import shown

BUSY = 75
"""Exit code: another process is at this run."""

_EVERY_SECONDS = 0.3


class _Reporter(QuietDisplay):
    """Writes the part of the run that is done."""

    def __init__(self, out: TextIO) -> None:
        self._out, self._next = out, 0.0

    def start(self, title: str, images: int, total: int) -> None:
        self._total = total
        self.advance(images)

    def advance(self, images: int) -> None:
        if (now := time.monotonic()) >= self._next:
            self._next = now + _EVERY_SECONDS
            print(json.dumps({"done": min(images / self._total, 1.0)}), file=self._out, flush=True)

    def log(self, text: str) -> None:
        print(shown(text), file=sys.stderr)


def main() -> int:
    """Train, or go on with, the run of the job on stdin; gives the exit code."""
    out = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    # Whatever else prints, also a library in C, prints into the log.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    job = json.loads(sys.stdin.readline())
    threading.Thread(target=_stop_at_the_end_of_input, daemon=True).start()
    plugins.leave_out(job["left_out"])
    try:
        with filelock.FileLock(job["lock"], timeout=0):
            return _work(Path(job["run"]), job, _Reporter(out))
    except filelock.Timeout:
        return BUSY
    except GanzooError as error:
        print(json.dumps({"failed": str(error)}), file=out, flush=True)
        return 1
    except Exception as error:
        print(shown(traceback.format_exc()), file=sys.stderr)
        print(json.dumps({"failed": said(error)}), file=out, flush=True)
        return 1


def _work(path: Path, job: dict[str, Any], display: _Reporter) -> int:
    if (path / CONFIG).exists():
        if Run.open(path).is_held():
            # `ganzoo resume` by hand, or what is left of a sweep that was killed.
            return BUSY
        api.resume(path, display=display)
    else:
        # A kill before there was a config leaves a folder that no run may be made in.
        shutil.rmtree(path, ignore_errors=True)
        api.train(job["variant"], preset=job["preset"], out=path, display=display, **job["options"])
    return 0


def _stop_at_the_end_of_input() -> None:
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
