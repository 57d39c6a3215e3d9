"""`OnnxModel`: an exported file, sampled by onnxruntime. Imports no torch.

The file may be a third party's. It can run no code; here it must also be whole, hold all its weights itself, and have
inputs as its metadata describes them.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ganzoo.core.data_spec import DataSpec
from ganzoo.core.latent import Latent
from ganzoo.errors import GanzooError
from ganzoo.export import metadata
from ganzoo.export.metadata import Metadata
from ganzoo.sampling import generate as sampling

LARGEST_BYTES = 2**31 - 1
"""Of a file: protobuf has no larger message."""

LATENTS, LABELS, SAMPLES = "latents", "labels", "samples"


@dataclass(frozen=True)
class OnnxGenerator:
    """The graph.

    Args:
        latent: The distribution of what goes in.
        shape: Of one sample.
        path: For messages.
        session: An `onnxruntime.InferenceSession`.
    """

    latent: Latent
    shape: tuple[int, ...]
    path: Path
    session: Any

    def __call__(self, latents: NDArray[np.float32], labels: NDArray[np.int64] | None) -> NDArray[Any]:
        """What the graph gives, in one batch: float32 `(N, *shape)`, or uint8 `(N, 3, H, W)`.

        Raises:
            GanzooError: If onnxruntime fails, or the graph gives something else.
        """
        feed = {LATENTS: latents} if labels is None else {LATENTS: latents, LABELS: labels}
        try:
            samples: NDArray[Any] = self.session.run(None, feed)[0]
        except Exception as error:  # its errors have no common base
            raise GanzooError(f"{self.path}: onnxruntime cannot compute it: {first_line(error)}") from error
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

    def generate(self, latents: NDArray[np.float32], labels: list[int] | None = None) -> NDArray[np.float32]:
        """Samples of given latents, with the classes given or in turn; of a graph that ends in uint8 scaled back.

        Args:
            latents: `(N, *generator.latent.shape)` float32.
            labels: One class for each, of a conditional model.

        Returns:
            `(N, *shape)` float32, images nominally in [-1, 1].

        Raises:
            ConfigError: If labels do not fit.
            GanzooError: If onnxruntime fails.
        """
        checked, parts = self.labels(len(latents), labels), []
        for start in range(0, len(latents), sampling.BATCH):
            batch = slice(start, start + sampling.BATCH)
            samples = self.generator(latents[batch], None if checked is None else checked[batch])
            if samples.dtype == np.uint8:
                samples = samples[:, : self.spec.channels] / np.float32(127.5) - np.float32(1)
            parts.append(samples)
        return np.concatenate(parts)

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
    session = _session(data, path)
    _check_inputs(session, described, path)
    generator = OnnxGenerator(described.latent, described.shape, path, session)
    return OnnxModel(path.stem, described.variant, generator, described.data, described.conditional, described.images)


def need(module: str) -> Any:
    """Import a module of the extra `onnx`.

    Raises:
        GanzooError: If it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise GanzooError(f'ONNX files need {error.name}: pip install "torch-ganzoo[onnx]"') from error


def first_line(error: BaseException) -> str:
    """What an error of a library says, cut to a length that fits into a sentence."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)[:300].rstrip(". ")


def messages(message: Any) -> Iterator[Any]:
    """A protobuf message and all below it."""
    yield message
    for field, value in message.ListFields():
        if field.message_type is not None:
            for part in [value] if hasattr(value, "ListFields") else value:
                yield from messages(part)


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
    except protobuf.DecodeError as error:
        raise GanzooError(f"{path} is not a whole ONNX file: it was cut short, or is something else") from error
    texts = [entry.value for entry in model.metadata_props if entry.key == metadata.KEY]
    if len(texts) != 1:
        raise GanzooError(f"{path} was not made by `ganzoo export`: it has no metadata {metadata.KEY!r}")
    # onnxruntime would read such weights from wherever the file says.
    if any(
        isinstance(part, onnx.TensorProto) and (part.data_location or part.external_data) for part in messages(model)
    ):
        raise GanzooError(f"{path} keeps weights in other files, which are never read: export it again, into one file")
    return metadata.parse(texts[0], str(path))


def _session(data: bytes, path: Path) -> Any:
    onnxruntime = need("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    # As torch does, so that one variable holds both.
    options.intra_op_num_threads = int(threads) if (threads := os.environ.get("OMP_NUM_THREADS", "")).isdecimal() else 0
    try:
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its errors have no common base
        raise GanzooError(f"{path}: onnxruntime cannot load it: {first_line(error)}") from error


def _check_inputs(session: Any, described: Metadata, path: Path) -> None:
    wanted = [(LATENTS, "tensor(float)", list(described.latent.shape))]
    if described.conditional:
        wanted.append((LABELS, "tensor(int64)", []))
    found = [(given.name, given.type, given.shape[1:]) for given in session.get_inputs()]
    if found != wanted:
        raise GanzooError(f"{path} takes {found}, and its metadata says {wanted}: it was changed after its export")
