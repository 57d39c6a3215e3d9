"""`Sampler`: an endless shuffled stream of real batches, which resumes at any position."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from ganzoo.data.dataset import Dataset
from ganzoo.data.order import Order
from ganzoo.data.stream import Stream


class Sampler:
    """Draws batches of a data set, each epoch in a new order; a batch may span epochs.

    The samples drawn depend on the seed and the position alone, not on the batch sizes, the device or whether the
    set is resident or streams. Torch's global random generators are never touched.

    Args:
        dataset: What to draw from.
        seed: Of the order.

    Attributes:
        dataset: As given.
        position: Samples drawn so far.
    """

    def __init__(self, dataset: Dataset, seed: int) -> None:
        self.position = 0
        self.dataset = dataset
        self._order = Order(len(dataset), seed, dataset.device)
        self._stream: Stream | None = None
        if dataset.reader is not None:
            # It reads ahead, maybe into the next epoch, so it has an order of its own.
            ahead = Order(len(dataset), seed, torch.device("cpu"))
            self._stream = Stream(dataset.reader, ahead, dataset.workers, pin=dataset.device.type == "cuda")

    def next(self, batch_size: int) -> tuple[Tensor, Tensor | None]:
        """Draw a batch.

        Args:
            batch_size: n; may change from call to call, and may exceed the number of samples.

        Returns:
            Reals float32 on the data set's device, as its modality shows them to networks: images `(n, C, H, W)` in
            [-1, 1], vectors `(n, D)` as they are; and labels `(n,)` int64, or None.

        Raises:
            DataError: If a file of a streaming set can no longer be read.
        """
        dataset = self.dataset
        indices = self._order.take(self.position, batch_size)
        if self._stream is None:
            samples = dataset.gather(indices)
        else:
            samples = self._stream.take(self.position, batch_size).to(dataset.device, non_blocking=True)
        self.position += batch_size
        return dataset.to_network(samples), None if dataset.labels is None else dataset.labels.index_select(0, indices)

    def state(self) -> dict[str, int]:
        """What `restore` needs, besides the same data set and seed."""
        return {"position": self.position}

    def restore(self, state: Mapping[str, int]) -> None:
        """Go on from a `state`."""
        self.position = state["position"]

    def close(self) -> None:
        """End the worker processes of a streaming set. The sampler can still be used: they start again."""
        if self._stream is not None:
            self._stream.close()
