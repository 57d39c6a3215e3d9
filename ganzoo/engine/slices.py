"""Batches in equal slices, which processes share: what is trained depends on the number of slices alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from ganzoo.core.objective import Batch, Losses
from ganzoo.engine.device import random_states, restore_random_states, seed_random
from ganzoo.engine.processes import ALONE, Processes
from ganzoo.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Slices:
    """How each batch is cut.

    Args:
        count: Of a batch.
        processes: That share them, each as many.

    Raises:
        ConfigError: If they cannot.
    """

    count: int = 1
    processes: Processes = ALONE

    def __post_init__(self) -> None:
        if self.count % self.processes.count:
            raise ConfigError(
                f"{self.processes.count} processes cannot share the batches of this training, which have --slices "
                f"{self.count}: start a number of processes that divides it"
            )

    def check(self, batch_size: int, micro_batches: int = 1) -> None:
        """Refuse a batch that cannot be cut.

        Raises:
            ConfigError: Naming sizes that can.
        """
        unit = self.count * micro_batches
        if self.count > 1 and batch_size % unit:
            below, above = batch_size // unit * unit, (batch_size // unit + 1) * unit
            sizes = f"{below} or {above}" if below else f"{above}"
            parts = f", of {micro_batches} micro-batches each" if micro_batches > 1 else ""
            raise ConfigError(
                f"a batch of {batch_size} cannot be cut into {self.count} equal slices{parts}: give --batch-size "
                f"{sizes}, or other --slices"
            )

    def share(self, batch: Batch) -> Batch:
        """This process's part of a batch, of which latents and labels for fakes are whole; the sampler drew a share."""
        if self.processes.count == 1:
            return batch
        size, labels = len(batch.latents) // self.processes.count, batch.fake_condition
        part = slice(self.processes.rank * size, (self.processes.rank + 1) * size)
        if labels is not None and len(labels) > size:
            labels = labels[part]
        return replace(batch, latents=batch.latents[part], fake_condition=labels)

    def head(self, batch: Batch) -> Batch:
        """What every process has of the first slice: latents and labels for fakes."""
        size, labels = len(batch.latents) // self.count, batch.fake_condition
        labels = None if labels is None or labels.dim() > 1 else labels[:size]
        return Batch(None, None, batch.latents[:size], labels, batch.images)

    def numbers(self) -> range:
        """Of the slices that are this process's."""
        each = self.count // self.processes.count
        return range(self.processes.rank * each, (self.processes.rank + 1) * each)


WHOLE = Slices()
"""A batch that is not cut."""


