"""The journal's ticks as TensorBoard events (`--tensorboard`)."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from ganzoo.engine.journal import Record
from ganzoo.errors import ConfigError


class TensorBoard:
    """Writes ticks and evaluations into `RUN/tensorboard`.

    Args:
        folder: For the event files; a resumed run adds a file, whose values replace those it does again.
        purge_images: Earlier events from here on are dropped: that part of the run is done again.

    Raises:
        ConfigError: If tensorboard is not installed.
    """

    def __init__(self, folder: Path, purge_images: int) -> None:
        try:
            with warnings.catch_warnings():
                # Its dependencies warn of each other while they are imported.
                warnings.simplefilter("ignore")
                from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise ConfigError("--tensorboard needs a package: pip install 'torch-ganzoo[tensorboard]'") from error
        self._writer: Any = SummaryWriter(str(folder), purge_step=purge_images + 1)

    def write(self, record: Record) -> None:
        """Write every number of a tick or an evaluation, at its number of images."""
        values = {f"eval/{name}": value for name, value in record.get("metrics", {}).items()}
        values |= {name: value for name, value in record.items() if "/" in name or name == "images_per_second"}
        for name, value in values.items():
            if isinstance(value, int | float):
                self._writer.add_scalar(name, value, record["images"])

    def close(self) -> None:
        """Flush and end."""
        self._writer.close()
