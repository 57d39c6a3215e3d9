"""`BuiltinStore`: the models that come with ganzoo. They are verified where they lie, and never copied.

    registry/NAME/         in a source tree
    ganzoo/_models/NAME/   in an installed distribution

Each has one revision: what this version of ganzoo ships. Its lists read JSON alone, without pydantic.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from ganzoo.errors import RegistryError
from ganzoo.registry.packages import strict_json
from ganzoo.registry.packages.copying import Progress
from ganzoo.registry.packages.names import LATEST, MANIFEST, MANIFEST_BYTES, digest_revision, is_model_name
from ganzoo.registry.stores.protocol import Listing, ResolvedRevision, listing_in, matches

if TYPE_CHECKING:
    from ganzoo.registry.packages.package import Package

_PACKAGE = Path(__file__).parents[2]


class BuiltinStore:
    """Read only.

    Args:
        folder: With a folder a model; None: where this ganzoo has them.
    """

    prefix = "builtin:"

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or _shipped()

    @property
    def place(self) -> str:
        """The folder."""
        return str(self.folder)

    def names(self) -> list[str]:
        """Of all models, sorted."""
        try:
            found = sorted(filter(is_model_name, os.listdir(self.folder)))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise RegistryError(f"{self.folder} cannot be read: {error.strerror or error}") from error
        return [name for name in found if os.path.isfile(self.folder / name / MANIFEST)]

    def listings(self) -> list[Listing]:
        """All models, by name."""
        return [listing_in(self.folder / name, f"{self.prefix}{name}", "built in") for name in self.names()]

    def resolve(self, name: str, revision: str | None) -> ResolvedRevision:
        """The one revision there is; it may be named in full, by its first 8 digits, or as `latest`."""
        self._check(name)
        data = strict_json.read_bounded(self.folder / name / MANIFEST, MANIFEST_BYTES)
        shipped = digest_revision(data)
        same = re.fullmatch(r"[0-9a-f]{8,16}", revision or "") and shipped.startswith(revision or "")
        if revision not in (None, LATEST) and not same:
            raise RegistryError(
                f"{self.prefix}{name} has the one revision {shipped} in this version of ganzoo, and {revision!r} was "
                f"asked for: leave it out, or type {self.prefix}{name}@{shipped}"
            )
        return ResolvedRevision(f"{self.prefix}{name}@{shipped}", name, shipped)

    def fetch(self, resolved: ResolvedRevision, staging: Path, progress: Progress) -> Package:
        """Verify the package in its place; `staging` stays empty."""
        from ganzoo.registry.packages.package import Package

        self._check(resolved.name)
        self.resolve(resolved.name, resolved.revision)
        package = Package.open(self.folder / resolved.name)
        package.verify()
        return package

    def push(
        self, package: Package, name: str, *, tag: str | None, message: str, private: bool, progress: Progress
    ) -> ResolvedRevision:
        """Refused."""
        raise RegistryError(
            f"{self.prefix}{name} cannot be pushed: built-in models come with ganzoo. Give a folder, as "
            f"/srv/zoo/{name}, or hf://org/{name}"
        )

    def search(self, text: str) -> list[Listing]:
        """Models whose name, variant or data contain `text`."""
        return [listing for listing in self.listings() if matches(listing, text)]

    def _check(self, name: str) -> None:
        names = self.names()
        if name not in names:
            known = ", ".join(names) or "none"
            raise RegistryError(f"no built-in model is called {name[:100]!r}: there are {known}")


def _shipped() -> Path:
    installed = _PACKAGE / "_models"
    return installed if installed.is_dir() else _PACKAGE.parent / "registry"
