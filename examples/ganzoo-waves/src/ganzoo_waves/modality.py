"""The kind of data: how waveforms are drawn and kept. Imports no torch."""

from __future__ import annotations

import io
import wave
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from ganzoo import DataSpec, Modality, VariantConfig
from numpy.typing import NDArray

RATE = 16_000
"""Numbers a second of every waveform."""

LENGTHS = (1024, 4096, 16384)
"""Of waveforms: 16 times a power of 4, as the networks make them."""

_HEIGHT, _WIDTH = 48, 96


class WaveformModality(Modality):
    """Sound `(channels, length)` in [-1, 1], stored as networks see it: float32."""

    samples: ClassVar[str] = "waveforms"
    count: ClassVar[int] = 16
    suffix: ClassVar[str] = ".wav"

    def check_shape(self, shape: tuple[int, ...]) -> None:
        """Two lengths."""
        if len(shape) != 2:
            raise ValueError(f"must have a shape (channels, length), and has {shape}")

    def pixels(self, samples: NDArray[np.float32], spec: DataSpec) -> NDArray[np.uint8]:
        """The curve of the first channel, light on dark: in each column from the lowest to the highest value in it."""
        curves = np.clip(np.nan_to_num(samples[:, 0]), -1, 1)
        columns = np.array_split(curves, _WIDTH, axis=1)
        low = np.stack([column.min(axis=1) for column in columns], axis=1)
        high = np.stack([column.max(axis=1) for column in columns], axis=1)
        # Row 0 is on top; a value of 1 is there.
        top, bottom = (np.rint((1 - edge) / 2 * (_HEIGHT - 1))[:, None] for edge in (high, low))
        rows = np.arange(_HEIGHT)[None, :, None]
        return np.where((top <= rows) & (rows <= bottom), 220, 32).astype(np.uint8)[..., None]

    def extractor(self, spec: DataSpec) -> str:
        """Always the same."""
        return "spectrum"

    def file(self, sample: NDArray[np.float32], spec: DataSpec) -> bytes:
        """A `.wav` of 16 bits."""
        levels = np.rint(np.clip(np.nan_to_num(sample), -1, 1) * 32767).astype("<i2")
        buffer = io.BytesIO()
        with wave.open(buffer, "wb") as file:
            file.setnchannels(len(sample))
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(levels.T.tobytes())
        return buffer.getvalue()

    def examples(self, config: type[VariantConfig], *, every: bool) -> Sequence[DataSpec]:
        """The short ones, with one channel and with two."""
        lengths = LENGTHS[:2] if every else LENGTHS[:1]
        return [
            DataSpec(f"wave{length}x{channels}", (channels, length), 1, kind="waveform")
            for length in lengths
            for channels in (1, 2)
        ]
