"""What an exported file says of itself: one JSON value under the metadata key `ganzoo`. Never imports torch."""

from __future__ import annotations

import json
import math
import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ganzoo.core.data_spec import DataSpec, with_condition
from ganzoo.core.dotted import NAME
from ganzoo.core.latent import Latent, Uniform
from ganzoo.core.sampling_option import SamplingOption
from ganzoo.errors import GanzooError

KEY = "ganzoo"

LARGEST_BYTES = 1024 * 1024
"""The most metadata that is read."""

_LARGEST_SAMPLE = 2**26
"""Numbers in one latent or sample: a file may not ask for more memory than any network of ours would."""

_LARGEST_LATENT = 2**20
_LARGEST_BOUND = 1e6

Shape = Annotated[tuple[Annotated[int, Field(gt=0)], ...], Field(min_length=1, max_length=4)]


class Metadata(BaseModel):
    """All that sampling needs to know, and where the weights come from.

    Args:
        format: Of this value.
        ganzoo: Version that exported.
        name: Of the model; `variant` of its networks.
        images: Real images that it was trained on.
        conditional: The graph has an input `labels`, int64 (N,), beside `latents`, float32 (N, *latent.shape).
        latent: What `latents` are drawn from.
        options: Numbers that the graph takes besides, float32 of no dimension, by the names of their inputs.
        fixed: Sampling options that were settled when it was exported.
        data: What was learned, with the names of its classes and its license.
        shape: Of one sample; smaller than `data.shape` where a growing network had not grown up.
        fp16: The graph computes in half precision; what goes in and comes out is float32 all the same.
        uint8: The output is uint8 RGB (N, 3, H, W), and not float32 (N, *shape), images nominally in [-1, 1].
        provenance: Whatever else is known: the run, its checkpoint, versions, the license of the weights.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    format: Literal[1] = 1
    ganzoo: str
    name: str
    variant: str
    images: int = Field(ge=0)
    conditional: bool
    latent: Latent
    options: dict[str, SamplingOption] = {}
    fixed: dict[str, float | str] = {}
    data: DataSpec
    shape: Shape
    fp16: bool
    uint8: bool
    provenance: dict[str, str]

    @model_validator(mode="after")
    def _check(self) -> Metadata:
        source = self.data.source.shape if self.data.source is not None else (1,)
        for shape in (self.data.shape, source):
            if not shape or min(shape) < 1:
                raise ValueError(f"a shape (={shape}) must have positive lengths")
        # A length of 0 is that of a generator without noise, which makes images of images.
        if not self.latent.shape or min(self.latent.shape) < (0 if self.data.source is not None else 1):
            raise ValueError(f"a shape (={self.latent.shape}) must have positive lengths")
        for what, shape, most in (
            ("sample", self.shape, _LARGEST_SAMPLE),
            ("latent", self.latent.shape, _LARGEST_LATENT),
            ("source", source, _LARGEST_SAMPLE),
        ):
            if math.prod(shape) > most:
                raise ValueError(f"one {what} has more than {most:,} numbers")
        for low, high in self._ranges():
            if not -_LARGEST_BOUND <= low < high <= _LARGEST_BOUND:
                raise ValueError(
                    f"numbers between {low} and {high} are not drawn: bounds lie within {_LARGEST_BOUND:g}"
                )
        if any(option.choices for option in self.options.values()):
            raise ValueError("an input of the graph is a number, and no choice")
        if len(self.shape) != len(self.data.shape) or self.shape[0] != self.data.shape[0]:
            raise ValueError(f"the shape (={self.shape}) is no {self.data.kind}'s of shape {self.data.shape}")
        if self.conditional and not self.data.class_names:
            raise ValueError("a conditional model needs names of classes")
        # They are printed, and a terminal obeys control characters.
        if not NAME.fullmatch(self.data.kind):
            raise ValueError(f"kind (={self.data.kind!r:.80}) is not the name of a modality")
        names = (*self.options, *self.fixed, *map(str, self.fixed.values()), *(name for name, _ in self.latent.named))
        if not all(text.isprintable() for text in (self.variant, self.data.name, *self.data.class_names, *names)):
            raise ValueError("a name has characters that cannot be printed")
        return self

    def _ranges(self) -> list[tuple[float, float]]:
        parts = [(part.low, part.high) for _, part in self.latent.named if isinstance(part, Uniform)]
        options = [(option.low, option.high) for option in self.options.values()]
        return [(self.latent.low, self.latent.high), *parts, *options]


def parse(text: str, path: str) -> Metadata:
    """Check metadata from a file that anybody may have made.

    Raises:
        GanzooError: Naming the first field that is refused.
    """
    if len(text.encode(errors="replace")) > LARGEST_BYTES:
        raise GanzooError(f"{path} has more than {LARGEST_BYTES:,} bytes of metadata, which is the most that is read")
    try:
        return Metadata.model_validate_json(_current(text))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        seen = re.sub(r"\s+", " ", ascii(first["input"]))[:80]
        field = f"{where} (={seen}): " if where else ""
        raise GanzooError(f"{path} has metadata that this ganzoo cannot use: {field}{first['msg']}") from error


def _current(text: str) -> str:
    """What an older ganzoo wrote, as this one writes it; anything else as it is."""
    try:
        values = json.loads(text)
        old = "class_names" in values["data"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return text
    return json.dumps({**values, "data": with_condition(values["data"])}) if old else text
