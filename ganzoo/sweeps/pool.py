"""Runs in processes of their own, several at a time. Imports no torch."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ganzoo.plugins import left_out
from ganzoo.sweeps.worker import BUSY

_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended.

    Args:
        run: The run's directory.
        busy: Another process is at it, so nothing was done.
        failure: What went wrong, in a sentence; empty: nothing.
    """

    run: Path
    busy: bool
    failure: str


class Pool:
    """Processes that each do one run with one thread.

    Use it as a context manager: whatever ends it ends its processes, and each saves a checkpoint first.

    Args:
        size: Of them at once.
        logs: Folder for what they print, a file a run.
    """

    def __init__(self, size: int, logs: Path) -> None:
        self.size, self._logs = size, logs
        self._processes: dict[Future[Ended], subprocess.Popen[str]] = {}
        self._done: dict[Path, float] = {}
        self._threads = ThreadPoolExecutor(size)

    @property
    def free(self) -> bool:
        """Whether another can be started."""
        return len(self._processes) < self.size

    @property
    def running(self) -> int:
        """How many are at work."""
        return len(self._processes)

    @property
    def done(self) -> float:
        """What is done of the runs at work, in runs."""
        return sum(self._done.values())

    def start(self, run: Path, lock: Path, variant: str, preset: str | None, options: dict[str, Any]) -> None:
        """Begin a run, or go on with it."""
        job = {"run": str(run), "lock": str(lock), "variant": variant, "preset": preset, "options": options}
        self._logs.mkdir(parents=True, exist_ok=True)
        with (self._logs / f"{run.name}.txt").open("a", encoding="utf-8") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "ganzoo.sweeps.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                encoding="utf-8",
                env={**os.environ, **_ONE_THREAD},
                # A terminal's Ctrl-C goes to this process alone, which then ends the others.
                start_new_session=True,
            )
        assert process.stdin is not None
        with suppress(BrokenPipeError):
            process.stdin.write(json.dumps({**job, "left_out": left_out()}) + "\n")
            process.stdin.flush()
        self._processes[self._threads.submit(self._follow, run, process)] = process

    def wait(self, seconds: float) -> list[Ended]:
        """Those that ended; at the latest after so many seconds."""
        ended = wait(self._processes, seconds, FIRST_COMPLETED).done
        for future in ended:
            del self._processes[future]
        return [future.result() for future in ended]

    def stop(self) -> None:
        """Ask all to save a checkpoint and end."""
        for process in self._processes.values():
            assert process.stdin is not None
            with suppress(OSError):
                process.stdin.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()
        if kind is KeyboardInterrupt:
            for process in self._processes.values():
                process.kill()
        self._threads.shutdown()

    def _follow(self, run: Path, process: subprocess.Popen[str]) -> Ended:
        failure = ""
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                said = json.loads(line)
                failure = said.get("failed", failure)
                self._done[run] = said.get("done", 0.0)
        code = process.wait()
        self._done.pop(run, None)
        with suppress(OSError):
            process.stdin.close()  # type: ignore[union-attr]
        if code < 0:
            failure = f"killed by {signal.Signals(-code).name}, perhaps because memory ran out: try fewer --jobs"
        elif code not in (0, BUSY) and not failure:
            failure = f"ended with exit code {code}: {self._logs / run.name}.txt"
        return Ended(run, code == BUSY, failure)
