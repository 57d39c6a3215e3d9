"""`ganzoo.json` and `config.json` of a model package. Imports pydantic, never torch.

    ganzoo.json   what the package holds and where it comes from: digests, tensors, provenance, metrics
    config.json   what the network is built from: variant, data spec, options

The manifest names only files from a fixed list, so there is no path in it that could lead anywhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated, Any, Literal, Self, TypeVar, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from ganzoo.core.data_spec import ClassLabels, Column, Condition, DataSpec, Density, ImageCondition, with_condition
from ganzoo.core.evaluation import Provenance
from ganzoo.core.latent import Latent
from ganzoo.core.sampling_option import SamplingOption
from ganzoo.errors import ConfigError, PackageError
from ganzoo.registry.packages import strict_json
from ganzoo.registry.packages.names import CONFIG, MANIFEST, WEIGHTS
from ganzoo.utils.digests import Digests
from ganzoo.utils.text import printable

CONFIG_BYTES = 256 * 1024

SCHEMA = 1
"""Of the manifest. A package of a later schema is refused, with the advice to upgrade."""

FileName = Literal["config.json", "model.safetensors", "inputs.safetensors", "model.onnx", "discriminator.safetensors"]
DType = Literal["F64", "F32", "F16", "BF16", "I64", "I32", "I16", "I8", "U8", "BOOL"]

_LONGEST_TEXT = 1000


def _shows(value: _Shown) -> _Shown:
    """Refuse what could steer a terminal or look like another text, wherever it stands: lists and errors show it."""
    plain = asdict(value) if isinstance(value, Provenance) else value
    if any(printable(text) != text or len(text) > _LONGEST_TEXT for text in _texts(plain)):
        raise ValueError("a text in it is too long, or has characters that cannot be shown")
    return value


def _plain_options(options: dict[str, SamplingOption]) -> dict[str, SamplingOption]:
    """As `_shows`, of sampling options."""
    _shows({name: asdict(option) for name, option in options.items()})
    return options


_Shown = TypeVar("_Shown", str, dict[str, Any], Provenance)
_Text = Annotated[str, AfterValidator(_shows)]
_Values = Annotated[dict[str, Any], AfterValidator(_shows)]
# A name of PEP 508 and a version of PEP 440: they stand in commands. Empty where a plugin was not installed.
_Distribution = Annotated[
    str, StringConstraints(max_length=100, pattern=r"^([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)?$")
]
_Version = Annotated[
    str,
    StringConstraints(
        max_length=100,
        pattern=r"(?i)^(v?(\d+!)?\d+(\.\d+)*([-_.]?(a|b|c|rc|alpha|beta|pre|preview)[-_.]?\d*)?"
        r"(-\d+|[-_.]?(post|rev|r)[-_.]?\d*)?([-_.]?dev[-_.]?\d*)?(\+[A-Za-z0-9]+([-_.][A-Za-z0-9]+)*)?)?$",
    ),
]
_Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
_Size = Annotated[int, Field(ge=0, le=2**40)]
_Dimension = Annotated[int, Field(ge=0, le=2**31)]
_Length = Annotated[int, Field(gt=0, le=2**20)]
_Variant = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=100)]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for pair in value.items():
            yield from _texts(pair)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class FileEntry(_Strict):
    """Size in bytes and sha256 of one file."""

    size: _Size
    sha256: _Digest


class TensorEntry(_Strict):
    """Shape and stored type of one tensor of `model.safetensors`."""

    shape: Annotated[tuple[_Dimension, ...], Field(max_length=8)]
    dtype: DType


class PluginEntry(_Strict):
    """The distribution that provided the variant when the package was made."""

    distribution: _Distribution
    version: _Version


class _Condition(_Strict):
    """The fields of `ClassLabels`, or those of `ImageCondition`. Not a union, whose errors would name its classes."""

    names: Annotated[tuple[_Text, ...], Field(min_length=1, max_length=10_000)] | None = None
    shape: tuple[_Length, _Length, _Length] | None = None
    paired: bool | None = None

    @model_validator(mode="after")
    def _check_one(self) -> Self:
        if (self.names is None) == (self.shape is None) or (self.shape is None) != (self.paired is None):
            raise ValueError("a condition has names of classes, or the shape of a source and whether it is paired")
        return self

    def to_condition(self) -> Condition:
        """As a `DataSpec` has it."""
        if self.names is not None:
            return ClassLabels(self.names)
        assert self.shape is not None
        return ImageCondition(self.shape, bool(self.paired))


class Spec(_Strict):
    """The fields of `DataSpec`."""

    name: _Text
    shape: Annotated[tuple[_Length, ...], Field(min_length=1, max_length=4)]
    count: _Size
    condition: _Condition | None
    kind: _Variant
    fit: _Text
    dtype: Literal["uint8", "uint16", "float32"] = "uint8"
    values: tuple[float, float] | None = None
    digest: _Digest | None
    license: _Text | None
    density: Density | None = None
    columns: Annotated[tuple[Column, ...], Field(max_length=10_000)] = ()
    extractor: _Text | None = None

    @model_validator(mode="after")
    def _check_columns(self) -> Self:
        if self.columns and (sum(column.width for column in self.columns),) != self.shape:
            raise ValueError("the columns have other numbers of features than the shape")
        return self

    @model_validator(mode="after")
    def _check_density(self) -> Self:
        if self.density is not None and (self.kind, self.shape) != ("vector", (self.density.dimensions,)):
            raise ValueError(f"a density of {self.density.dimensions} dimensions is not of such data")
        return self

    def to_data_spec(self) -> DataSpec:
        """As networks take it."""
        condition = None if self.condition is None else self.condition.to_condition()
        return DataSpec(**{**dict(self), "condition": condition})

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names in label order; empty when there are no labels."""
        return self.to_data_spec().class_names


