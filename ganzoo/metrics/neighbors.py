"""Distances to nearest neighbors, in blocks: the whole matrix of distances is never held."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

BLOCK_BYTES = 8 << 20
"""Memory of one block of distances."""


def blocks(queries: Tensor, keys: Tensor) -> Iterator[tuple[slice, Tensor]]:
    """Squared distances, some rows at a time.

    Subtract a common mean from both first: the smaller the vectors, the fewer digits cancel.

    Args:
        queries: `(N, D)` float32.
        keys: `(M, D)` float32.

    Yields:
        Which queries, and `(n, M)` squared Euclidean distances; by rounding, 0 may come out slightly negative. The
        next block takes their memory.
    """
    # |q|^2 - 2 q.k + |k|^2 as one product of vectors with two more places: no further pass over the block.
    left = torch.cat([queries, queries.square().sum(dim=1, keepdim=True), torch.ones_like(queries[:, :1])], dim=1)
    right = torch.cat([-2 * keys, torch.ones_like(keys[:, :1]), keys.square().sum(dim=1, keepdim=True)], dim=1).T
    rows = min(max(1, BLOCK_BYTES // (4 * len(keys))), len(queries))
    memory = queries.new_empty(rows, len(keys))
    for start in range(0, len(queries), rows):
        part = left[start : start + rows]
        yield slice(start, start + rows), torch.mm(part, right, out=memory[: len(part)])


def neighbor_distances(features: Tensor, k: int) -> Tensor:
    """Squared distance `(N,)` of each to its k-th nearest other; k from 1 to N - 1."""
    # Each is its own nearest, so one more is looked at.
    found = [squares.topk(k + 1, dim=1, largest=False).values[:, k] for _, squares in blocks(features, features)]
    return torch.cat(found)


def nearest_distances(queries: Tensor, keys: Tensor) -> Tensor:
    """Squared distance `(N,)` of each query to the nearest key."""
    return torch.cat([squares.amin(dim=1) for _, squares in blocks(queries, keys)])
