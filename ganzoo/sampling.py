"""From a generator to pictures: seeded samples, grids, PNG and npz. Looking changes nothing of a training."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy
from PIL import Image

from ganzoo.errors import ConfigError

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from ganzoo.core.data_spec import DataSpec
    from ganzoo.core.latent import Latent
    from ganzoo.core.networks import Generator

BATCH = 64
"""Samples made at once; evaluation does not depend on it."""


class Distributed(Protocol):
    """A generator, as far as its latents go."""

    @property
    def latent(self) -> Latent: ...


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

    def generate(self, latents: numpy.ndarray, labels: list[int] | None = None) -> Tensor | numpy.ndarray: ...

    def labels(self, count: int, labels: list[int] | None = None) -> numpy.ndarray | None: ...

    def label_of(self, text: str) -> int: ...


def generate(generator: Generator, latents: numpy.ndarray, labels: numpy.ndarray | None = None) -> Tensor:
    """Samples of a generator in evaluation mode, on its device.

    Args:
        generator: In evaluation mode (an average always is).
        latents: `(N, *latent.shape)` float32, as `Latent.draw` gives them.
        labels: `(N,)` int64 for a conditional generator.

    Returns:
        `(N, *sample.shape)` float32 on the CPU.
    """
    import torch

    device = next(generator.parameters()).device
    with torch.no_grad(), own_random_state(device):
        # Not torch.manual_seed, which imports torch's compiler: a second, before a picture is there.
        torch.default_generator.manual_seed(0)
        if device.type == "cuda":
            torch.cuda.manual_seed(0)
        chunks = []
        for start in range(0, len(latents), BATCH):
            part = torch.from_numpy(latents[start : start + BATCH]).to(device)
            part_labels = None if labels is None else torch.from_numpy(labels[start : start + BATCH]).to(device)
            chunks.append(generator(part, part_labels).float().cpu())
    return torch.cat(chunks)


def own_random_state(device: torch.device) -> AbstractContextManager[None]:
    """Inside, torch's random numbers are one's own: a generator may draw noise in forward, and with the state put back
    looking does not change a training.
    """
    import torch

    on_cpu = device.type == "cpu"
    return torch.random.fork_rng([] if on_cpu else [device], device_type="cuda" if on_cpu else device.type)


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


def grid(images: numpy.ndarray, columns: int, *, scale: int | None = None) -> Image.Image:
    """Lay images out row by row, with a thin gap.

    Args:
        images: uint8 `(N, H, W, C)`, C = 1 or 3.
        columns: Images in a row; a last row that is not full stays dark.
        scale: Each pixel becomes so many (nearest); None: what makes a small grid about 500 pixels wide.
    """
    count, height, width, channels = images.shape
    rows = -(-count // columns)
    scale = scale or max(1, 500 // (columns * width))
    gap = max(1, width // 16)
    sheet = numpy.zeros((rows * (height + gap) + gap, columns * (width + gap) + gap, channels), dtype=numpy.uint8)
    sheet += 32
    for index, image in enumerate(images):
        top = gap + index // columns * (height + gap)
        left = gap + index % columns * (width + gap)
        sheet[top : top + height, left : left + width] = image
    sheet = sheet.repeat(scale, axis=0).repeat(scale, axis=1)
    return Image.fromarray(sheet[:, :, 0] if channels == 1 else sheet)


def save_image(image: Image.Image, path: Path) -> None:
    """Write a PNG in one move, so that a reader never sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.tmp")
    image.save(aside, format="PNG")
    aside.replace(path)


def label_rows(columns: int, classes: int, rows: int | None = None) -> numpy.ndarray:
    """Labels `(rows * columns,)` for a grid: one class a row, from class 0 on, again from 0 after the last."""
    return numpy.repeat(numpy.arange(rows or columns) % classes, columns).astype(numpy.int64)


def save_individual(images: numpy.ndarray, folder: Path) -> None:
    """One PNG an image, `000000.png` on, pixel for pixel."""
    for index, image in enumerate(images):
        save_image(Image.fromarray(image[:, :, 0] if image.shape[2] == 1 else image), folder / f"{index:06d}.png")


def save_npz(
    images: numpy.ndarray, path: Path, labels: numpy.ndarray | None = None, class_names: tuple[str, ...] = ()
) -> None:
    """All images as `images`, uint8 `(N, H, W, C)`, and their `labels`, if any: what `--data FILE.npz` reads."""
    arrays = {"images": images}
    if labels is not None:
        arrays |= {"labels": labels, "classes": numpy.array(class_names)}
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        numpy.savez_compressed(file, **arrays)  # type: ignore[arg-type]