class Evaluation(_Strict):
    """Figures of one checkpoint, and how they came about.

    Args:
        images: Real images that it was trained on.
        values: By metric, as `fid`.
        provenance: None where a run of an older ganzoo did not record it.
    """

    images: _Size
    values: dict[_Text, float | int]
    provenance: Annotated[Provenance, AfterValidator(_shows)] | None


class Manifest(_Strict):
    """`ganzoo.json`.

    Args:
        schema_version: `"schema"` in the file.
        variant: Its name.
        plugin: Where the variant came from.
        files: Size and sha256 of weights, config and ONNX. Card and picture are not in it: people edit them.
        tensors: Every tensor of `model.safetensors`.
        data: What was learned.
        images: Real images that these weights were trained on; `seed` of the run.
        checkpoint: `"final"`, or `"best"` by the run's own evaluation.
        training: The run's options, with no folders in them; `system` the machine, `libraries` versions.
        final: Figures at the end of the run, `best` at its best moment; None where it was not evaluated.
        license: Of the weights, as an SPDX identifier or in words; None if not known.
        latent: What the generator draws from, where that has named parts; the config says the rest.
        sampling_options: What it takes besides, by name.
    """

    schema_version: Annotated[int, Field(alias="schema", ge=SCHEMA, le=SCHEMA)]
    variant: _Variant
    plugin: PluginEntry
    files: dict[FileName, FileEntry]
    tensors: Annotated[dict[_Text, TensorEntry], Field(max_length=10_000)]
    data: Spec
    images: _Size
    seed: Annotated[int, Field(ge=0, le=2**63)]
    checkpoint: Literal["final", "best"]
    ema: _Text
    training: _Values
    system: _Values
    libraries: dict[_Text, _Text]
    final: Evaluation | None
    best: Evaluation | None
    license: _Text | None
    latent: Latent | None = None
    sampling_options: Annotated[dict[_Text, SamplingOption], AfterValidator(_plain_options), Field(max_length=100)] = {}

    def digests(self) -> Digests:
        """Of all files that it names."""
        return {name: (entry.size, entry.sha256) for name, entry in self.files.items()}

    def published(self) -> Evaluation | None:
        """Figures of the checkpoint that these weights are."""
        return self.best if self.checkpoint == "best" else self.final


class Stage(_Strict):
    """What the generator was told by `enter_stage`: resolution in pixels, and weight of the coarser level."""

    resolution: Annotated[int, Field(gt=0, le=2**14)]
    fade: Annotated[float, Field(ge=0, le=1)]


class PackageConfig(_Strict):
    """`config.json`: all that the generator is built from. The Hub counts downloads by it.

    Args:
        library_name: Always `"ganzoo"`.
        architecture: Name of the variant.
        ganzoo_api: Of the contract between variants and ganzoo.
        data: Given to the factory, with `model_args`, the variant's resolved options.
        stage: Entered after the weights are loaded.
    """

    library_name: Literal["ganzoo"]
    architecture: _Variant
    ganzoo_api: Annotated[int, Field(ge=1, le=1)]
    data: Spec
    stage: Stage
    model_args: _Values


_Model = TypeVar("_Model", bound=_Strict)


def parse_manifest(data: bytes, what: str = MANIFEST) -> Manifest:
    """Check `ganzoo.json`.

    Raises:
        PackageError: Naming the first field that is refused.
    """
    values = strict_json.parse(data, what)
    schema = values.get("schema")
    if isinstance(schema, int) and schema > SCHEMA:
        raise PackageError(f"{what} has schema {schema}, and this ganzoo reads {SCHEMA}: upgrade torch-ganzoo")
    unknown = [name for name in values["files"] if name not in get_args(FileName)] if _has_files(values) else []
    if unknown:
        raise PackageError(f"{what} names the file {unknown[0][:80]!r}, and may name {', '.join(get_args(FileName))}")
    for name in ("final", "best"):
        if isinstance(values.get(name), dict) and "protocol" in values[name]:
            raise PackageError(
                f"{what}: {name} has its protocol as a printed line, as an older ganzoo wrote it: push the model again "
                "from its run, or take out its figures by writing null for final and best"
            )
    manifest = _validate(Manifest, values, what)
    missing = [name for name in (WEIGHTS, CONFIG) if name not in manifest.files]
    if missing:
        raise PackageError(f"{what} does not name {missing[0]}, which every package has")
    return manifest


def parse_config(data: bytes, what: str = CONFIG) -> PackageConfig:
    """Check `config.json`.

    Raises:
        PackageError: Naming the first field that is refused.
    """
    return _validate(PackageConfig, strict_json.parse(data, what), what)


def _has_files(values: dict[str, Any]) -> bool:
    return isinstance(values.get("files"), dict)


def _validate(kind: type[_Model], values: dict[str, Any], what: str) -> _Model:
    current = {name: with_condition(value) if name == "data" else value for name, value in values.items()}
    try:
        # As JSON, in which a list is what a tuple is written as; strict values of Python would be refused.
        return kind.model_validate_json(json.dumps(current))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(_shown(part) for part in first["loc"]) or "the file"
        seen = re.sub(r"\s+", " ", repr(first["input"]))[:80]
        raise PackageError(f"{what}: {where} (={seen}): {first['msg']}") from error
    except ConfigError as error:
        raise PackageError(f"{what}: {error}") from error


def _shown(part: int | str) -> str:
    """A key that the file's author chose, fit for a message."""
    return printable(str(part)[:80])
