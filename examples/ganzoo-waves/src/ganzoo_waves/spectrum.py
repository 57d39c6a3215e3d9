"""What metrics see of a waveform: its spectrum, coarsely."""

from __future__ import annotations

import torch
from torch import Tensor

BANDS = 64
_FLOOR = 1e-5


class Spectrum:
    """Log energies of bands, averaged over channels: see `ganzoo.metrics.Extractor`. It has no weights.

    Args:
        device: Where waveforms lie.
    """

    name = "spectrum"
    digest = ""
    features = BANDS
    classes: tuple[str, ...] = ()
    score = ""

    def __init__(self, device: torch.device) -> None:
        self.device = device

    def resizer(self, shape: tuple[int, ...]) -> str:
        """Any length does."""
        return "none"

    def __call__(self, waves: Tensor) -> tuple[Tensor, None]:
        """`(n, channels, length)` -> `(n, 64)`, natural logarithms of mean squared magnitudes."""
        power = torch.fft.rfft(waves.to(self.device), norm="ortho").abs().square().mean(1)[:, 1:]
        bands = torch.stack([band.mean(1) for band in power.tensor_split(BANDS, dim=1)], dim=1)
        return (bands + _FLOOR).log(), None
