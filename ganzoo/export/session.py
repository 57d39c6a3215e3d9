"""`OnnxModel`: an exported file, sampled by onnxruntime. Imports no torch.

The file may be a third party's. It can run no code; here it must also be whole, hold all its weights itself, and have
inputs as its metadata describes them.
"""

from __future__ import annotations

import importlib
import importlib.util
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ganzoo.core.data_spec import DataSpec
from ganzoo.core.latent import Latent
from ganzoo.core.sampling_option import SamplingOption, Settable
from ganzoo.errors import ConfigError, GanzooError
from ganzoo.export import metadata
from ganzoo.export.metadata import Metadata
from ganzoo.export.process import OnnxProcess, first_line
from ganzoo.sampling import generate as sampling
from ganzoo.sampling.settings import Settings

LARGEST_BYTES = 2**31 - 1
"""Of a file: protobuf has no larger message."""

BATCH_BYTES = 64 * 2**20
"""Of the latents or the samples of one batch."""
RESULT_BYTES = 8 * 2**30
"""The most that all samples together may take, as the file says how large they are."""

LATENTS, LABELS, SOURCE, SAMPLES = "latents", "labels", "source", "samples"


def input_names(spec: DataSpec, latent: Latent, *, labels: bool, options: Sequence[str] = ()) -> list[str]:
    """Of a graph: what its generator takes, without latents of length 0, and then its numeric options."""
    taken = {LATENTS: latent.shape != (0,), LABELS: labels, SOURCE: spec.source is not None}
    return [*(name for name, there in taken.items() if there), *options]


