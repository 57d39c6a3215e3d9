"""`DataSpec`: what a variant is told about the data it will learn. Imports no pydantic and no torch."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from ganzoo.utils.text import printable


@dataclass(frozen=True, slots=True)
class Density:
    """A mixture of K isotropic Gaussians in D dimensions, as plain values; see `ganzoo.mixture_of`.

    Args:
        means: K rows of D coordinates.
        sigmas: K standard deviations.
        weights: K shares of the modes, summing to 1.

    Raises:
        ValueError: If it is none.
    """

    means: tuple[tuple[float, ...], ...]
    sigmas: tuple[float, ...]
    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        modes = {len(self.means), len(self.sigmas), len(self.weights)}
        if len(modes) > 1 or len({len(mean) for mean in self.means}) != 1:
            raise ValueError("a density has as many means as sigmas and weights, at least one, and means of one length")
        if min(self.sigmas) <= 0 or min(self.weights) < 0 or abs(sum(self.weights) - 1) > 1e-6:
            raise ValueError("the sigmas of a density are positive, and its weights sum to 1")

    @property
    def dimensions(self) -> int:
        """Length D of a vector."""
        return len(self.means[0])


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table, and how it became a part of the vectors: numbers x as (x - mean) / scale, words as one-hot.

    Args:
        name: As the table has it.
        mean: Of the numbers.
        scale: Their standard deviation, 1 where it is 0.
        whole: All of them are whole.
        words: In the order of the features, one for each; empty of numbers.

    Raises:
        ValueError: If the scale is not positive.
    """

    name: str
    mean: float = 0.0
    scale: float = 1.0
    whole: bool = False
    words: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.scale > 0:
            raise ValueError(f"the scale of the column {self.name} (={self.scale}) must be positive")

    @property
    def width(self) -> int:
        """Features that it takes."""
        return len(self.words) or 1


@dataclass(frozen=True, slots=True)
class Note:
    """What was read, ignored, converted or guessed when a data set was loaded.

    Args:
        kind: What it is about, in a word for programs: `"palette"`, `"ignored"`, `"splits"`.
        text: The sentence for people, with the counts.
        count: Of how many files it is true; 0 where it is about the whole set.
        first: The first of these files; empty where it is about the whole set.
    """

    kind: str
    text: str
    count: int = 0
    first: str = ""

    def __post_init__(self) -> None:
        # A name on a disk need not be text, and all of this is printed and goes into JSON.
        for name in ("text", "first"):
            object.__setattr__(self, name, printable(getattr(self, name)))

    def __str__(self) -> str:
        return f"{self.text} (first: {self.first})" if self.first else self.text


@dataclass(frozen=True, slots=True)
class ClassLabels:
    """A sample's condition is its class.

    Args:
        names: Of the classes, in label order.
    """

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ImageCondition:
    """Samples are images that are made of other images, their sources.

    Args:
        shape: `(channels, height, width)` of a source, whose values are in [-1, 1] as those of a sample.
        paired: Each sample has a source of its own (pix2pix); otherwise sources are a set of their own (CycleGAN).
    """

    shape: tuple[int, int, int]
    paired: bool


Condition = ClassLabels | ImageCondition


@dataclass(frozen=True, slots=True)
class DataSpec:
    """The shape and origin of a data set, as a network sees it.

    Args:
        name: What `--data` was given, shortened to a name: `mnist`, `flowers`.
        shape: Of one sample: `(channels, height, width)` of an image, `(features,)` of a vector.
        count: Number of samples.
        condition: What the samples have beside them: labels, or the images that they are made of; None: nothing.
        kind: `"image"`, `"vector"`, or what else a `DataModality` is called.
        fit: How the source's samples came to this shape, e.g. `"padded from 28 to 32"`; empty if untouched.
        dtype: That images are stored with: `"uint8"`, `"uint16"`, `"float32"`; other samples are float32 always.
        values: Of an image, that networks see as -1 and 1; None: the least and the greatest of its type.
        digest: sha256 of the samples and labels as decoded; None before decoding.
        license: License or origin note of the data, None if not known.
        density: What vectors were drawn from, where their source says it: then modes can be counted.
        columns: Of the table that vectors come from, in the order of the features; empty if they come from none.
        extractor: What looks at the images best, where their source says it: a name of `ganzoo eval --extractor`.
        notes: What was ignored, converted or guessed. Two sets with other notes are the same set.
    """

    name: str
    shape: tuple[int, ...]
    count: int
    condition: Condition | None = None
    kind: str = "image"
    fit: str = ""
    dtype: str = "uint8"
    values: tuple[float, float] | None = None
    digest: str | None = None
    license: str | None = None
    density: Density | None = None
    columns: tuple[Column, ...] = ()
    extractor: str | None = None
    notes: tuple[Note, ...] = field(default=(), compare=False)

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names in label order; empty when there are no labels."""
        return self.condition.names if isinstance(self.condition, ClassLabels) else ()

    @property
    def source(self) -> ImageCondition | None:
        """The images that the samples are made of; None where they are made of no images."""
        return self.condition if isinstance(self.condition, ImageCondition) else None

    @property
    def pairing(self) -> Literal["none", "paired", "unpaired"]:
        """How samples and the images that they are made of belong together, as `Variant.source` says it."""
        return "none" if self.source is None else "paired" if self.source.paired else "unpaired"

    @property
    def classes(self) -> int:
        """Number of classes, 0 when there are no labels."""
        return len(self.class_names)

    @property
    def channels(self) -> int:
        """Channels of an image, features of a vector."""
        return self.shape[0]

    @property
    def size(self) -> tuple[int, ...]:
        """`(height, width)` of an image in pixels, what is behind the channels of another sample; `()` of a vector."""
        return self.shape[1:]

    @property
    def resolution(self) -> int:
        """The longer side of an image in pixels, 1 of a vector."""
        return max(self.size, default=1)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> DataSpec:
        """The inverse of `to_dict`, after a round trip through JSON; older versions wrote fewer of the fields."""
        values = with_condition(values)
        density = values.get("density")
        if density is not None:
            means = tuple(map(tuple, density["means"]))
            density = Density(means, tuple(density["sigmas"]), tuple(density["weights"]))
        columns = tuple(Column(**{**column, "words": tuple(column["words"])}) for column in values.get("columns", ()))
        read = {
            "shape": tuple(values["shape"]),
            "condition": _condition(values["condition"]),
            "density": density,
            "columns": columns,
            "notes": tuple(Note(**note) for note in values.get("notes", ())),
            "values": None if values.get("values") is None else tuple(values["values"]),
        }
        return cls(**{**values, **read})


def labels_named(names: tuple[str, ...]) -> ClassLabels | None:
    """The condition of samples with classes of these names; None if there are no names."""
    return ClassLabels(names) if names else None


def _condition(values: dict[str, Any] | None) -> Condition | None:
    if values is None:
        return None
    if "names" in values:
        return ClassLabels(tuple(values["names"]))
    channels, height, width = values["shape"]
    return ImageCondition((channels, height, width), values["paired"])


def with_condition(values: Any) -> Any:
    """What an older ganzoo wrote of a `DataSpec`, as plain values, with the `class_names` as its condition."""
    if not isinstance(values, dict) or "condition" in values or "class_names" not in values:
        return values
    names = values["class_names"]
    condition = {"names": names} if names else None
    return {**{name: value for name, value in values.items() if name != "class_names"}, "condition": condition}
