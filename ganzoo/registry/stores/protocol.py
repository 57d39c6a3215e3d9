"""`Store`: the protocol that every place with models keeps. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ganzoo.errors import PackageError
from ganzoo.registry.packages import strict_json
from ganzoo.registry.packages.copying import Progress
from ganzoo.registry.packages.names import MANIFEST, MANIFEST_BYTES

if TYPE_CHECKING:
    # It imports pydantic, which lists of models must not wait for.
    from ganzoo.registry.packages.package import Package


@dataclass(frozen=True, slots=True)
class ResolvedRevision:
    """One immutable state of a model.

    Args:
        reference: What a user types to get exactly this state, e.g. `hf://org/name@<commit>`.
        name: The model's name in its store, e.g. `org/name`.
        revision: The store's own identifier of the state: a commit, a digest.
    """

    reference: str
    name: str
    revision: str


@dataclass(frozen=True, slots=True)
class Listing:
    """What a list or a search shows of one model. All but the reference may be unknown (None).

    Args:
        reference: What a user types.
        variant: Of the model.
        data: Name of what it learned.
        shape: Of one sample.
        size_bytes: Of weights, config and ONNX together.
        metrics: Figures by name, of the published checkpoint.
        private: Only some can see it.
        where: In a word or two: `built in`, `pulled`, `run`, a registry, `Hub`.
    """

    reference: str
    variant: str | None = None
    data: str | None = None
    shape: tuple[int, ...] | None = None
    size_bytes: int | None = None
    metrics: dict[str, float] | None = None
    private: bool = False
    where: str = ""


class Store(Protocol):
    """A place with models. Every method raises `RegistryError` (or `PackageError`) and nothing else."""

    prefix: str
    """What stands before a model's name in a reference: `builtin:`, `lab/`, `hf://`."""

    @property
    def place(self) -> str:
        """Where it is, however it is called: models of one place that were pulled are kept together."""

    def resolve(self, name: str, revision: str | None) -> ResolvedRevision:
        """The immutable state that a name, with or without a revision or tag, stands for now."""

    def fetch(self, resolved: ResolvedRevision, staging: Path, progress: Progress) -> Package:
        """Fetch a state to this machine, and verify it in full.

        Args:
            resolved: The state.
            staging: An existing, empty folder for the files; a store that keeps them elsewhere leaves it empty.
            progress: Told how it gets on.

        Returns:
            A verified package, in `staging` or wherever the store keeps its own.
        """

    def push(
        self, package: Package, name: str, *, tag: str | None, message: str, private: bool, progress: Progress
    ) -> ResolvedRevision:
        """Publish a verified package under a name, in one step that is seen whole or not at all."""

    def search(self, text: str) -> list[Listing]:
        """Models whose name, variant or data contain `text` (in upper or lower case); all for an empty text."""


def listing_of(reference: str, manifest: dict[str, Any], where: str) -> Listing:
    """What a manifest, as plain JSON, says of a model: for lists, which must be quick.

    It may come from third parties and be of any form: what is not as it should be stays unknown.
    """
    data, files = _object(manifest.get("data")), _object(manifest.get("files"))
    shape = data.get("shape")
    sizes: list[Any] = [_object(entry).get("size") for entry in files.values()]
    values = _object(_object(manifest.get(str(manifest.get("checkpoint")))).get("values"))
    metrics = {
        name: float(value)
        for name, value in values.items()
        if _text(name) and (isinstance(value, float) or _all_integers([value]))
    }
    return Listing(
        reference,
        _text(manifest.get("variant")),
        _text(data.get("name")),
        tuple(shape) if isinstance(shape, list) and _all_integers(shape) else None,
        sum(sizes) if sizes and _all_integers(sizes) else None,
        metrics or None,
        where=where,
    )


def brief(manifest: dict[str, Any]) -> dict[str, Any]:
    """The part of a manifest that `listing_of` reads."""
    checkpoint = str(manifest.get("checkpoint"))
    names = ("variant", "data", "files", "checkpoint", checkpoint)
    part: dict[str, Any] = {name: manifest.get(name) for name in names}
    part["files"] = {name: {"size": _object(entry).get("size")} for name, entry in _object(part["files"]).items()}
    part["data"] = {name: _object(part["data"]).get(name) for name in ("name", "shape")}
    part[checkpoint] = {"values": _object(part[checkpoint]).get("values")}
    return part


def listing_in(folder: Path, reference: str, where: str) -> Listing:
    """`listing_of` a package; of a broken one only the reference is known, so that others are still listed."""
    try:
        data = strict_json.read_bounded(folder / MANIFEST, MANIFEST_BYTES)
        return listing_of(reference, strict_json.parse(data, MANIFEST), where)
    except PackageError:
        return Listing(reference, where=where)


def matches(listing: Listing, text: str) -> bool:
    """Whether name, variant or data contain `text`, in upper or lower case."""
    words = (listing.reference, listing.variant, listing.data)
    return any(text.casefold() in (word or "").casefold() for word in words)


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str | None:
    """Text that changes nothing about the terminal that shows it."""
    return value if isinstance(value, str) and value.isprintable() and len(value) <= 200 else None


def _all_integers(values: list[Any]) -> bool:
    return all(type(value) is int and 0 <= value < 2**63 for value in values)