@dataclass(frozen=True)
class OnnxGenerator:
    """The graph.

    Args:
        latent: The distribution of what goes in.
        sampling_options: Numbers that go in, in the order of the graph's inputs.
        shape: Of one sample.
        path: For messages.
        process: That computes it.
        source: Shape of one source image; None where it takes none.
    """

    latent: Latent
    sampling_options: Mapping[str, SamplingOption]
    shape: tuple[int, ...]
    path: Path
    process: OnnxProcess
    source: tuple[int, ...] | None = None

    @property
    def batch(self) -> int:
        """How many are computed at once: as many as `BATCH_BYTES` hold, at most `sampling.BATCH`."""
        numbers = max(math.prod(self.shape), math.prod(self.latent.shape), math.prod(self.source or ()))
        return max(1, min(sampling.BATCH, BATCH_BYTES // (4 * numbers)))

    def __call__(
        self, latents: NDArray[np.float32], condition: NDArray[Any] | None, options: Mapping[str, float | str]
    ) -> NDArray[Any]:
        """What the graph gives, in one batch: float32 `(N, *shape)`, or uint8 `(N, 3, H, W)`.

        Raises:
            GanzooError: If onnxruntime fails, or the graph gives something else.
        """
        given = [array for array in (latents, condition) if array is not None and array.size]
        given += [np.array(options.get(name, option.default), "f4") for name, option in self.sampling_options.items()]
        samples = self.process.run(given, 4 * len(latents) * math.prod(self.shape) + 2**20)
        shape = (len(latents), *self.shape) if samples.dtype == np.float32 else (len(latents), 3, *self.shape[1:])
        if samples.shape != shape or samples.dtype not in (np.float32, np.uint8):
            raise GanzooError(f"{self.path} gave {samples.dtype} {samples.shape}, and its metadata says {shape}")
        return samples


@dataclass(frozen=True)
class OnnxModel:
    """An exported model, for what needs neither torch nor gradients; `ganzoo.Model` says what the fields are."""

    name: str
    variant: str
    generator: OnnxGenerator
    spec: DataSpec
    conditional: bool
    images: int

    def generate(
        self, latents: NDArray[np.float32], labels: list[int] | None = None, set: Settable | None = None
    ) -> NDArray[np.float32]:
        """Samples of given latents, with the classes given or in turn; of a graph that ends in uint8 scaled back.

        Args:
            latents: `(N, *generator.latent.shape)` float32.
            labels: One class for each, of a conditional model.
            set: Parts of the latents, and numbers that the graph takes, by name.

        Returns:
            `(N, *shape)` float32, images nominally in [-1, 1].

        Raises:
            ConfigError: If labels or what is set do not fit.
            GanzooError: If onnxruntime fails.
        """
        if self.spec.source is not None:
            raise ConfigError(
                f"{self.name} makes images of images, and a file has none with it: `ganzoo translate "
                f"{self.generator.path} FOLDER` makes some"
            )
        settings = Settings.of(self, set)
        return self.computed(settings.applied(latents), self.labels(len(latents), labels), settings.options)

    def computed(
        self,
        latents: NDArray[np.float32],
        condition: NDArray[Any] | None = None,
        options: Mapping[str, float | str] | None = None,
    ) -> NDArray[np.float32]:
        """As `generate`, of labels or sources and of options that are as the graph takes them."""
        needed = 4 * len(latents) * math.prod(self.generator.shape)
        if needed > RESULT_BYTES:
            raise ConfigError(
                f"{len(latents):,} samples of {self.name}, {self.generator.shape}, take {needed / 2**30:.0f} GiB, and "
                f"{RESULT_BYTES // 2**30} GiB are the most: ask for fewer with -n"
            )
        parts, size = [], self.generator.batch
        for start in range(0, len(latents), size):
            batch = slice(start, start + size)
            samples = self.generator(latents[batch], None if condition is None else condition[batch], options or {})
            if samples.dtype == np.uint8:
                samples = samples[:, : self.spec.channels] / np.float32(127.5) - np.float32(1)
            parts.append(samples)
        return np.concatenate(parts)

    def translated(
        self, latents: NDArray[np.float32], sources: NDArray[np.float32], set: Settable | None = None
    ) -> NDArray[np.float32]:
        """As `ganzoo.Model.translated`."""
        settings = Settings.of(self, set)
        return self.computed(settings.applied(latents), sources, settings.options)

    def labels(self, count: int, labels: list[int] | None = None) -> NDArray[np.int64] | None:
        """As `ganzoo.Model.labels`."""
        return sampling.labels_of(self, count, labels)

    def label_of(self, text: str) -> int:
        """As `ganzoo.Model.label_of`."""
        return sampling.label_of(self, text)


def load_onnx(path: Path) -> OnnxModel:
    """Load a file that `ganzoo export` wrote. Its name is the file's: the one inside is a third party's.

    Raises:
        GanzooError: If it cannot be read, is not ONNX or not ours, or onnxruntime is missing.
    """
    data = _read(path)
    described = _describe(data, path)
    if not is_installed("onnxruntime"):
        raise _missing("onnxruntime")
    process = OnnxProcess(data, path)
    _check_inputs(process, described, path)
    source = None if described.data.source is None else described.data.source.shape
    generator = OnnxGenerator(described.latent, described.options, described.shape, path, process, source)
    return OnnxModel(path.stem, described.variant, generator, described.data, described.conditional, described.images)


def need(module: str) -> Any:
    """Import a module of the extra `onnx`.

    Raises:
        GanzooError: If it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise _missing(error.name) from error


def is_installed(module: str) -> bool:
    """Whether a module is there, without importing it."""
    try:
        return importlib.util.find_spec(module) is not None
    except ValueError:
        return False


def _missing(module: str | None) -> GanzooError:
    return GanzooError(f'ONNX files need {module}: pip install "torch-ganzoo[onnx]"')


def messages(message: Any) -> Iterator[Any]:
    """A protobuf message and all below it."""
    yield message
    for field, value in message.ListFields():
        if field.message_type is not None:
            for part in [value] if hasattr(value, "ListFields") else value:
                yield from messages(part)


def _tensors(model: Any, onnx: Any, path: Path) -> list[Any]:
    """All weights and constants of a graph and of those inside."""
    try:
        return [part for part in messages(model) if isinstance(part, onnx.TensorProto)]
    except (UnicodeDecodeError, RecursionError) as error:
        raise GanzooError(f"{path} has a graph that cannot be read: {first_line(error)}") from error


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise GanzooError(f"{path} is larger than 2 GiB, which no ONNX file is")
        return path.read_bytes()
    except OSError as error:
        raise GanzooError(f"{path} cannot be read: {error.strerror or error}") from error


def _describe(data: bytes, path: Path) -> Metadata:
    onnx, protobuf = need("onnx"), need("google.protobuf.message")
    try:
        model = onnx.ModelProto.FromString(data)
        texts = [entry.value for entry in model.metadata_props if entry.key == metadata.KEY]
    except protobuf.DecodeError as error:
        raise GanzooError(f"{path} is not a whole ONNX file: it was cut short, or is something else") from error
    except UnicodeDecodeError as error:
        raise GanzooError(f"{path} has text that is no UTF-8: it was not made by `ganzoo export`") from error
    # protobuf gives bytes for what is no UTF-8.
    if not all(isinstance(text, str) for text in texts):
        raise GanzooError(f"{path} has metadata that is no UTF-8: it was not made by `ganzoo export`")
    if len(texts) != 1:
        raise GanzooError(f"{path} was not made by `ganzoo export`: it has no metadata {metadata.KEY!r}")
    # onnxruntime would read such weights from wherever the file says.
    tensors = _tensors(model, onnx, path)
    if any(tensor.data_location or tensor.external_data for tensor in tensors):
        raise GanzooError(f"{path} keeps weights in other files, which are never read: export it again, into one file")
    claimed = sum(8 * math.prod(tensor.dims) for tensor in tensors)
    if any(min(tensor.dims, default=0) < 0 for tensor in tensors) or claimed > 64 * LARGEST_BYTES:
        raise GanzooError(f"{path} has weights of impossible sizes: it was changed after its export")
    return metadata.parse(texts[0], str(path))


def _check_inputs(process: OnnxProcess, described: Metadata, path: Path) -> None:
    source = [] if described.data.source is None else list(described.data.source.shape)
    kinds = {LATENTS: ("tensor(float)", list(described.latent.shape)), LABELS: ("tensor(int64)", [])}
    kinds |= {SOURCE: ("tensor(float)", source), **dict.fromkeys(described.options, ("tensor(float)", []))}
    names = input_names(described.data, described.latent, labels=described.conditional, options=list(described.options))
    wanted = [(name, *kinds[name]) for name in names]
    # Options have no dimension for N.
    found = [(name, kind, shape[name not in described.options :]) for name, kind, shape in process.inputs]
    if found != wanted:
        raise GanzooError(f"{path} takes {found}, and its metadata says {wanted}: it was changed after its export")
