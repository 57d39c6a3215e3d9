"""`Sampler`: an endless shuffled stream of real batches, which resumes at any position."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cached_property

import torch
from torch import Tensor

from ganzoo.data.dataset import Dataset
from ganzoo.data.order import Coins, Order
from ganzoo.data.stream import Stream


class Sampler:
    """Draws batches of a data set, each epoch in a new order; a batch may span epochs.

    The samples drawn depend on the seed and the position alone, not on the batch sizes, the device or whether the
    set is resident or streams. Torch's global random generators are never touched.

    Where samples are made of source images, these are a stream of their own: that of paired data goes along with the
    samples, that of unpaired data has its own order.

    Args:
        dataset: What to draw from.
        seed: Of the order.
        mirror: Flip half of the images left to right, each time again; a source as the sample that it belongs to.
        share: As of `Order`: what of each batch is drawn here.

    Attributes:
        dataset: As given.
        position: Samples drawn so far.
    """

    def __init__(self, dataset: Dataset, seed: int, *, mirror: bool = False, share: tuple[int, int] = (0, 1)) -> None:
        self.position = 0
        self.dataset = dataset
        self._seed, self._share = seed, share
        self._order = Order(len(dataset), seed, dataset.device, share)
        self._flips = Coins(len(dataset), seed, dataset.device, share) if mirror else None
        self._stream: Stream | None = None
        if dataset.reader is not None:
            # It reads ahead, maybe into the next epoch, so it has an order of its own.
            ahead = Order(len(dataset), seed, torch.device("cpu"), share)
            self._stream = Stream(dataset.reader, ahead, dataset.workers, pin=dataset.device.type == "cuda")
        self._sources: Sampler | None = None
        if dataset.sources is not None:
            paired = dataset.spec.pairing == "paired"
            self._sources = Sampler(dataset.sources, seed if paired else _other(seed), mirror=mirror, share=share)

    @cached_property
    def _fresh(self) -> Sampler:
        """Sources that go with no samples: of unpaired data those that come next, of pairs some of any."""
        assert self._sources is not None
        paired = self.dataset.spec.pairing == "paired"
        if not paired:
            return self._sources
        return Sampler(self._sources.dataset, _other(self._seed), mirror=self._flips is not None, share=self._share)

    def next(self, batch_size: int) -> tuple[Tensor, Tensor | None]:
        """Draw a batch.

        Args:
            batch_size: n; may change from call to call, and may exceed the number of samples. Its share is drawn.

        Returns:
            Reals float32 on the data set's device, as its modality shows them to networks: images `(n, C, H, W)` in
            [-1, 1], vectors `(n, D)` as they are; and what they have beside them: sources `(n, *source.shape)` in
            [-1, 1], labels `(n,)` int64, or None.

        Raises:
            DataError: If a file of a streaming set can no longer be read.
        """
        dataset = self.dataset
        indices = self._order.take(self.position, batch_size)
        if self._stream is None:
            samples = dataset.gather(indices)
        else:
            samples = self._stream.take(self.position, batch_size).to(dataset.device, non_blocking=True)
        if self._flips is not None:
            flip = self._flips.take(self.position, batch_size)
            samples = torch.where(flip.view(-1, *(1,) * (samples.dim() - 1)), samples.flip(-1), samples)
        self.position += batch_size
        reals = dataset.to_network(samples)
        if self._sources is not None:
            return reals, self._sources.next(batch_size)[0]
        return reals, None if dataset.labels is None else dataset.labels.index_select(0, indices)

    def sources(self, batch_size: int) -> Tensor:
        """Draw source images `(n, *source.shape)` in [-1, 1] that go with no samples, of a set that has sources."""
        return self._fresh.next(batch_size)[0]

    def state(self) -> dict[str, int]:
        """What `restore` needs, besides the same data set and seed."""
        if self._sources is None:
            return {"position": self.position}
        return {"position": self.position, "sources": self._sources.position, "fresh": self._fresh.position}

    def restore(self, state: Mapping[str, int]) -> None:
        """Go on from a `state`."""
        self.position = state["position"]
        if self._sources is not None:
            self._sources.position, self._fresh.position = state["sources"], state["fresh"]

    def close(self) -> None:
        """End the worker processes of a streaming set. The sampler can still be used: they start again."""
        if self._stream is not None:
            self._stream.close()
        if self._sources is not None:
            self._sources.close()
            self._fresh.close()


def _other(seed: int) -> int:
    """A seed for an order that has nothing to do with that of `seed`."""
    return int.from_bytes(hashlib.sha256(f"{seed}/sources".encode()).digest()[:7], "little")
