"""`VariantConfig`: a variant's options, their bounds and their presets. Imports pydantic, never torch."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Self, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails

from ganzoo.core.data_spec import DataSpec
from ganzoo.errors import ConfigError

_FACTORS = {"": 1, "k": 1_000, "m": 1_000_000}


def parse_count(value: Any) -> Any:
    """Turn `"200k"`, `"1.5M"` or `"50_000"` into an int; leave anything else for pydantic to judge."""
    if not isinstance(value, str):
        return value
    match = re.fullmatch(r"\s*(\d[\d_]*(?:\.\d+)?)\s*([kKmM]?)\s*", value)
    if match is None:
        raise ValueError("must be a whole number, and may end in k or M: 50000, 200k, 1.5M")
    # Not a float: 1.001k would be 1000.9999999999999.
    count = Decimal(match[1].replace("_", "")) * _FACTORS[match[2].lower()]
    if count != int(count):
        raise ValueError("must be a whole number of images")
    return int(count)


Count = Annotated[int, BeforeValidator(parse_count), Field(le=10**18)]
"""A number that may be written `200k` or `1.5M`."""


def parse_widths(value: Any) -> Any:
    """Turn `"256,512"` into `(256, 512)`; leave anything else for pydantic to judge."""
    return tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else value


Widths = Annotated[
    tuple[Annotated[int, Field(gt=0)], ...], BeforeValidator(parse_widths), Field(min_length=1, max_length=64)
]
"""Layer widths, written `256,512,1024`."""


class Options(BaseModel):
    """Frozen options: every field has a description, and becomes an option of the command line."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_bool(cls, value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, bool):
            annotation = cls.model_fields[str(info.field_name)].annotation
            # Pydantic would take true for 1.
            if _mentions(annotation, (int, float)) and not _mentions(annotation, (bool,)):
                raise ValueError("must be a number")
        return value

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> Self:
        """Build from option values.

        Raises:
            ConfigError: Naming the first option that is refused, its value and its bound.
        """
        try:
            return cls(**values)
        except ValidationError as error:
            raise ConfigError(_sentence(cls, error)) from error


class VariantConfig(Options):
    """Base of every variant's config.

    A subclass adds fields with a default and a description, and the class variable `presets`, which maps at
    least `"paper"` and `"laptop"` to the values in which they differ from the defaults. `resolutions` names the
    sides of square images, in pixels, that its networks are made for; empty: any. `rectangular` says that height and
    width may differ: of a size that is named, the shorter side is, and the longer one its multiple by a fraction whose
    denominator is 4 (7 of 28 pixels), as 96x64 of 64. `shapes` names shapes of samples that the
    conformance kit would not come upon, of data that is fit for this variant alone. `default_data` is what `--data` is
    when it is not given. `preset_notes` may say of a preset what a user should know who did not choose it. `small`
    holds values that make the networks tiny: the conformance kit builds every preset with them, with every value of
    each `Literal` and bool, and with the values that a field names in its `examples`.
    """

    default_data: ClassVar[str] = "mnist"
    resolutions: ClassVar[tuple[int, ...]] = ()
    rectangular: ClassVar[bool] = False
    shapes: ClassVar[tuple[tuple[int, ...], ...]] = ()
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {"paper": {}, "laptop": {}}
    preset_notes: ClassVar[Mapping[str, str]] = {}
    small: ClassVar[Mapping[str, Any]] = {}

    images: Count = Field(1_000_000, gt=0, description="length of the training in real images shown, as 200k or 2M")
    batch_size: Count = Field(64, gt=0, description="real images in one discriminator step")
    ema_images: Count = Field(
        10_000, ge=0, description="half-life, in images, of the generator's moving average; 0 turns averaging off"
    )

    @classmethod
    def resolve(cls, preset: str, given: Mapping[str, Any]) -> Self:
        """Defaults, overlaid by a preset, overlaid by what was given.

        Raises:
            ConfigError: If the preset is unknown or a value is refused.
        """
        if preset not in cls.presets:
            raise ConfigError(f"no preset is called {preset!r}: choose one of {', '.join(cls.presets)}")
        return cls.parse({**cls.presets[preset], **given})

    @classmethod
    def default_preset(cls, device_type: str, data: DataSpec) -> str:
        """The preset that is taken when none is named."""
        return "laptop" if device_type == "cpu" else "paper"

    @classmethod
    def default_resolution(cls, native: int) -> int:
        """The resolution that is taken without `--res`, for images of `native` pixels: theirs."""
        return native

    def uses_labels(self) -> bool:
        """Whether labels are used where the data has them; asked of variants to which they are optional."""
        return True

    def fitted(self, data: DataSpec) -> Self:
        """The same options with those worked out that depend on the data."""
        return self

    def check(self, data: DataSpec) -> None:
        """Refuse data that this variant cannot be built for, saying what is allowed. Must not import torch.

        Raises:
            ConfigError: If the data does not fit.
        """
        if len(data.shape) != 3:
            return
        _, height, width = data.shape
        short, long, size = min(height, width), max(height, width), f"{width}x{height}"
        if short != long and not self.rectangular:
            square = min(self.resolutions, key=lambda side: abs(side - short), default=short)
            raise ConfigError(f"these networks make square images, and {data.name} has {size}: give --res {square}")
        if self.resolutions and short not in self.resolutions:
            raise ConfigError(
                f"these networks make images of {', '.join(map(str, self.resolutions))} pixels, and {data.name} has "
                f"{size if short != long else short}: give one of them with --res"
            )
        # The coarsest feature map, which is doubled again and again, has so many pixels along the shorter side.
        step = short // (7 if short == 28 else 4)
        if self.resolutions and long % step:
            near = max(round(long / step), short // step) * step
            fit = f"{near}x{short}" if width > height else f"{short}x{near}"
            raise ConfigError(
                f"these networks make images whose longer side is a multiple of {step} where the shorter has {short} "
                f"pixels, and {data.name} has {size}: give --res {fit if near != short else short}"
            )


def _mentions(annotation: Any, kinds: tuple[type, ...]) -> bool:
    """Whether one of some types, or a value of it, is a part of an annotation."""
    return type(annotation) in kinds or annotation in kinds or any(_mentions(a, kinds) for a in get_args(annotation))


def _sentence(cls: type[BaseModel], error: ValidationError) -> str:
    first = error.errors()[0]
    name = str(first["loc"][0]) if first["loc"] else cls.__name__
    if first["type"] == "extra_forbidden":
        return f"{name!r} is not an option here: choose from {', '.join(sorted(cls.model_fields))}"
    return f"{option_name(name)} (={first['input']}) {refusal(first)}"


def refusal(error: ErrorDetails) -> str:
    """What pydantic says of a refused value, as the end of a sentence: `must be greater than 0`."""
    message = re.sub(r"^\w+ should ", "must ", error["msg"].removeprefix("Value error, "))
    return re.sub(r"^(?!must |is |has |(?:a|the) .* (?:must|has|are) )", "must be ", message)


def option_name(field: str) -> str:
    """The command-line spelling of a field: `batch_size` is `--batch-size`; `from_`, a Python word, is `--from`."""
    return "--" + field.rstrip("_").replace("_", "-")
