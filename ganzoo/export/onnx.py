"""`export_onnx`: a model as one ONNX file, which is kept only if onnxruntime makes of it what PyTorch makes."""

from __future__ import annotations

import copy
import io
import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from ganzoo.core.sampling_option import Settable
from ganzoo.errors import ConfigError, GanzooError
from ganzoo.export import agreement
from ganzoo.export.agreement import Figures
from ganzoo.export.metadata import KEY, Metadata
from ganzoo.export.process import first_line
from ganzoo.export.session import SAMPLES, input_names, messages, need
from ganzoo.plugins.modalities import modality_of
from ganzoo.sampling.settings import Settings
from ganzoo.utils.files import replacing
from ganzoo.utils.version import __version__

if TYPE_CHECKING:
    from ganzoo.core.networks import Generator
    from ganzoo.sampling.generate import TorchModel

OPSETS = (18, 25)
"""The lowest and the highest that torch's exporter writes without a detour."""


@dataclass(frozen=True, slots=True)
class Exported:
    """A file that was kept.

    Args:
        path: Where it is; `size_bytes` its length.
        opset: Version of ONNX's operators.
        figures: How far it is from PyTorch.
    """

    path: Path
    size_bytes: int
    opset: int
    figures: Figures


def export_onnx(
    model: TorchModel,
    out: Path,
    *,
    opset: int | None = None,
    fp16: bool = False,
    uint8: bool = False,
    set: Settable | None = None,
    provenance: dict[str, str] | None = None,
) -> Exported:
    """Write a model's generator, at the resolution that it has reached, and compare it with PyTorch.

    The graph takes `latents`, float32 `(N, *latent.shape)`, unless there is no noise; of a conditional model `labels`,
    int64 `(N,)`; of one that makes images of images `source`, float32 `(N, *source.shape)`; and each number among the
    generator's sampling options, float32 without a dimension, under its own name. It gives `samples`, float32
    `(N, *shape)`. N is free. The same model gives the same bytes.

    Args:
        model: Anything that `ganzoo.load` gives.
        out: File to write, `*.onnx`; one that is there is replaced, but only by one that passed.
        opset: Version of ONNX's operators, within `OPSETS`; None: what torch's exporter prefers.
        fp16: Weights and arithmetic in half precision.
        uint8: End in `round((x + 1) * 127.5)`, uint8 RGB `(N, 3, H, W)`, gray repeated.
        set: Sampling options that the graph has no input for, and their values; a choice is settled by its default.
        provenance: More for `Metadata.provenance`.

    Raises:
        ConfigError: If an option does not fit the model.
        GanzooError: If the network cannot be exported, or the file differs too much; nothing is left behind then.
    """
    _check_options(model, out, opset, uint8=uint8)
    fixed = _fixed(model, set)
    for module in ("onnx", "onnxruntime", "onnxscript"):
        need(module)
    proto = _graph(model, opset, fixed, fp16=fp16, uint8=uint8)
    _describe(proto, model, fixed, fp16=fp16, uint8=uint8, provenance=provenance or {})
    _check_graph(proto, model)
    with replacing(out) as aside:
        aside.write_bytes(proto.SerializeToString(deterministic=True))
        figures = agreement.compare(model, aside, fixed, fp16=fp16, uint8=uint8)
        if not figures.within:
            raise GanzooError(f"{model.name} was not exported: the file gives other samples{_noise(proto)}: {figures}")
        return Exported(out, aside.stat().st_size, _opset(proto), figures)


class _Graph(nn.Module):
    """What is exported: the generator between float32 latents and samples."""

    def __init__(
        self,
        generator: Generator,
        numbers: Sequence[str],
        fixed: Mapping[str, float | str],
        *,
        fp16: bool,
        uint8: bool,
    ) -> None:
        super().__init__()
        self.generator, self.numbers, self.fixed, self.fp16, self.uint8 = generator, numbers, fixed, fp16, uint8
        self.eval()

    def forward(self, *inputs: Tensor) -> Tensor:
        given = [x.half() if self.fp16 and x.is_floating_point() else x for x in inputs]
        given, numbers = given[: len(given) - len(self.numbers)], given[len(given) - len(self.numbers) :]
        if not self.generator.latent.shape[0]:
            given = [given[0].new_empty(len(given[0]), 0), *given]
        options = {**self.fixed, **dict(zip(self.numbers, numbers, strict=True))}
        samples: Tensor = self.generator(*given, **options).float()
        if not self.uint8:
            return samples
        pixels = ((samples + 1.0) * 127.5).round().clamp(0, 255).to(torch.uint8)
        return pixels.expand(-1, 3, -1, -1) if pixels.shape[1] == 1 else pixels


