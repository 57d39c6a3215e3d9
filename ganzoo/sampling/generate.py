"""From a generator to pictures: seeded samples, and their pixels. Looking changes nothing of a training."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Protocol

import numpy

from ganzoo.errors import ConfigError
from ganzoo.utils.random_state import own_random_states

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from ganzoo.core.data_spec import DataSpec
    from ganzoo.core.latent import Latent
    from ganzoo.core.networks import Generator
    from ganzoo.core.sampling_option import SamplingOption, Settable

BATCH = 64
"""Samples made at once; evaluation does not depend on it."""


class Distributed(Protocol):
    """A generator, as far as what goes in is known."""

    @property
    def latent(self) -> Latent: ...

    @property
    def sampling_options(self) -> Mapping[str, SamplingOption]: ...


class GenerativeModel(Protocol):
    """What drawing samples needs of a model, whatever computes it: `ganzoo.Model`, or an ONNX file's `OnnxModel`."""

    @property
    def name(self) -> str: ...

    @property
    def variant(self) -> str: ...

    @property
    def generator(self) -> Distributed: ...

    @property
    def spec(self) -> DataSpec: ...

    @property
    def conditional(self) -> bool: ...

    @property
    def images(self) -> int: ...

    def generate(
        self, latents: numpy.ndarray, labels: list[int] | None = None, set: Settable | None = None
    ) -> Tensor | numpy.ndarray: ...

    def translated(
        self, latents: numpy.ndarray, sources: numpy.ndarray, set: Settable | None = None
    ) -> numpy.ndarray: ...

    def labels(self, count: int, labels: list[int] | None = None) -> numpy.ndarray | None: ...

    def label_of(self, text: str) -> int: ...


class TorchModel(GenerativeModel, Protocol):
    """A model whose generator is a module."""

    @property
    def generator(self) -> Generator: ...


def generate(
    generator: Generator,
    latents: numpy.ndarray,
    condition: numpy.ndarray | None = None,
    options: Mapping[str, float | str] | None = None,
) -> Tensor:
    """Samples of a generator in evaluation mode, on its device.

    Args:
        generator: In evaluation mode (an average always is).
        latents: `(N, *latent.shape)` float32, as `Latent.draw` gives them.
        condition: `(N,)` int64 labels for a conditional generator; sources `(N, *source.shape)` float32 for one that
            makes images of images.
        options: Of its `sampling_options`, as `Settings` has checked them.

    Returns:
        `(N, *sample.shape)` float32 on the CPU.
    """
    make = partial(generator, **(options or {}))
    return in_batches(make, next(generator.parameters()).device, latents, condition)


def in_batches(
    make: Callable[..., Tensor],
    device: torch.device,
    inputs: numpy.ndarray,
    condition: numpy.ndarray | None,
) -> Tensor:
    """What networks in evaluation mode make of inputs, batch by batch, without gradients.

    Args:
        make: From inputs `(n, ...)` and a condition `(n, ...)` or None, on the device, to a tensor `(n, ...)`.
        device: Where.
        inputs: `(N, ...)` float32.
        condition: `(N, ...)`, or None.

    Returns:
        `(N, ...)` float32 on the CPU.
    """
    import torch

    with torch.no_grad(), own_random_states(device):
        # Not torch.manual_seed, which imports torch's compiler: a second, before a picture is there.
        torch.default_generator.manual_seed(0)
        if device.type == "cuda":
            torch.cuda.manual_seed(0)
        chunks = []
        for start in range(0, len(inputs), BATCH):
            part = torch.from_numpy(inputs[start : start + BATCH]).to(device)
            given = None if condition is None else torch.from_numpy(condition[start : start + BATCH]).to(device)
            chunks.append(make(part, given).float().cpu())
    return torch.cat(chunks)


def labels_of(model: GenerativeModel, count: int, labels: list[int] | None = None) -> numpy.ndarray | None:
    """Labels `(count,)` int64 as a generator takes them: checked, or classes in turn; None where it takes none.

    Raises:
        ConfigError: If labels are given to an unconditional model, or do not fit.
    """
    if not model.conditional:
        if labels is not None:
            raise ConfigError(f"{model.name} is not conditional: it takes no labels")
        return None
    classes = model.spec.classes
    if labels is None:
        return (numpy.arange(count) % classes).astype(numpy.int64)
    if len(labels) != count or not all(0 <= label < classes for label in labels):
        raise ConfigError(f"{model.name} takes {count} labels from 0 to {classes - 1}")
    return numpy.array(labels, dtype=numpy.int64)


def label_of(model: GenerativeModel, text: str) -> int:
    """The class that a name (in upper or lower case) or, where names are no numbers, a number from 0 stands for.

    Raises:
        ConfigError: If there is no such class, or the model is not conditional.
    """
    if not model.conditional:
        raise ConfigError(f"{model.name} ({model.variant}) is not conditional: it takes no label, so leave it out")
    names = [name.casefold() for name in model.spec.class_names]
    numbered = any(name.isdecimal() for name in names)
    if text.strip().casefold() in names:
        return names.index(text.strip().casefold())
    if text.strip().isdecimal() and int(text) < len(names) and not numbered:
        return int(text)
    names = list(model.spec.class_names)
    shown = ", ".join(names[:20]) + (f", ... {names[-1]}" if len(names) > 20 else "")
    choices = shown if numbered else f"{shown}, or a number from 0 to {len(names) - 1}"
    raise ConfigError(f"{model.name} has no class {text!r}: choose {choices}")


def to_uint8(samples: Tensor | numpy.ndarray) -> numpy.ndarray:
    """Images `(N, C, H, W)` in [-1, 1], on the CPU, to uint8 `(N, H, W, C)`; values outside are clamped."""
    levels = numpy.rint((numpy.asarray(samples) + 1.0) * 127.5)
    # Unlike clip they make 0 of NaN, which a network that diverged gives, and which has no uint8.
    images = numpy.fmin(numpy.fmax(levels, 0), 255).astype(numpy.uint8)
    return numpy.ascontiguousarray(images.transpose(0, 2, 3, 1))
