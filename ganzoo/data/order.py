"""The order in which samples are drawn: a function of seed and position, so that both are all there is to resume."""

from __future__ import annotations

import hashlib

import torch
from torch import Tensor


class Order:
    """The endless shuffled sequence of `0..size - 1`: each epoch is a permutation of its own.

    Args:
        size: Number of samples.
        seed: Of the permutations.
        device: Where indices are wanted. The permutations do not depend on it.
        share: `(rank, processes)`: of what is taken, only the rank-th of so many equal parts.
    """

    def __init__(self, size: int, seed: int, device: torch.device, share: tuple[int, int] = (0, 1)) -> None:
        self._size, self._seed, self._device, self._share = size, seed, device, share
        self._epoch = -1
        self._permutation = torch.empty(0, dtype=torch.int64)

    def take(self, position: int, count: int) -> Tensor:
        """`(count / processes,)` int64: the share of the samples at `position` to `position + count - 1`."""
        rank, processes = self._share
        part = count // processes
        return self._take(position + rank * part, part)

    def _take(self, position: int, count: int) -> Tensor:
        epoch, offset = divmod(position, self._size)
        if epoch != self._epoch:
            self._shuffle(epoch)
        if offset + count <= self._size:
            return self._permutation[offset : offset + count]
        head = self._permutation[offset:]
        parts = [head]
        missing = count - len(head)
        while missing > 0:
            self._shuffle(self._epoch + 1)
            parts.append(self._permutation[:missing])
            missing -= len(parts[-1])
        return torch.cat(parts)

    def _shuffle(self, epoch: int) -> None:
        # Hashed, so that the epochs of one seed are not those of the next seed, moved by one.
        mixed = int.from_bytes(hashlib.sha256(f"{self._seed}/{epoch}".encode()).digest()[:8], "little")
        # A generator of its own: torch's global one belongs to the training, and resumes with it.
        self._permutation = self._draw(torch.Generator().manual_seed(mixed)).to(self._device)
        self._epoch = epoch

    def _draw(self, generator: torch.Generator) -> Tensor:
        """An epoch's numbers, one a sample."""
        return torch.randperm(self._size, generator=generator)


class Coins(Order):
    """An endless sequence of bools, half of them true: a function of seed and position too."""

    def _draw(self, generator: torch.Generator) -> Tensor:
        return torch.rand(self._size, generator=generator) < 0.5
