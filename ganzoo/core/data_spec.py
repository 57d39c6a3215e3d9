"""`DataSpec`: what a variant is told about the data it will learn. Imports nothing."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class DataSpec:
    """The shape and origin of a data set, as a network sees it.

    Args:
        name: What `--data` was given, shortened to a name: `mnist`, `flowers`.
        shape: Of one sample: `(channels, height, width)` of an image, `(features,)` of a vector.
        count: Number of samples.
        class_names: Names in label order; empty when there are no labels.
        kind: `"image"` (values nominally in [-1, 1]) or `"vector"`.
        fit: How the source's samples came to this shape, e.g. `"padded from 28 to 32"`; empty if untouched.
        digest: sha256 of the samples and labels as decoded; None before decoding.
        license: License or origin note of the data, None if not known.
    """

    name: str
    shape: tuple[int, ...]
    count: int
    class_names: tuple[str, ...] = ()
    kind: Literal["image", "vector"] = "image"
    fit: str = ""
    digest: str | None = None
    license: str | None = None

    @property
    def classes(self) -> int:
        """Number of classes, 0 when there are no labels."""
        return len(self.class_names)

    @property
    def channels(self) -> int:
        """Color channels of an image, features of a vector."""
        return self.shape[0]

    @property
    def resolution(self) -> int:
        """Height (= width) of an image in pixels, 1 of a vector."""
        return self.shape[-1] if self.kind == "image" else 1

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> DataSpec:
        """The inverse of `to_dict`, after a round trip through JSON."""
        return cls(**{**values, "shape": tuple(values["shape"]), "class_names": tuple(values["class_names"])})
