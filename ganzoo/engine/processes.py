"""The processes that share one training, as torchrun starts them; one alone without it. Imports torch when they meet.

Only the first writes, shows and evaluates. All others train along: they hold the same weights, bit for bit.
"""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self, TypeVar

from ganzoo.errors import ConfigError, ProcessEnded, RunError

if TYPE_CHECKING:
    import torch

T = TypeVar("T")

SAVE, OVER = 254, 255
"""What the first process says before a checkpoint and at the end; 0 before a round, and a signal is its number."""

_PATIENCE = datetime.timedelta(hours=12)
"""The others wait so long while the first evaluates or writes; one that dies is noticed at once."""

_MEETING = datetime.timedelta(minutes=10)
"""For all processes to come, once the first has."""


@dataclass(eq=False)
class Processes:
    """Which process this is, and of how many.

    Args:
        rank: Of this process, 0 for the first.
        count: Of the processes of all machines.
        local_rank: Of this process on its machine; decides its accelerator.
        launch: What torchrun's start of all of them is known by, however often it starts them again; empty without.
        restarts: How often it did.
    """

    rank: int = 0
    count: int = 1
    local_rank: int = 0
    launch: str = ""
    restarts: int = 0
    _pairs: list[Any] = field(default_factory=lambda: [None])

    @classmethod
    def of_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """What torchrun says.

        Raises:
            ConfigError: If that is not whole.
        """
        launch = environment.get("TORCHELASTIC_RUN_ID", "")
        if launch == "none":
            # Nobody named it; torchrun makes a folder each time it is started.
            launch = environment.get("TORCHELASTIC_ERROR_FILE", "").partition("attempt_")[0]
        restarts = int(environment.get("TORCHELASTIC_RESTART_COUNT", "0"))
        if environment.get("WORLD_SIZE", "1") == "1":
            return cls(launch=launch, restarts=restarts)
        numbers = {name: environment.get(name, "") for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK")}
        for name, value in numbers.items():
            if not value.isdecimal():
                raise ConfigError(
                    f"WORLD_SIZE is {numbers['WORLD_SIZE']}, and {name} is {value or 'not set'}: start the processes "
                    "by torchrun, which sets both, or unset WORLD_SIZE"
                )
        rank, count, local_rank = map(int, numbers.values())
        return cls(rank, count, local_rank, launch, restarts)

    @property
    def first(self) -> bool:
        """Whether this process writes, shows and evaluates."""
        return self.rank == 0

    @property
    def accelerator(self) -> int | None:
        """Which of its machine's this process takes; None: it is alone, and takes what torch takes."""
        return self.local_rank if self.count > 1 else None

    @contextmanager
    def joined(self) -> Iterator[None]:
        """The processes know one another in here.

        Raises:
            RunError: If they do not meet.
        """
        if self.count == 1:
            yield
            return
        import torch.distributed as dist
        from torch.distributed.distributed_c10d import PrefixStore
        from torch.distributed.rendezvous import rendezvous

        try:
            store, rank, count = next(rendezvous("env://", timeout=_MEETING))
            # Where torchrun has started the processes again, the addresses of those before may still be in its store.
            store = PrefixStore(f"ganzoo/{self.restarts}", store)
            # What the host says goes by gloo: whether to stop must not wait for a device, nor for its watchdog.
            dist.init_process_group("gloo", store=store, rank=rank, world_size=count, timeout=_PATIENCE)
        except (RuntimeError, ValueError) as error:
            place = ":".join(os.environ.get(name, f"({name} is not set)") for name in ("MASTER_ADDR", "MASTER_PORT"))
            raise RunError(
                f"the processes of this training did not meet at {place} ({str(error).strip().splitlines()[0]}): where "
                "the port is taken, give torchrun another --master-port"
            ) from error
        yield
        # After an error the others may wait for something that never comes; the end of the process tells them.
        dist.destroy_process_group()

    def connect(self, device: torch.device) -> None:
        """Make ready to add up tensors on a device.

        Pairs of processes add, then pairs of pairs: sums of as many processes as a power of two do not depend on which
        process added up what.

        Raises:
            ConfigError: If torch connects no such devices.
        """
        if self.count == 1:
            return
        import torch.distributed as dist

        try:
            backend = dist.get_default_backend_for_device(device)
        except ValueError as error:
            raise ConfigError(f"several processes cannot train on {device.type}: give --device cpu") from error
        with _others():
            if self.count & (self.count - 1):
                self._pairs = [dist.new_group(backend=backend, timeout=_PATIENCE)]
                return
            self._pairs = []
            for level in range(self.count.bit_length() - 1):
                pairs = [[rank, rank | 1 << level] for rank in range(self.count) if not rank & 1 << level]
                mine, _ = dist.new_subgroups_by_enumeration(pairs, timeout=_PATIENCE, backend=backend)
                self._pairs.append(mine)

    def share(self, make: Callable[[], T]) -> T:
        """What `make` returns in the first process; it is called in no other."""
        if self.count == 1:
            return make()
        import torch.distributed as dist

        box = [make() if self.first else None]
        with _others():
            dist.broadcast_object_list(box, src=0)
        return box[0]  # type: ignore[return-value]

    def gather(self, value: T) -> list[T]:
        """The values that all processes gave, by rank."""
        if self.count == 1:
            return [value]
        import torch.distributed as dist

        box: list[Any] = [None] * self.count
        with _others():
            dist.all_gather_object(box, value)
        return box

    def in_turn(self, make: Callable[[], T]) -> T:
        """What `make` returns; the first process of each machine goes first, and fills caches for its others."""
        made = [make()] if self.local_rank == 0 else []
        self.largest(0)
        return made[0] if made else make()

    def largest(self, value: int) -> int:
        """The largest value that any process gave."""
        if self.count == 1:
            return value
        import torch
        import torch.distributed as dist

        box = torch.tensor(value)
        with _others():
            dist.all_reduce(box, dist.ReduceOp.MAX)
        return int(box)

    def sum_(self, values: torch.Tensor) -> None:
        """Add up `values` of all processes, in place; each has the same bits afterwards."""
        if self.count == 1:
            return
        import torch.distributed as dist

        with _others():
            for pair in self._pairs:
                dist.all_reduce(values, group=pair)


ALONE = Processes()
"""One process, without torchrun."""


@contextmanager
def _others() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        raise ProcessEnded("another process of this training has ended, and its own message says why") from error