class SlicedBackward:
    """Runs a phase on slice after slice, and leaves what all processes found: means of gradients, losses and buffers.

    Each slice starts with the same buffers (batch norm's statistics, spectral norm's vectors) and has random numbers of
    its own. A module with a method `keep_by_slice` has buffers that are no statistic, such as a pool of images: the
    method is told the number of slices once, and then each slice has its own.

    Args:
        slices: How batches are cut.
        networks: By name, on `device`; their buffers may be changed by any phase.
        device: Where all of it is.
    """

    def __init__(self, slices: Slices, networks: dict[str, nn.Module], device: torch.device) -> None:
        self._slices, self._device = slices, device
        self._own: dict[str, Tensor] = {}
        for name, network in networks.items():
            for path, module in network.named_modules():
                if hasattr(module, "keep_by_slice"):
                    module.keep_by_slice(slices.count)
                    self._own |= {f"{name}.{path}.{key}": buffer for key, buffer in module.named_buffers()}
        own = {id(buffer) for buffer in self._own.values()}
        buffers = [buffer for network in networks.values() for buffer in network.buffers()]
        self._shared = [buffer for buffer in buffers if id(buffer) not in own]
        self._floats = [buffer for buffer in self._shared if buffer.is_floating_point()]
        # Of all slices until the first round: what is restored in one process is shared from there.
        self._kept = {number: _copies(self._own.values()) for number in range(slices.count)}
        self._blank = _copies(self._own.values())

    @torch.no_grad()
    def __call__(
        self, run: Callable[[Batch], list[Losses]], parameters: list[nn.Parameter], batch: Batch
    ) -> list[Losses]:
        """Leave the mean gradient of all slices in the parameters.

        Args:
            run: Adds the gradients of a slice, which may be cut again, to what the parameters have.
            parameters: That the phase updates.
            batch: As for `Slices.share`.

        Returns:
            As of `run`, means over slices.
        """
        own, numbers = list(self._own.values()), self._slices.numbers()
        self._kept = {number: self._kept[number] for number in numbers}
        before = _copies(self._shared)
        floats = [old for old in before if old.is_floating_point()]
        # Drawn by every process alike, from the states that go on with the training.
        seeds = torch.randint(2**62, (self._slices.count,)).tolist()
        states, total = random_states(self._device), _PairwiseSum()
        for number, part in zip(numbers, split(self._slices.share(batch), len(numbers)), strict=True):
            for parameter in parameters:
                parameter.grad = None
            _put(self._shared, before)
            _put(own, self._kept[number])
            seed_random(seeds[number], self._device)
            with torch.enable_grad():
                seen = run(part)
            self._kept[number] = _copies(own)
            gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
            found = [*gradients, *(new - old for new, old in zip(self._floats, floats, strict=True)), _stacked(seen)]
            total.add(torch.cat([tensor.flatten() for tensor in found]))
        restore_random_states(states, self._device)
        _put(own, self._blank)
        flat = total.value()
        self._slices.processes.sum_(flat)
        pieces = (flat / self._slices.count).split_with_sizes([tensor.numel() for tensor in found])
        means = [piece.view(tensor.shape) for piece, tensor in zip(pieces, found, strict=True)]
        _put(gradients, means[: len(gradients)])
        # Changes and not values: what no slice changed keeps its bits, however many there are.
        changed = zip(floats, means[len(gradients) : -1], strict=True)
        _put(self._floats, [old + change for old, change in changed])
        return _named(seen, means[-1])

    def state(self) -> dict[str, Tensor]:
        """The buffers that slices have of their own, of this process's slices at least."""
        return {
            f"{number}/{name}": value
            for number, values in self._kept.items()
            for name, value in zip(self._own, values, strict=True)
        }

    def restore(self, tensors: dict[str, Tensor]) -> None:
        """Undo of `state`, of all slices."""
        for number, values in self._kept.items():
            for name, value in zip(self._own, values, strict=True):
                value.copy_(tensors[f"{number}/{name}"])


def split(batch: Batch, parts: int) -> Iterator[Batch]:
    """A batch as `parts` equal ones."""
    size = len(batch.latents) // parts
    for start in range(0, size * parts, size):
        part = slice(start, start + size)
        reals, condition, fake_condition = (
            None if values is None else values[part] for values in (batch.reals, batch.condition, batch.fake_condition)
        )
        yield Batch(reals, condition, batch.latents[part], fake_condition, batch.images)


class _PairwiseSum:
    """Adds pairs, then pairs of pairs: the order in which pairs of processes add."""

    def __init__(self) -> None:
        self._sums: list[tuple[int, Tensor]] = []

    def add(self, value: Tensor) -> None:
        level = 0
        while self._sums and self._sums[-1][0] == level:
            value, level = self._sums.pop()[1] + value, level + 1
        self._sums.append((level, value))

    def value(self) -> Tensor:
        total = self._sums.pop()[1]
        while self._sums:
            total = self._sums.pop()[1] + total
        return total


def _copies(tensors: Iterable[Tensor]) -> list[Tensor]:
    return [tensor.clone() for tensor in tensors]


def _put(tensors: Sequence[Tensor], values: Sequence[Tensor]) -> None:
    if tensors:
        torch._foreach_copy_(tensors, values)  # type: ignore[arg-type]


def _stacked(seen: list[Losses]) -> Tensor:
    return torch.stack([v.float() for losses in seen for v in (*losses.terms.values(), *losses.measures.values())])


def _named(seen: list[Losses], values: Tensor) -> list[Losses]:
    left = iter(values.unbind())
    return [
        Losses({name: next(left) for name in losses.terms}, {name: next(left) for name in losses.measures})
        for losses in seen
    ]
