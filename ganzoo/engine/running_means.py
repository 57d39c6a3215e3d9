"""`RunningMeans`: losses stay on the device until a tick."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from ganzoo.core.objective import Losses


class RunningMeans:
    """Sums of losses and measures, kept on the device between two ticks, so that a step never waits for it."""

    def __init__(self) -> None:
        self._sums: dict[str, Tensor] = {}
        self._counts: dict[str, int] = {}

    @torch.no_grad()
    def add(self, player: str, losses: Losses) -> None:
        """Add one phase's values under `player/name`."""
        for values in (losses.terms, losses.measures):
            for name, value in values.items():
                key = f"{player}/{name}"
                if key in self._sums:
                    self._sums[key] += value
                    self._counts[key] += 1
                else:
                    self._sums[key] = value.detach().to(torch.float32, copy=True)
                    self._counts[key] = 1

    def means(self) -> dict[str, float]:
        """Means since the last drain. The one place where the host waits for the device."""
        if not self._sums:
            return {}
        sums = torch.stack(list(self._sums.values())).tolist()
        return {name: total / self._counts[name] for name, total in zip(self._sums, sums, strict=True)}

    def drain(self) -> dict[str, float]:
        """The means, and begin again."""
        means = self.means()
        self._sums, self._counts = {}, {}
        return means

    def state(self) -> dict[str, tuple[float, int]]:
        """Sum and count by name, for a checkpoint; exact, as JSON holds any float32."""
        return {name: (float(total), self._counts[name]) for name, total in self._sums.items()}

    def restore(self, state: Mapping[str, tuple[float, int]], device: torch.device) -> None:
        """Undo of `state`."""
        self._sums = {name: torch.tensor(total, device=device) for name, (total, _) in state.items()}
        self._counts = {name: count for name, (_, count) in state.items()}
