"""Many runs in parallel processes. Imports no torch: a worker imports it after its threads are set."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any

from ganzoo.bench.plan import Result, Run
from ganzoo.errors import GanzooError, TrainingInterrupted
from ganzoo.runs.signals import StopSignals

_POLL_SECONDS = 0.2


class _Stopped(Exception):
    """The parent asked the workers to end their runs."""


def run_all(
    runs: list[Run], processes: int, *, finished: Callable[[Result], None], advanced: Callable[[int], None]
) -> None:
    """Do the runs, each in a process with one thread.

    Args:
        runs: In the order in which they are begun.
        processes: At once.
        finished: Takes each result as soon as it is there, also those that end while the rest is being stopped.
        advanced: Told the steps of all runs so far, several times a second.

    Raises:
        TrainingInterrupted: After SIGINT or SIGTERM, once the workers have ended.
        GanzooError: If a worker was killed.
    """
    context = multiprocessing.get_context("spawn")
    stop, steps = context.Event(), context.RawArray("Q", len(runs))
    pool = ProcessPoolExecutor(min(processes, len(runs)), context, _begin, (stop, steps, os.getpid()))
    with StopSignals() as signals:
        try:
            with _interrupts_held():
                waiting = {pool.submit(_work, index, run) for index, run in enumerate(runs)}
            while waiting:
                waiting = _collect(waiting, finished)
                advanced(sum(steps))
                if signals.received and not stop.is_set():
                    stop.set()
                    waiting = {future for future in waiting if not future.cancel()}
        except BrokenProcessPool as error:
            if not signals.received:
                raise GanzooError(
                    "a worker was killed, perhaps because memory ran out: try fewer --processes"
                ) from error
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)
        if signals.received:
            raise TrainingInterrupted(f"stopped by {signals.received.name}", 128 + signals.received)


def _collect(waiting: set[Future[Result | None]], finished: Callable[[Result], None]) -> set[Future[Result | None]]:
    done, rest = wait(waiting, _POLL_SECONDS, FIRST_COMPLETED)
    # Those that were stopped have no result, and a broken pool breaks all that were not done: first what there is.
    for future in sorted(done, key=lambda future: future.exception() is not None):
        result = future.result()
        if result is not None:
            finished(result)
    return rest


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Processes that begin now never see Ctrl-C, which a terminal sends to all; the parent tells them to stop."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# What a worker process was begun with.
_shared: Any = None


def _begin(*shared: Any) -> None:
    global _shared
    _shared = shared
    # Before torch is imported, which then makes no threads: on few cores, two busy teams of them starve each other.
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")


def _work(index: int, run: Run) -> Result | None:
    stop, steps, parent = _shared

    def advanced(count: int) -> None:
        steps[index] = count
        if os.getppid() != parent:
            # It was killed: nobody waits for the result, and nobody would end this process.
            os._exit(1)
        if stop.is_set():
            raise _Stopped

    try:
        advanced(0)
        from ganzoo.bench.modes import run_one

        return run_one(run, advanced)
    except _Stopped:
        return None
