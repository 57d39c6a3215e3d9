"""What a plugin can provide besides variants. Descriptors: they name what is imported when it is needed.

Imports neither torch nor pydantic.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, ClassVar

from ganzoo.core.dotted import check_dotted, check_name, resolve
from ganzoo.errors import PluginError


class Named:
    """What the descriptors share: a name that can be typed, and a dotted name that is imported when it is needed.

    Args:
        what: How messages call the kind.
        dotted: The field that holds the dotted name.
    """

    __slots__ = ()
    name: str
    _what: ClassVar[str]
    _dotted: ClassVar[str]

    def __init_subclass__(cls, *, what: str = "", dotted: str = "") -> None:
        # `slots=True` makes every class a second time, without these arguments.
        if what:
            cls._what, cls._dotted = what, dotted

    def __post_init__(self) -> None:
        check_name(self._what, self.name)
        check_dotted(f"{self._what} {self.name!r}: {self._dotted}", getattr(self, self._dotted))

    def load(self) -> Any:
        """Import what the dotted name stands for.

        Raises:
            PluginError: If that raises, whatever it is.
        """
        return resolve(f"{self._what} {self.name!r}", getattr(self, self._dotted))


@dataclass(frozen=True, slots=True)
class StoreScheme:
    """A kind of model store: what stands before `://` in a reference, and who answers for it.

    Args:
        scheme: As in `hf://org/name`: lower-case letters and digits.
        factory: `"package.module:name"` of a callable `(offline: bool) -> ganzoo.registry.Store`.

    Raises:
        PluginError: If a field has a value that is not allowed.
    """

    scheme: str
    factory: str

    def __post_init__(self) -> None:
        if not isinstance(self.scheme, str) or not re.fullmatch(r"[a-z][a-z0-9]*", self.scheme):
            raise PluginError(f"store scheme {self.scheme!r} is not allowed: use lower-case letters and digits")
        check_dotted(f"store {self.scheme!r}: factory", self.factory)

    @property
    def name(self) -> str:
        """The scheme."""
        return self.scheme

    def load(self) -> Any:
        """Import the factory."""
        return resolve(f"store {self.scheme!r}", self.factory)


@dataclass(frozen=True, slots=True)
class DataSource(Named, what="data source", dotted="factory"):
    """A data set by name: `--data NAME`, or `--data NAME:ARGUMENT`.

    What was decoded is kept in ganzoo's home under distribution, name, `version`, argument and split, and, where the
    argument is a path, under the size and time of the file, or of every file in the folder.

    Args:
        name: What is typed. Lower-case letters, digits and `-`.
        title: One line for people.
        factory: `"package.module:name"` of a callable `(argument: str, split: str) -> ganzoo.data.Source` (images) or
            `VectorSource`; the split is `"train"`, `"test"` or `"all"`. It raises `DataError` for what it cannot do.
        argument: What follows the colon, in a word for help, e.g. `"PATH"`; empty: nothing may follow.
        version: Of the data. Change it when the same name gives other samples, so that no old ones are taken.
        cheap: The factory neither asks the network nor imports torch. It is then called at once, so that an option that
            does not fit is refused in no time.

    Raises:
        PluginError: If a field has a value that is not allowed.
    """

    name: str
    title: str
    factory: str
    argument: str = ""
    version: str = "1"
    cheap: bool = False


@dataclass(frozen=True, slots=True)
class Metric(Named, what="metric", dotted="target"):
    """One name that `ganzoo eval --metrics` takes; it may give several figures.

    Args:
        name: What is typed. Lower-case letters, digits and `-`.
        title: One line for people.
        target: `"package.module:name"` of a function `(ganzoo.metrics.Comparison) -> dict[str, Figure]`.
        features: It needs the features of every sample, `(N, D)`; without, only mean and covariance are kept.
        logits: It needs the logits of every fake.
        higher_is_better: Of its first figure, which may decide what checkpoint is best.

    Raises:
        PluginError: If a field has a value that is not allowed.
    """

    name: str
    title: str
    target: str
    features: bool = False
    logits: bool = False
    higher_is_better: bool = False


@dataclass(frozen=True, slots=True)
class FeatureExtractor(Named, what="extractor", dotted="factory"):
    """One name that `ganzoo eval --extractor` takes.

    Args:
        name: What is typed. Lower-case letters, digits and `-`.
        title: One line for people.
        factory: `"package.module:name"` of a callable `(torch.device) -> ganzoo.metrics.Extractor`.

    Raises:
        PluginError: If a field has a value that is not allowed.
    """

    name: str
    title: str
    factory: str


@dataclass(frozen=True, slots=True)
class CommandGroup(Named, what="command", dotted="app"):
    """Commands below one word: `ganzoo NAME ...`.

    Args:
        name: What is typed. Lower-case letters, digits and `-`.
        title: One line for `ganzoo --help`.
        app: `"package.module:name"` of a `typer.Typer`, imported when the command is used.

    Raises:
        PluginError: If a field has a value that is not allowed.
    """

    name: str
    title: str
    app: str


@dataclass(frozen=True, slots=True)
class TrainingCallback(Named, what="callback", dotted="factory"):
    """Something that is told how a training gets on, where `--callbacks NAME` asks for it.

    Args:
        name: What is typed. Lower-case letters, digits and `-`.
        title: One line for people.
        factory: `"package.module:name"` of a callable `() -> ganzoo.Callback`.

    Raises:
        PluginError: If a field has a value that is not allowed.
    """

    name: str
    title: str
    factory: str


@dataclass(frozen=True, slots=True)
class DataModality(Named, what="modality", dotted="factory"):
    """A kind of data: what `DataSpec.kind` and `Variant.data` name.

    Args:
        name: Lower-case letters, digits and `-`: `image`, `vector`.
        title: One line for people.
        factory: `"package.module:name"` of a callable `() -> ganzoo.Modality`; it must not import torch.

    Raises:
        PluginError: If a field has a value that is not allowed.
    """

    name: str
    title: str
    factory: str