def _check_options(model: TorchModel, out: Path, opset: int | None, *, uint8: bool) -> None:
    if out.suffix.lower() != ".onnx":
        raise ConfigError(f"--out (={out}) must end in .onnx, such as {out.with_suffix('.onnx')}")
    if out.is_dir():
        raise ConfigError(f"--out (={out}) is a folder: name a file in it, such as {out / 'model.onnx'}")
    if opset is not None and not OPSETS[0] <= opset <= OPSETS[1]:
        raise ConfigError(f"--opset (={opset}) must lie between {OPSETS[0]} and {OPSETS[1]}")
    if uint8 and (len(model.spec.shape) != 3 or model.spec.channels not in (1, 3)):
        made = modality_of(model.spec.kind).samples
        raise ConfigError(
            f"--uint8 is for gray and color images, and {model.name} makes {made} of shape {model.spec.shape}: "
            "leave it out"
        )


def _fixed(model: TorchModel, set: Settable | None) -> dict[str, float | str]:
    """The sampling options that are settled: those that were set, and all that are a choice."""
    settings = Settings.of(model, set)
    if settings.parts:
        named = next(name for name in set or {} if name not in settings.options)
        raise ConfigError(
            f"{named} is a part of the latents, which go into the file: leave it out, and sample the file with --set"
        )
    choices = {name: option.default for name, option in model.generator.sampling_options.items() if option.choices}
    return {**choices, **settings.options}


def _graph(model: TorchModel, opset: int | None, fixed: Mapping[str, float | str], *, fp16: bool, uint8: bool) -> Any:
    """An `onnx.ModelProto` of the model."""
    generator = copy.deepcopy(model.generator).cpu()
    if fp16:
        _halve(generator)
    # Two samples: torch.export takes sizes 0 and 1 for constants.
    inputs = [torch.from_numpy(given) for given in agreement.inputs(model, 2) if given is not None and given.size]
    numbers = agreement.numbers(model, 2, fixed)
    try:
        with _quiet():
            program = torch.onnx.export(
                _Graph(generator, list(numbers), fixed, fp16=fp16, uint8=uint8),
                (*inputs, *(torch.tensor(value) for value in numbers.values())),
                dynamo=True,
                dynamic_shapes=((*({0: "batch"} for _ in inputs), *({} for _ in numbers)),),
                input_names=input_names(
                    model.spec, model.generator.latent, labels=model.conditional, options=list(numbers)
                ),
                output_names=[SAMPLES],
                opset_version=opset,
                external_data=False,
                verbose=False,
            )
    except torch.onnx.OnnxExporterError as error:
        settled = " ".join(f"--set {name}={value:g}" for name, value in numbers.items())
        advice = f"; with {settled}, which settles what it would take as an input, it may" if settled else ""
        raise GanzooError(
            f"{model.name} cannot be exported: torch's exporter does not take the generator of {model.variant}: "
            f"{_root(error)}{advice}"
        ) from error
    assert program is not None
    proto = program.model_proto
    if opset is not None and _opset(proto) != opset:
        raise GanzooError(f"{model.name} cannot be exported with --opset {opset}: leave it out for {_opset(proto)}")
    return proto


def _halve(generator: Generator) -> None:
    """Half precision for all, also for the fade of `enter_stage`, which is neither parameter nor buffer."""
    generator.half()
    for module in generator.modules():
        for name, value in vars(module).items():
            if isinstance(value, Tensor) and value.is_floating_point():
                setattr(module, name, value.half())


def _describe(
    proto: Any,
    model: TorchModel,
    fixed: dict[str, float | str],
    *,
    fp16: bool,
    uint8: bool,
    provenance: dict[str, str],
) -> None:
    # The exporter notes lines of code, with their paths on this machine.
    for message in list(messages(proto)):
        for field in ("metadata_props", "doc_string"):
            if field in message.DESCRIPTOR.fields_by_name:
                message.ClearField(field)
    described = Metadata(
        ganzoo=__version__,
        name=model.name,
        variant=model.variant,
        images=model.images,
        conditional=model.conditional,
        latent=model.generator.latent,
        options={name: option for name, option in model.generator.sampling_options.items() if name not in fixed},
        fixed=fixed,
        data=model.spec,
        shape=agreement.reference(model, 1, fixed).shape[1:],
        fp16=fp16,
        uint8=uint8,
        provenance=dict(sorted({"torch": torch.__version__, **provenance}.items())),
    )
    proto.metadata_props.add(key=KEY, value=described.model_dump_json())
    proto.producer_name, proto.producer_version = "ganzoo", __version__


def _check_graph(proto: Any, model: TorchModel) -> None:
    try:
        need("onnx").checker.check_model(proto, full_check=True)
    except Exception as error:  # its errors have no common base
        raise GanzooError(
            f"{model.name} cannot be exported: onnx finds its graph invalid: {first_line(error)}"
        ) from error


def _opset(proto: Any) -> int:
    return next(int(entry.version) for entry in proto.opset_import if not entry.domain)


def _noise(proto: Any) -> str:
    """The likely reason for other samples: noise, which no two programs draw alike."""
    drawn = sorted({node.op_type for node in proto.graph.node if node.op_type.startswith("Random")})
    return f", because its forward draws random numbers ({', '.join(drawn)})" if drawn else ""


def _root(error: BaseException) -> str:
    """What an exporter's error says at its root; its own text is a page of advice."""
    while error.__cause__ is not None:
        error = error.__cause__
    return first_line(error)


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence torch's exporter, which warns of its own future, logs what it tries and prints where it failed."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
