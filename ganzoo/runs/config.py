"""`RunConfig`: what a run's `config.json` holds. Imports pydantic, never torch."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from inspect import signature
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, JsonValue, ValidationError

from ganzoo import plugins
from ganzoo.core.config import Count, Options, refusal
from ganzoo.core.data_spec import ClassLabels, DataSpec, Density, ImageCondition, Note, with_condition
from ganzoo.core.descriptors import DataModality
from ganzoo.core.dotted import NAME
from ganzoo.data.options import DataOptions
from ganzoo.errors import ConfigError, PackageError, RunError
from ganzoo.plugins.modalities import modality_of
from ganzoo.registry.packages import strict_json
from ganzoo.runs.options import TrainOptions
from ganzoo.utils.files import read_regular, write_atomically


class PluginVersion(Options):
    """What provided the variant: a plugin's name, its distribution, and the version of that."""

    name: str
    distribution: str
    version: str


class VariantOptions(Options):
    """The variant's options as plain values, so that a run whose plugin is not here can be read; see `Plan.of_run`."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, JsonValue] = Field(init=False)

    images: Count = Field(gt=0)


def _possible(spec: DataSpec) -> DataSpec:
    if not 0 < len(spec.shape) < 5 or not all(0 < n <= 2**20 for n in spec.shape):
        raise ValueError(f"must have a shape of numbers from 1 to {2**20}, and has {spec.shape}")
    if not NAME.fullmatch(spec.kind):
        raise ValueError(f"must have the name of a modality as kind, and has {spec.kind!r}")
    # Of a kind whose plugin is not here the run can still be listed.
    if spec.kind in plugins.registry().registered(DataModality):
        modality_of(spec.kind).check_shape(spec.shape)
    if spec.columns and (sum(column.width for column in spec.columns),) != spec.shape:
        raise ValueError(f"must have columns of {spec.shape} features, and has other ones")
    if spec.count < 1:
        raise ValueError(f"must have a count above 0, and has {spec.count}")
    if spec.density is not None and (spec.density.dimensions,) != spec.shape:
        raise ValueError(f"must have a density of {spec.shape} and has one of {spec.density.dimensions} dimensions")
    return spec


class RunConfig(Options):
    """All that a run was asked for, resolved, and what it ran on. It is never changed: `changed` makes another.

    Args:
        variant: Its name.
        plugin: What provided it.
        preset: Its name.
        options: Of the variant.
        training: All other options.
        data: Which samples it learns from.
        spec: Of these.
        system: As of `ganzoo.engine.device.describe`.
        given: Names of the options that were given, by hand, in a file, or as those of another run; the preset, the
            data or a default decided the others. Empty in a config that an older ganzoo wrote.
    """

    variant: str
    plugin: PluginVersion
    preset: str
    options: VariantOptions
    training: TrainOptions
    data: DataOptions
    spec: Annotated[DataSpec, BeforeValidator(with_condition), AfterValidator(_possible)]
    system: Mapping[str, JsonValue]
    given: tuple[str, ...] = ()

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read and check a file. A field that has a default may be missing: an older ganzoo did not know it.

        Raises:
            OSError: If it cannot be read.
            RunError: If it holds no config: file, field, what was seen and what is allowed.
        """
        try:
            values = strict_json.parse(read_regular(path), str(path))
            # What JSON can hold, and neither a terminal nor the name of a file can.
            if re.search(r"\\u0000|[\ud800-\udfff]", json.dumps(values, ensure_ascii=False)):
                raise RunError(f"{path} has a text in it with half a surrogate pair or a NUL, which no text can hold")
            return cls.model_validate(values)
        except PackageError as error:
            raise RunError(str(error)) from error
        except ValidationError as error:
            raise RunError(f"{path}: {_sentence(error)}") from error

    def write(self, path: Path) -> None:
        """Write a file in one move.

        Raises:
            OSError: If it cannot be written.
        """
        write_atomically(path, json.dumps(self.to_dict(), indent=2) + "\n")

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as the file holds them."""
        return self.model_dump(mode="json")

    def changed(self, **given: Any) -> Self:
        """The config of a run that goes on, with other values of what is in `CHANGEABLE`.

        Raises:
            ConfigError: If one is refused, or may not be changed.
        """
        for name in given:
            if name not in CHANGEABLE:
                raise ConfigError(f"{name!r} stays as the run began: what may change is {', '.join(CHANGEABLE)}")
        parts = {"options": self.options, "data": self.data, "training": self.training}
        for name, part in parts.items():
            mine = {option: value for option, value in given.items() if CHANGEABLE[option] == name}
            if mine:
                parts[name] = type(part).parse({**dict(part), **mine})
        return self.model_copy(update={**parts, "given": tuple(sorted({*self.given, *given}))})


CHANGEABLE = {
    "images": "options",
    **dict.fromkeys(("data", "data_root", "data_memory", "data_disk", "workers"), "data"),
    **dict.fromkeys(("device", "eval_every", "eval_metrics", "eval_samples"), "training"),
    **dict.fromkeys(("sample_every", "checkpoint_every", "keep", "log_every"), "training"),
}
"""What of a run may change when it goes on, and where it is in the config: nothing that the weights depend on."""

_OWNERS: dict[tuple[str, ...], Any] = {
    (): RunConfig,
    ("plugin",): PluginVersion,
    ("training",): TrainOptions,
    ("data",): DataOptions,
    ("spec",): DataSpec,
    ("spec", "condition", "ClassLabels"): ClassLabels,
    ("spec", "condition", "ImageCondition"): ImageCondition,
    ("spec", "density"): Density,
    ("spec", "notes"): Note,
}

_IN_JSON = dict.fromkeys(("model_type", "dataclass_type", "dict_type"), "an object") | {"tuple_type": "a list"}
"""What JSON calls what pydantic wants."""


def _sentence(error: ValidationError) -> str:
    """The first refusal, by the names in the file."""
    first = error.errors(include_url=False)[0]
    place, seen = first["loc"], f"{json.dumps(first['input'], default=str):.80}"
    name = ".".join(map(str, place))
    match first["type"]:
        case "missing":
            return f"{name} is missing, and every run has it"
        case "extra_forbidden" | "unexpected_keyword_argument":
            owner = _OWNERS[tuple(part for part in place[:-1] if isinstance(part, str))]
            return f"{name} (={seen}) is no field: choose from {', '.join(signature(owner).parameters)}"
        case kind if kind in _IN_JSON:
            return f"{name} (={seen}) must be {_IN_JSON[kind]}"
    # Below a field of two levels there are only items of lists.
    return f"{'.'.join(map(str, place[:2]))} (={seen}) {refusal(first)}"
