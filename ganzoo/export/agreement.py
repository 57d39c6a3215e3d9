"""How far an exported file is from PyTorch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ganzoo.export.session import load_onnx
from ganzoo.plugins.modalities import modality_of
from ganzoo.sampling import generate as sampling

if TYPE_CHECKING:
    from ganzoo.sampling.generate import TorchModel

BATCHES = (1, 2, 7, 64)
"""Sizes that a file is compared at."""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """What is allowed between onnxruntime and PyTorch, which computes in float32.

    Args:
        difference: Of one value; of vectors, times the largest value if that is above 1.
        levels: Of one pixel at 8 bits.
    """

    difference: float
    levels: int


FP32 = Tolerance(1e-4, 1)

FP16 = Tolerance(0.05, 7)
"""Trained networks of the zoo differ by up to 0.013, of which a steep place of a tanh may make more."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What a comparison found, over all of `BATCHES`.

    Args:
        difference: Largest of one value; None where the graph gives uint8.
        levels: Largest of one pixel at 8 bits; None of vectors.
        allowed: Of both.
    """

    difference: float | None
    levels: int | None
    allowed: Tolerance

    @property
    def within(self) -> bool:
        """Both are allowed; NaN is not."""
        near = self.difference is None or self.difference <= self.allowed.difference
        return near and (self.levels is None or self.levels <= self.allowed.levels)

    def __str__(self) -> str:
        parts = []
        if self.difference is not None:
            parts.append(f"largest difference {self.difference:.1e} (allowed {self.allowed.difference:.1e})")
        if self.levels is not None:
            parts.append(f"{self.levels} of 255 levels at 8 bits (allowed {self.allowed.levels})")
        return f"onnxruntime against PyTorch, batches of {', '.join(map(str, BATCHES))}: {', '.join(parts)}"


def inputs(model: TorchModel, size: int) -> tuple[NDArray[np.float32], NDArray[Any] | None]:
    """Latents `(size, ...)` and labels in no order, or sources of noise; always the same ones for a size."""
    latents = model.generator.latent.draw(size, size)
    if model.spec.source is not None:
        shape = (size, *model.spec.source.shape)
        return latents, np.random.RandomState(size).uniform(-1, 1, shape).astype(np.float32)
    labels = np.random.RandomState(size).randint(model.spec.classes, size=size) if model.conditional else None
    return latents, labels


def numbers(model: TorchModel, size: int, fixed: Mapping[str, float | str]) -> dict[str, float]:
    """A value for each number that the graph takes: its default for one sample, others over its range for more."""
    options = {name: option for name, option in model.generator.sampling_options.items() if name not in fixed}
    share = np.random.RandomState(size).uniform()
    return {
        name: float(np.float32(option.default if size == 1 else option.low + share * (option.high - option.low)))
        for name, option in options.items()
    }


def reference(model: TorchModel, size: int, fixed: Mapping[str, float | str]) -> NDArray[np.float32]:
    """What PyTorch makes of `inputs` and `numbers`: `(size, *shape)`."""
    options = {**fixed, **numbers(model, size, fixed)}
    samples: NDArray[np.float32] = sampling.generate(model.generator, *inputs(model, size), options).numpy()
    return samples


def compare(model: TorchModel, path: Path, fixed: Mapping[str, float | str], *, fp16: bool, uint8: bool) -> Figures:
    """Sample a file as `ganzoo sample` does, and look how far it is from PyTorch.

    Args:
        model: As PyTorch computes it.
        path: The file.
        fixed: Sampling options that it has settled.
        fp16: It computes in half precision.
        uint8: It gives uint8.

    Raises:
        GanzooError: If onnxruntime cannot load or compute the file.
    """
    loaded, modality = load_onnx(path), modality_of(model.spec.kind)
    differences, levels, largest = [], [], 1.0
    for size in BATCHES:
        expected = reference(model, size, fixed)
        samples = loaded.computed(*inputs(model, size), numbers(model, size, fixed))
        # What is infinite on both sides differs by NaN, which is refused in the end.
        with np.errstate(invalid="ignore"):
            differences.append(np.abs(samples - expected).max())
        largest = max(largest, float(np.abs(expected).max()))
        stored = [modality.to_stored(side, model.spec) for side in (samples, expected)]
        if stored[0].dtype == np.uint8:
            levels.append(np.abs(stored[0].astype(int) - stored[1].astype(int)).max())
    allowed = FP16 if fp16 else FP32
    return Figures(
        # numpy's, because Python's max passes over NaN.
        None if uint8 else float(np.max(differences)),
        int(max(levels)) if levels else None,
        allowed if levels else Tolerance(allowed.difference * largest, allowed.levels),
    )
