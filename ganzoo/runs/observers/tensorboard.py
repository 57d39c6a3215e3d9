"""The journal's ticks as TensorBoard events (`--tensorboard`, or `--callbacks tensorboard`)."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from ganzoo.core.callback import Callback, Outcome
from ganzoo.core.entries import Evaluated, Tick
from ganzoo.errors import ConfigError


class TensorBoard(Callback):
    """Writes ticks and evaluations into `RUN/tensorboard`; a resumed run adds a file.

    Raises:
        ConfigError: If tensorboard is not installed.
    """

    def __init__(self) -> None:
        try:
            with warnings.catch_warnings():
                # Its dependencies warn of each other while they are imported.
                warnings.simplefilter("ignore")
                from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise ConfigError("--tensorboard needs a package: pip install 'torch-ganzoo[tensorboard]'") from error
        self._make: Any = SummaryWriter

    def start(self, run: Path, config: dict[str, Any], images: int, total: int) -> None:
        # Earlier events from here on are dropped: that part of the run is done again.
        self._writer = self._make(str(run / "tensorboard"), purge_step=images + 1)

    def tick(self, tick: Tick) -> None:
        self._write({**tick.values, "images_per_second": tick.images_per_second}, tick.images)

    def evaluation(self, evaluated: Evaluated) -> None:
        self._write({f"eval/{name}": value for name, value in evaluated.metrics.items()}, evaluated.images)

    def end(self, outcome: Outcome, images: int) -> None:
        self._writer.close()

    def _write(self, values: dict[str, Any], images: int) -> None:
        for name, value in values.items():
            if isinstance(value, int | float):
                self._writer.add_scalar(name, value, images)
