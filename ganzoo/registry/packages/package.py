"""`Package`: a folder with a model, checked before anything of it is loaded. Imports no torch."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ganzoo.errors import PackageError
from ganzoo.registry.packages.manifest import (
    CONFIG_BYTES,
    Manifest,
    PackageConfig,
    parse_config,
    parse_manifest,
)
from ganzoo.registry.packages.names import CARD, CONFIG, DISCRIMINATOR, MANIFEST, MANIFEST_BYTES, SAMPLES, WEIGHTS
from ganzoo.registry.packages.strict_json import read_bounded
from ganzoo.registry.packages.tensors import check_tensors
from ganzoo.sampling.inputs import INPUTS
from ganzoo.utils.digests import damage_in, difference

UNVERIFIED = {CARD: 256 * 1024, SAMPLES: 8 * 1024 * 1024}
"""Files for people, with the most bytes that are carried along. Nothing of them is ever interpreted by ganzoo."""

MOST_FILES = 1000
"""In a package's folder and those below it; a package has seven at most, and a person's few beside them."""

_CAN_RUN_CODE = (".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".bin", ".joblib", ".py", ".pyc", ".so", ".dll", ".npy")


@dataclass(frozen=True)
class Package:
    """A package whose manifest and config were checked.

    Args:
        folder: Where it lies.
        manifest: `ganzoo.json`.
        config: `config.json`.
        links_into: Its files may be links to files below this folder; None: no links.
    """

    folder: Path
    manifest: Manifest
    config: PackageConfig
    links_into: Path | None = None

    @classmethod
    def open(cls, folder: Path, *, links_into: Path | None = None) -> Package:
        """Read manifest and config, and look at the kind of every file; `verify` compares the rest.

        Args:
            folder: The package.
            links_into: Files may be links to files below this folder (as in the Hub client's cache); None: no links.

        Raises:
            PackageError: If it is no package, or one that must not be loaded.
        """
        names = _names_in(folder)
        check_names(names)
        for name in names:
            _check_kind(folder / name, links_into)
        manifest = parse_manifest(read_bounded(folder / MANIFEST, MANIFEST_BYTES), str(folder / MANIFEST))
        data = read_bounded(folder / CONFIG, CONFIG_BYTES)
        seen = len(data), hashlib.sha256(data).hexdigest()
        _refuse(folder, difference(CONFIG, seen, manifest.digests()[CONFIG], MANIFEST))
        config = parse_config(data, str(folder / CONFIG))
        if config.architecture != manifest.variant or config.data != manifest.data:
            raise PackageError(f"{folder}: {CONFIG} and {MANIFEST} do not describe the same model")
        return cls(folder, manifest, config, links_into)

    def check_sizes(self) -> None:
        """Compare the size of every file with the manifest: quick, for before files are moved.

        Raises:
            PackageError: If a file is missing or has another size.
        """
        self._compare(sizes_only=True)

    def verify(self) -> None:
        """Compare every file with the manifest, and every tensor.

        Raises:
            PackageError: If a size, a digest or a tensor differs.
        """
        self._compare()
        check_tensors(self.folder / WEIGHTS, self.manifest.tensors)
        if DISCRIMINATOR in self.manifest.files:
            check_tensors(self.folder / DISCRIMINATOR, None)
        if INPUTS in self.manifest.files:
            check_tensors(self.folder / INPUTS, None)

    def _compare(self, *, sizes_only: bool = False) -> None:
        try:
            damage = damage_in(self.folder, self.manifest.digests(), MANIFEST, sizes_only=sizes_only)
        except FileNotFoundError as error:
            raise PackageError(f"{error.filename} is missing, and {MANIFEST} names it") from error
        except OSError as error:
            raise PackageError(f"{error.filename or self.folder} cannot be read: {error.strerror or error}") from error
        _refuse(self.folder, damage)

    @property
    def size_bytes(self) -> int:
        """Of the files that the manifest names."""
        return sum(entry.size for entry in self.manifest.files.values())

    def files(self) -> list[str]:
        """Names of all files that are carried from place to place: the manifest, what it names, card and picture.

        A card or picture that is too large stays behind.
        """
        paths = ((self.folder / name, limit_bytes) for name, limit_bytes in UNVERIFIED.items())
        extra = [path.name for path, limit_bytes in paths if path.is_file() and path.stat().st_size <= limit_bytes]
        return [MANIFEST, *self.manifest.files, *extra]


def is_package(folder: Path) -> bool:
    """Whether a folder has a manifest."""
    # Unlike Path.is_file, it is False too where the folder may not be looked into, or no name can be so long.
    return os.path.isfile(folder / MANIFEST)


def check_names(names: Iterable[str]) -> None:
    """Refuse file names, with `/` between folders, that a package must not hold. Other strange files are ignored.

    Raises:
        PackageError: For absolute names, `..`, two names that differ in case alone, and files that could run code.
    """
    seen: dict[str, str] = {}
    for name in names:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name or ":" in name or not path.parts:
            raise PackageError(f"the package holds the name {name!r}, which leads out of its folder: it is refused")
        other = seen.setdefault(name.casefold(), name)
        if other != name:
            raise PackageError(f"the package holds {other!r} and {name!r}, which some systems take for one file")
        if path.suffix.lower() in _CAN_RUN_CODE:
            raise PackageError(
                f"the package holds {name!r}, which could run code when it is loaded: ganzoo reads safetensors, JSON "
                "and ONNX alone, so ask its author for a package without it"
            )


def _names_in(folder: Path) -> list[str]:
    """Of everything in a folder and those below it; links are not followed."""
    names: list[str] = []

    def fail(error: OSError) -> None:
        raise PackageError(f"{folder} is not a model package: {error.strerror or error}") from error

    for place, folders, files in os.walk(folder, onerror=fail):
        names += (Path(place, name).relative_to(folder).as_posix() for name in (*folders, *files))
        if len(names) > MOST_FILES:
            raise PackageError(f"{folder} is not a model package: it holds more than {MOST_FILES:,} files")
    return sorted(names)


def _check_kind(path: Path, links_into: Path | None) -> None:
    try:
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            # Unlike Path.resolve, realpath raises nothing for links that lead in a circle.
            target = Path(os.path.realpath(path))
            if links_into is None or not target.is_relative_to(os.path.realpath(links_into)):
                raise PackageError(f"{path} is a link out of the package: it is refused")
            mode = target.lstat().st_mode if target.exists() else 0
    except OSError as error:
        raise PackageError(f"{path} cannot be read: {error.strerror or error}") from error
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise PackageError(f"{path} is neither a file nor a folder: it is refused")


def _refuse(folder: Path, damage: str) -> None:
    if damage:
        raise PackageError(f"{folder / damage}: it is damaged or was changed")
