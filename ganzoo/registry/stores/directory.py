"""`DirectoryStore`: a folder with models, for one machine or a shared disk. Imports no torch.

    ROOT/NAME/revisions/REVISION/   a package; never changed again, but for a card that a person edits
    ROOT/NAME/tags/TAG              text: the revision that the tag stands for; `latest` moves with every push
    ROOT/NAME/.staging-PID/         what a push is writing
    ROOT/.NAME.lock                 held by the one that pushes; who reads needs none

A revision is the digest of the package's manifest (`digest_revision`), so pushing the same package again changes
nothing but tags. A push writes aside, verifies what it wrote, syncs, and renames: a revision is there whole or not at
all, and a push that was killed leaves only a folder that nobody looks at, which the next push deletes.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
from contextlib import suppress
from pathlib import Path

from ganzoo.errors import PackageError, RegistryError
from ganzoo.registry.packages import card, strict_json
from ganzoo.registry.packages.copying import Progress, copy_package
from ganzoo.registry.packages.names import (
    CARD,
    LATEST,
    MANIFEST,
    MANIFEST_BYTES,
    check_model_name,
    digest_revision,
    is_model_name,
)
from ganzoo.registry.packages.package import UNVERIFIED, Package
from ganzoo.registry.stores.protocol import Listing, ResolvedRevision, listing_in, matches
from ganzoo.utils.files import sync_folder, write_synced
from ganzoo.utils.locks import waiting_lock

_REVISION = re.compile(r"[0-9a-f]{16}")
_LIKE_A_REVISION = re.compile(r"[0-9a-f]{8,}")
_STAGING = ".staging-"


class DirectoryStore:
    """Models in a folder.

    Args:
        root: An existing folder.
        prefix: What stands before a model's name in a reference.
    """

    def __init__(self, root: Path, prefix: str) -> None:
        self.root, self.prefix = root, prefix

    @property
    def place(self) -> str:
        """The folder."""
        return str(self.root.resolve())

    def resolve(self, name: str, revision: str | None) -> ResolvedRevision:
        """What a tag (`latest` if None), a revision, or its first 8 digits or more stand for now."""
        self._check_model(name)
        known, asked = self._revisions(name), revision or LATEST
        if _LIKE_A_REVISION.fullmatch(asked):
            found = [one for one in known if one.startswith(asked)]
            if len(found) > 1:
                raise RegistryError(f"{self.prefix}{name} has {', '.join(found)}: give more digits than {asked!r}")
        else:
            check_model_name(asked, "tag")
            target = self._tagged(name, asked)
            if target and target not in known:
                raise RegistryError(f"the tag {asked} of {self.prefix}{name} stands for {target}, which is gone")
            found = [target] if target else []
        if not found:
            raise RegistryError(
                f"{self.prefix}{name} has no revision or tag {asked!r}: its tags are "
                f"{_shown(_names_in(self.root / name / 'tags'))}; its revisions are {_shown(known)}"
            )
        return ResolvedRevision(f"{self.prefix}{name}@{found[0]}", name, found[0])

    def fetch(self, resolved: ResolvedRevision, staging: Path, progress: Progress) -> Package:
        """Copy a revision into `staging`, and verify the copy."""
        check_model_name(resolved.name)
        if not _REVISION.fullmatch(resolved.revision):
            raise RegistryError(f"{resolved.revision[:100]!r} is no revision of {self.prefix}{resolved.name}")
        source = Package.open(self._revision(resolved.name, resolved.revision))
        try:
            copy_package(source, staging, progress)
        except OSError as error:
            raise RegistryError(
                f"{resolved.reference} could not be copied to {staging}: {error.strerror or error}"
            ) from error
        package = Package.open(staging)
        if _revision_of(package) != resolved.revision:
            raise PackageError(f"{source.folder / MANIFEST} was changed after it was pushed: push the model again")
        package.verify()
        return package

    def push(
        self, package: Package, name: str, *, tag: str | None, message: str, private: bool, progress: Progress
    ) -> ResolvedRevision:
        """Publish a package. A folder keeps no messages, and leaves it to permissions who may read."""
        check_model_name(name)
        _check_tag(tag)
        if private:
            raise RegistryError(f"{self.root} is a folder, whose permissions say who may read: push without --private")
        if not os.path.isdir(self.root):
            raise RegistryError(
                f"{self.root} is no folder: is its disk mounted? `mkdir -p {self.root}` makes a new one"
            )
        revision = _revision_of(package)
        try:
            with waiting_lock(self.root / f".{name}.lock", f"pushes {self.prefix}{name}"):
                self._push(package, name, revision, {LATEST, tag or LATEST}, progress)
        except OSError as error:
            raise RegistryError(
                f"{self.prefix}{name} could not be pushed into {self.root}: {error.strerror or error}; "
                "what was there before is as it was"
            ) from error
        return ResolvedRevision(f"{self.prefix}{name}@{revision}", name, revision)

    def search(self, text: str) -> list[Listing]:
        """Models whose name, variant or data contain `text`, by their latest revision."""
        return [listing for listing in map(self._listing, self._names()) if matches(listing, text)]

    def _listing(self, name: str) -> Listing:
        reference, where = f"{self.prefix}{name}", self.prefix.rstrip("/")
        try:
            return listing_in(self._revision(name, self._tagged(name, LATEST)), reference, where)
        except RegistryError:
            return Listing(reference, where=where)

    def _push(self, package: Package, name: str, revision: str, tags: set[str], progress: Progress) -> None:
        model = self.root / name
        staging = model / f"{_STAGING}{os.getpid()}"
        try:
            _remove_leftovers(model)
            for folder in (staging, model / "revisions", model / "tags"):
                folder.mkdir(parents=True, exist_ok=True)
            target = self._revision(name, revision)
            if not _is_whole(target, revision):
                self._stage(package, name, staging / "package", progress)
                if target.exists():
                    target.rename(staging / "broken")
                (staging / "package").rename(target)
                for folder in (target.parent, model, self.root):
                    sync_folder(folder)
            for tag in sorted(tags, key=lambda tag: tag == LATEST):
                write_synced(staging / "tag", f"{revision}\n".encode())
                (staging / "tag").replace(model / "tags" / tag)
            sync_folder(model / "tags")
        finally:
            _remove_leftovers(model)
            # Only of a model that was never pushed whole are they empty.
            for folder in (model / "tags", model / "revisions", model):
                with suppress(OSError):
                    folder.rmdir()

    def _stage(self, package: Package, name: str, staging: Path, progress: Progress) -> None:
        staging.mkdir()
        copy_package(package, staging, progress, synced=True)
        # A tag that is broken has no card to keep.
        with suppress(RegistryError):
            previous = self._revision(name, self._tagged(name, LATEST))
            if merged := card.merge_files(_card(previous), _card(package.folder)):
                write_synced(staging / CARD, merged)
        Package.open(staging).verify()
        sync_folder(staging)

    def _check_model(self, name: str) -> None:
        check_model_name(name)
        if not _mode(self.root / name / "tags" / LATEST):
            raise RegistryError(f"{self.root} has no model {name!r}: it has {_shown(self._names())}")

    def _names(self) -> list[str]:
        return [name for name in _names_in(self.root) if os.path.isfile(self.root / name / "tags" / LATEST)]

    def _revisions(self, name: str) -> list[str]:
        return [one for one in _names_in(self.root / name / "revisions") if _REVISION.fullmatch(one)]

    def _tagged(self, name: str, tag: str) -> str:
        """The revision that a tag stands for; empty if there is no such tag.

        Raises:
            RegistryError: If the tag's file holds something else.
        """
        path = self.root / name / "tags" / tag
        mode = _mode(path)
        if not mode:
            return ""
        if not stat.S_ISREG(mode):
            raise RegistryError(f"{path} is no file: it is refused")
        text = strict_json.read_bounded(path, 64).decode("latin-1").strip()
        if not _REVISION.fullmatch(text):
            raise RegistryError(f"{path} holds no revision: push the model again with this tag")
        return text

    def _revision(self, name: str, revision: str) -> Path:
        return self.root / name / "revisions" / revision


def _mode(path: Path) -> int:
    """Kind and permissions, 0 if nothing is there."""
    try:
        return path.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return 0
    except OSError as error:
        raise RegistryError(f"{path} cannot be read: {error.strerror or error}") from error


def _check_tag(tag: str | None) -> None:
    if tag is None:
        return
    check_model_name(tag, "tag")
    if _LIKE_A_REVISION.fullmatch(tag):
        raise RegistryError(f"the tag {tag!r} could be taken for a revision: begin it with a v, as v{tag}")


def _revision_of(package: Package) -> str:
    return digest_revision(strict_json.read_bounded(package.folder / MANIFEST, MANIFEST_BYTES))


def _is_whole(folder: Path, revision: str) -> bool:
    try:
        package = Package.open(folder)
        package.verify()
    except PackageError:
        return False
    return _revision_of(package) == revision


def _card(folder: Path) -> bytes:
    """Empty if there is none, or one that is too large to be carried."""
    path = folder / CARD
    if not path.is_file() or path.is_symlink() or path.stat().st_size > UNVERIFIED[CARD]:
        return b""
    return path.read_bytes()


def _names_in(folder: Path) -> list[str]:
    """Sorted, without those that no model, revision or tag has."""
    try:
        return sorted(filter(is_model_name, os.listdir(folder)))
    except OSError as error:
        raise RegistryError(f"{folder} cannot be read: {error.strerror or error}") from error


def _remove_leftovers(model: Path) -> None:
    for leftover in model.glob(f"{_STAGING}*"):
        shutil.rmtree(leftover, ignore_errors=True)


def _shown(names: list[str]) -> str:
    more = f" and {len(names) - 20} more" if len(names) > 20 else ""
    return (", ".join(names[:20]) + more) or "none"
