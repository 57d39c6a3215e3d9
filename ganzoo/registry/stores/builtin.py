"""`BuiltinStore`: the models that come with ganzoo. They are used where they lie, so it is not fetched from.

    registry/NAME/         in a source tree
    ganzoo/_models/NAME/   in an installed distribution

Each has one revision: what this version of ganzoo ships. Its lists read JSON alone, without pydantic.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from ganzoo.errors import RegistryError
from ganzoo.registry.packages import strict_json
from ganzoo.registry.packages.names import LATEST, MANIFEST, MANIFEST_BYTES, digest_revision, is_model_name
from ganzoo.registry.stores.protocol import Listing, ResolvedRevision, listing_in, matches

_PACKAGE = Path(__file__).parents[2]


class BuiltinStore:
    """The models that are shipped.

    Args:
        folder: With a folder a model; None: where this ganzoo has them.
    """

    prefix = "builtin:"

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or _shipped()

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
        names = self.names()
        if name not in names:
            known = ", ".join(names) or "none"
            raise RegistryError(f"no built-in model is called {name[:100]!r}: there are {known}")
        data = strict_json.read_bounded(self.folder / name / MANIFEST, MANIFEST_BYTES)
        shipped = digest_revision(data)
        same = re.fullmatch(r"[0-9a-f]{8,16}", revision or "") and shipped.startswith(revision or "")
        if revision not in (None, LATEST) and not same:
            raise RegistryError(
                f"{self.prefix}{name} has the one revision {shipped} in this version of ganzoo, and {revision!r} was "
                f"asked for: leave it out, or type {self.prefix}{name}@{shipped}"
            )
        return ResolvedRevision(f"{self.prefix}{name}@{shipped}", name, shipped)

    def search(self, text: str) -> list[Listing]:
        """Models whose name, variant or data contain `text`."""
        return [listing for listing in self.listings() if matches(listing, text)]


def _shipped() -> Path:
    installed = _PACKAGE / "_models"
    return installed if installed.is_dir() else _PACKAGE.parent / "registry"
