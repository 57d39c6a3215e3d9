"""Sets that do not stay on the device: batches are read by DataLoader workers, ahead of the training."""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections.abc import Iterator
from multiprocessing.context import BaseContext
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset

from ganzoo.data.decode import attempt
from ganzoo.data.images import BadImageError, Fit, Prepared
from ganzoo.data.order import Order
from ganzoo.data.sources.base import Source
from ganzoo.errors import DataError

Batch = Tensor | str
"""Images uint8 `(n, C, H, W)`, or the sentence of an error: an exception would arrive with a worker's traceback."""


_WAITS = (0.2, 1.0, 4.0)
"""Seconds between the tries to read an image."""

# How a dead worker shows depends on what it was doing.
_DEATHS = (RuntimeError, OSError, EOFError)


class HeldImages(TorchDataset[Batch]):
    """Images in the host's memory or mapped from the cache, `(N, C, H, W)`: nothing is decoded, so no workers."""

    needs_workers = False

    def __init__(self, images: Tensor) -> None:
        self.images = images

    def __getitem__(self, indices: list[int]) -> Batch:
        # Twice as fast as indexing with a list.
        return self.images.index_select(0, torch.tensor(indices))


class FileImages(TorchDataset[Batch]):
    """Images that are decoded each time they are drawn."""

    needs_workers = True

    def __init__(self, source: Source, indices: NDArray[np.int64], fit: Fit) -> None:
        self.source, self.indices, self.fit = source, indices, fit

    def __getitem__(self, indices: list[int]) -> Batch:
        images = []
        for index in indices:
            outcome = self._read(int(self.indices[index]))
            if isinstance(outcome, BadImageError):
                return f"{outcome}; it could be used when the run began"
            images.append(torch.tensor(outcome.pixels))
        return torch.stack(images)

    def _read(self, index: int) -> Prepared | BadImageError:
        """An image that could be read before may be on a disk that is not there for a moment."""
        for seconds in _WAITS:
            outcome = attempt(self.source, self.fit, index)
            if not isinstance(outcome, BadImageError):
                return outcome
            time.sleep(seconds)
        return attempt(self.source, self.fit, index)


Reader = HeldImages | FileImages


def read(reader: Reader, indices: list[int]) -> Tensor:
    """Read a batch here and now."""
    return checked(reader[indices])


def checked(batch: Batch) -> Tensor:
    """Raise the sentence that came in place of a batch."""
    if isinstance(batch, str):
        raise DataError(batch)
    return batch


class Stream:
    """Reads the batches of an `Order` ahead of their use. It restarts when it is asked for anything else."""

    def __init__(self, reader: Reader, order: Order, workers: int, pin: bool) -> None:
        self._reader, self._order, self._pin = reader, order, pin
        self._workers = workers if reader.needs_workers else 0
        self._batches: Iterator[Batch] = iter(())
        self._expected = (-1, -1)

    def take(self, position: int, count: int) -> Tensor:
        """The images `position` to `position + count - 1` of the endless stream, on the host."""
        if self._expected != (position, count):
            self._start(position, count)
        try:
            batch = next(self._batches)
        except _DEATHS:
            # The end of a cluster's time slot is signalled to all processes, and the training still needs batches
            # until it has saved its checkpoint. New workers give the same ones.
            self._start(position, count)
            try:
                batch = next(self._batches)
            except _DEATHS as error:
                self.close()
                raise DataError(
                    "processes that stream images end as soon as they start, perhaps for want of memory: "
                    f"--workers 0 does without them ({str(error) or type(error).__name__})"
                ) from error
        self._expected = (position + count, count)
        return checked(batch)

    def close(self) -> None:
        """End the workers."""
        self._batches = iter(())
        self._expected = (-1, -1)

    def _start(self, position: int, count: int) -> None:
        self.close()
        self._batches = iter(self._loader(position, count))

    def _loader(self, position: int, count: int) -> DataLoader[Batch]:
        options: dict[str, Any] = {}
        if self._workers:
            options = {"multiprocessing_context": _context(), "worker_init_fn": _ignore_interrupt, "prefetch_factor": 4}
        return DataLoader(
            self._reader,
            batch_size=None,  # each "index" of the sampler is the list of a whole batch
            sampler=_Lists(self._order, position, count),
            num_workers=self._workers,
            pin_memory=self._pin,
            # Otherwise each loader would draw the seed of its workers from torch's global generator.
            generator=torch.Generator(),
            **options,
        )


def _context() -> BaseContext:
    # Not "fork": a process with threads (torch's own) that forks can deadlock, and Python 3.12 warns of it.
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    # The server imports torch once, so that workers are there at once, also when a new stage starts new ones.
    context.set_forkserver_preload([__name__])
    return context


def _ignore_interrupt(worker: int) -> None:
    # Ctrl-C, and the end of a terminal, reach every process of it; it is for the training to decide when to end.
    for name in ("SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(signal.Signals[name], signal.SIG_IGN)


class _Lists(torch.utils.data.Sampler[list[int]]):
    def __init__(self, order: Order, position: int, count: int) -> None:
        self._order, self._position, self._count = order, position, count

    def __iter__(self) -> Iterator[list[int]]:
        position = self._position
        while True:
            yield self._order.take(position, self._count).tolist()
            position += self._count
