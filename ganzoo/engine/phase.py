"""One phase of a round: loss and backward as one callable, eager or compiled.

This is the only place that knows which. Loss and backward are compiled together because a compiled forward
alone cannot be differentiated twice (gradient penalties): see `trace_autograd_ops` of torch >= 2.11.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable
from functools import reduce
from typing import Any

import torch
from torch import Tensor, nn

from ganzoo.core.objective import Batch, Losses, Phase, Players
from ganzoo.utils.random_state import own_random_states

PhaseFunction = Callable[[Batch], tuple[dict[str, Tensor], dict[str, Tensor]]]


class PhaseStep:
    """Computes the losses of a phase and leaves their gradients in the parameters that it updates.

    Args:
        phase: Of the objective.
        players: All networks, on `device`.
        parameters: Those that this phase updates.
        device: Where the batch is.
        share: What the gradients are multiplied by: 1 / k where k micro-batches are accumulated.
        bf16: Run the loss under autocast.
        compiled: Compile the phase; a failure falls back to eager and is told through `warn`.
        warn: Takes one line for the user.
    """

    def __init__(
        self,
        phase: Phase,
        players: Players[Any, Any],
        parameters: list[nn.Parameter],
        device: torch.device,
        *,
        share: float = 1.0,
        bf16: bool,
        compiled: bool,
        warn: Callable[[str], None],
    ) -> None:
        self.phase = phase
        self._share = share
        self._players = players
        self.parameters = parameters
        self._device = device
        self._bf16 = bf16
        self._warn = warn
        self._eager = self._function(parameters)
        self._compiled: PhaseFunction | None = None
        self._wants_compiling = compiled

    def __call__(self, batch: Batch) -> Losses:
        """Run the phase; gradients are added to those that the parameters have."""
        if self._wants_compiling:
            self._wants_compiling = False
            return self._compile_and_run(batch)
        return Losses(*(self._compiled or self._eager)(batch))

    def _compile_and_run(self, batch: Batch) -> Losses:
        """The first call: traces, compiles and runs, or falls back to eager for good."""
        try:
            self._compiled, losses = self.compile(batch)
        # Whatever the compiler raises, the phase can still run eager; an error of the loss itself comes again there.
        except Exception as error:
            self._warn(f"--compile: this phase runs eager, because compiling raised {_first_line(error)}")
            for parameter in self.parameters:
                parameter.grad = None
            losses = Losses(*self._eager(batch))
        return losses

    def _function(self, parameters: list[nn.Parameter]) -> PhaseFunction:
        loss, players = self.phase.loss, self._players
        device_type, bf16, share = self._device.type, self._bf16, self._share

        def phase(batch: Batch) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
            with _autocast(device_type) if bf16 else contextlib.nullcontext():
                losses = loss(players, batch)
                # Not sum(), which starts from 0: an operation more, forward and backward, in every phase.
                total = reduce(torch.add, losses.terms.values())
                if share != 1.0:
                    total = total * share
            total.backward(inputs=parameters)  # type: ignore[no-untyped-call]
            return (
                {name: term.detach() for name, term in losses.terms.items()},
                {name: measure.detach() for name, measure in losses.measures.items()},
            )

        return phase

    def compile(self, batch: Batch, backend: str = "inductor") -> tuple[PhaseFunction, Losses]:
        """Trace loss and backward as one graph, compile it and run it once; parameters must have no gradients.

        Args:
            batch: To trace with, and to run.
            backend: Of `torch.compile`; `"eager"` only traces.

        Returns:
            The compiled phase, and the losses of the batch. Raises whatever the compiler does.
        """
        phase = self._function(self._reached(batch))
        # Without isolate_recompiles, dynamo's limit of recompilations is shared by all phases of a process.
        compiled: Any = torch.compile(phase, fullgraph=True, isolate_recompiles=True, backend=backend)  # type: ignore[call-overload]
        patch: Any = torch._dynamo.config.patch(trace_autograd_ops=True)
        patched: PhaseFunction = patch(compiled)
        with warnings.catch_warnings():
            # Dynamo looks at .grad of tensors that are no leaves while it traces the backward, and warns of it.
            warnings.filterwarnings("ignore", message="The .grad attribute of a Tensor that is not a leaf")
            return patched, Losses(*patched(batch))

    def _reached(self, batch: Batch) -> list[nn.Parameter]:
        """Parameters that the loss reaches: compiled, `inputs=` may hold no others (eager accepts them).

        Found by one eager run that leaves no trace: random states and buffers are put back, so that a resumed
        run, which looks again, stays on the unbroken run's path.
        """
        players = self._players
        networks = [players.generator, players.discriminator, players.auxiliary]
        buffers = [b for network in networks if network is not None for b in network.buffers()]
        kept = [buffer.clone() for buffer in buffers]
        with own_random_states(self._device):
            self._eager(batch)
        reached = [parameter for parameter in self.parameters if parameter.grad is not None]
        with torch.no_grad():
            for parameter in self.parameters:
                parameter.grad = None
            for buffer, value in zip(buffers, kept, strict=True):
                buffer.copy_(value)
        return reached


def _autocast(device_type: str) -> torch.autocast:
    # The cache of cast weights may not outlive a captured graph.
    return torch.autocast(device_type, dtype=torch.bfloat16, cache_enabled=False)


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:200]}" if lines else type(error).__name__
