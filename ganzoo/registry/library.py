"""The models that were pulled: where they lie on this machine, and the receipts that say they were verified.

    HOME/models/ORIGIN/NAME/REVISION/   the package, unless its store keeps its files in a cache of its own
                            receipt.json   where they are; written last, so without it nothing is there

ORIGIN is a digest of the store's place. A receipt also records size and time of each file. While they stay the same a
model is loaded without being read twice; otherwise it is verified again.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganzoo.errors import PackageError, RegistryError
from ganzoo.registry.packages.copying import Progress, no_progress
from ganzoo.registry.packages.names import MANIFEST
from ganzoo.registry.stores.protocol import ResolvedRevision, Store, brief
from ganzoo.utils.files import read_regular, replacing_folder, write_atomically
from ganzoo.utils.locks import waiting_lock
from ganzoo.utils.places import home
from ganzoo.utils.shell import typed

if TYPE_CHECKING:
    # It imports pydantic, which lists of models must not wait for.
    from ganzoo.registry.packages.package import Package

RECEIPT = "receipt.json"


@dataclass(frozen=True, slots=True)
class Pulled:
    """A receipt.

    Args:
        reference: What a user types to get exactly this state.
        name: The model's name in its store.
        revision: The store's identifier of the state.
        origin: The store's place.
        asked: Revisions and tags (empty text: none) that stood for this state when it was pulled.
        folder: The package.
        links_into: Its files may be links to files below this folder; None: no links.
        stamps: Size in bytes and time of change in nanoseconds, by file.
        brief: What lists tell of the manifest; empty in receipts of older versions.
    """

    reference: str
    name: str
    revision: str
    origin: str
    asked: tuple[str, ...]
    folder: Path
    links_into: Path | None
    stamps: dict[str, tuple[int, int]]
    brief: dict[str, Any] = field(default_factory=dict)

    def open(self) -> Package:
        """The package; verified again if a file was touched.

        Raises:
            PackageError: If it is damaged or gone.
        """
        from ganzoo.registry.packages.package import Package

        package = Package.open(self.folder, links_into=self.links_into)
        try:
            untouched = _stamps(package) == self.stamps
        except OSError:
            untouched = False
        if not untouched:
            try:
                package.verify()
            except PackageError as error:
                raise PackageError(
                    f"{error}. `{typed('ganzoo', 'pull', '--update', self._asked())}` fetches it again"
                ) from error
        return package

    def has_its_manifest(self) -> bool:
        """Whether the manifest is the one that was pulled, by size and time."""
        try:
            return _stamp(os.path.join(self.folder, MANIFEST)) == self.stamps.get(MANIFEST)
        except OSError:
            return False

    def _asked(self) -> str:
        return self.reference.partition("@")[0]

    def size_bytes(self) -> int:
        """Of its files, as they were when it was pulled."""
        return sum(size for size, _ in self.stamps.values())


_FIELDS = frozenset(field.name for field in fields(Pulled))


def pull(
    store: Store, name: str, revision: str | None, *, update: bool = False, progress: Progress = no_progress
) -> tuple[Pulled, bool]:
    """Fetch a model here, unless it is here.

    Args:
        store: Where from.
        name: Of the model there.
        revision: Or tag; None: the store's newest.
        update: Ask the store what the name stands for now, even if it was pulled.
        progress: Told how it gets on.

    Returns:
        The receipt, and whether anything was fetched.

    Raises:
        RegistryError: If it could not be fetched; nothing half-done is left.
    """
    known = None if update else _known(store, name, revision)
    if known is not None:
        return known, False
    resolved = store.resolve(name, revision)
    place = _place(store.place, resolved.name, resolved.revision)
    with locked(place):
        known = _read(str(place / RECEIPT))
        if known is not None and _is_whole(known):
            received, fetched = _keep(place, replace(known, asked=(*{*known.asked, revision or ""},))), False
        else:
            received, fetched = _receive(store, resolved, place, revision, progress), True
        _forget_moved(received, revision or "")
    return received, fetched


def pulled() -> list[Pulled]:
    """All receipts, by reference."""
    found = map(_read, _below(RECEIPT.__eq__))
    return sorted((receipt for receipt in found if receipt is not None), key=lambda receipt: receipt.reference)


def remove(receipt: Pulled) -> None:
    """Delete a pulled model: its receipt first. Files in a cache of the store's own stay there.

    Raises:
        RegistryError: If it cannot be deleted.
    """
    place = _place_of(receipt)
    try:
        (place / RECEIPT).unlink(missing_ok=True)
        shutil.rmtree(place)
    except FileNotFoundError:
        return
    except OSError as error:
        raise RegistryError(f"{place} cannot be removed: {error.strerror or error}") from error


def matching(reference: str) -> list[Pulled]:
    """The pulled models that a reference means: one state of it, or all without a revision.

    Raises:
        RegistryError: If none was pulled.
    """
    name, _, revision = reference.partition("@")
    found = [
        receipt
        for receipt in pulled()
        if receipt.reference.partition("@")[0] == name or receipt.name.rpartition("/")[2] == name
        if not revision or receipt.revision.startswith(revision) or revision in receipt.asked
    ]
    if not found:
        raise RegistryError(f"{reference} was not pulled, so there is nothing to remove: `ganzoo models` lists what is")
    return found


def prune() -> list[Pulled]:
    """Remove states that nothing stands for any more, and what interrupted pulls left. Returns what was removed."""
    import filelock

    removed = [receipt for receipt in pulled() if not receipt.asked or not receipt.folder.is_dir()]
    for receipt in removed:
        remove(receipt)
    for leftover in map(Path, _below(lambda name: name.startswith(".staging-"))):
        lock = filelock.FileLock(leftover.parent / ".lock")
        try:
            with lock.acquire(timeout=0):
                shutil.rmtree(leftover, ignore_errors=True)
        except filelock.Timeout:
            continue  # a pull is at work there
    return removed


def _receive(store: Store, resolved: ResolvedRevision, place: Path, revision: str | None, progress: Progress) -> Pulled:
    try:
        # Left by a process that was killed; the lock says that nobody else is at work here.
        for leftover in place.parent.glob(".staging-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        with replacing_folder(place) as staging:
            package = store.fetch(resolved, staging, progress)
        if package.folder == staging:
            package = replace(package, folder=place)
        receipt = Pulled(
            resolved.reference, resolved.name, resolved.revision, store.place, (revision or "",), package.folder,
            package.links_into, _stamps(package), _brief(package),
        )  # fmt: skip
        return _keep(place, receipt)
    except OSError as error:
        raise _unwritable(place, error) from error


def _keep(place: Path, receipt: Pulled) -> Pulled:
    """Write a receipt in one move."""
    try:
        write_atomically(place / RECEIPT, json.dumps(asdict(receipt), indent=1, default=str) + "\n", parents=False)
    except OSError as error:
        raise _unwritable(place, error) from error
    return receipt


def _forget_moved(receipt: Pulled, asked: str) -> None:
    """A name or tag stands for one state only: the one that was pulled last."""
    for other in pulled():
        same = (other.origin, other.name) == (receipt.origin, receipt.name) and other.revision != receipt.revision
        if same and asked in other.asked:
            _keep(_place_of(other), replace(other, asked=tuple(name for name in other.asked if name != asked)))


def _known(store: Store, name: str, revision: str | None) -> Pulled | None:
    for receipt in pulled():
        matches = (revision or "") in receipt.asked or (revision is not None and revision == receipt.revision)
        if receipt.origin == store.place and receipt.name == name and matches and _is_whole(receipt):
            return receipt
    return None


def _is_whole(receipt: Pulled) -> bool:
    try:
        receipt.open()
    except PackageError:
        return False
    return True


def _read(path: str) -> Pulled | None:
    """The receipt in a file; None where it is none, or lies elsewhere than it says: so it names no path."""
    try:
        receipt = _parsed(json.loads(read_regular(path)))
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    there = os.path.join(os.sep, _origin_digest(receipt.origin), receipt.name, receipt.revision, RECEIPT)
    return receipt if path.endswith(there) else None


def _parsed(values: dict[str, Any]) -> Pulled:
    """A receipt from JSON.

    Raises:
        TypeError: If a value has another type than a receipt's has; or ValueError, or KeyError.
    """
    texts = [values[name] for name in ("reference", "name", "revision", "origin", "folder")]
    links, asked, stamps, brief = values["links_into"], values["asked"], values["stamps"], values.get("brief", {})
    texts += [*asked, *([] if links is None else [links])]
    figures = [figure for size_and_time in stamps.values() for figure in size_and_time]
    # What no path can be is a TypeError or ValueError here too.
    if b"\0" in os.fsencode("".join(texts)) or not isinstance(asked, list) or not isinstance(brief, dict):
        raise TypeError
    if any(type(figure) is not int for figure in figures):
        raise TypeError
    typed = {
        "asked": tuple(asked),
        "folder": Path(values["folder"]),
        "links_into": None if links is None else Path(links),
        "stamps": {name: (size, time) for name, (size, time) in stamps.items()},
    }
    return Pulled(**{name: value for name, value in {**values, **typed}.items() if name in _FIELDS})


def _stamps(package: Package) -> dict[str, tuple[int, int]]:
    return {name: _stamp(package.folder / name) for name in (MANIFEST, *package.manifest.files)}


def _stamp(path: str | Path) -> tuple[int, int]:
    stat = os.stat(path)
    return stat.st_size, stat.st_mtime_ns


def _brief(package: Package) -> dict[str, Any]:
    return brief(package.manifest.model_dump(mode="json", by_alias=True))


def _below(fits: Callable[[str], bool]) -> list[str]:
    """Files and folders whose name fits; what another process removes meanwhile is passed over, as glob would not.

    As text: paths of thousands of models take longer than the walk.
    """
    walk = os.walk(_folder())
    return [os.path.join(place, name) for place, folders, files in walk for name in (*folders, *files) if fits(name)]


def _folder() -> Path:
    return home() / "models"


def _place(origin: str, name: str, revision: str) -> Path:
    return _folder() / _origin_digest(origin) / name / revision


@cache
def _origin_digest(origin: str) -> str:
    return hashlib.sha256(origin.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _place_of(receipt: Pulled) -> Path:
    return _place(receipt.origin, receipt.name, receipt.revision)


@contextmanager
def locked(place: Path) -> Iterator[None]:
    """One writer at a time beside `place`: the second finds what the first fetched.

    Raises:
        RegistryError: If the folder cannot be written, or another process does not let go of it.
    """
    with ExitStack() as stack:
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            stack.enter_context(waiting_lock(place.parent / ".lock", f"is at work in {place.parent}"))
        except OSError as error:
            raise _unwritable(place, error) from error
        yield


def _unwritable(place: Path, error: OSError) -> RegistryError:
    return RegistryError(
        f"{place} cannot be written: {error.strerror or error}; nothing was pulled. GANZOO_HOME moves ganzoo's folder"
    )
