"""What lies in the cache of decoded sets, and how to be rid of it."""

from __future__ import annotations

import contextlib
import re
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ganzoo.core.data_spec import DataSpec
from ganzoo.data.cache import recall
from ganzoo.utils.places import home

# Another process may be between two of the files of a set; nothing takes this long.
_BEING_WRITTEN_SECONDS = 3600.0
_KEY = re.compile(r"([0-9a-f]{64})\.json")
_DECODED = re.compile(r"([0-9a-f]{64})(\.labels)?\.npy")
_ASIDE = re.compile(r"\.[0-9a-f]{64}(\.json|(\.labels)?\.npy)\.[0-9a-f]{8}\.part")


@dataclass(frozen=True, slots=True)
class Kept:
    """Files of one decoded set.

    Args:
        digest: Of the set; empty of leftovers.
        spec: What is known of it, None of leftovers.
        files: All of its files.
        size: Of these, in bytes.
        used: When it was used last, in seconds since 1970.
    """

    digest: str
    spec: DataSpec | None
    files: tuple[Path, ...]
    size: int
    used: float

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        name = None if self.spec is None else self.spec.name
        values = asdict(self)
        return {**values, "spec": None, "name": name, "files": [str(file) for file in self.files]} | (
            {"shape": self.spec.shape, "count": self.spec.count} if self.spec else {}
        )


def kept() -> list[Kept]:
    """All sets in the cache, those used last first, then leftovers that nothing names."""
    data = home() / "data"
    files: defaultdict[str, list[Path]] = defaultdict(list)
    specs: dict[str, DataSpec] = {}
    for file, match in _matches(data / "index", _KEY):
        entry = recall(match[1])
        digest = "" if entry is None else str(entry.spec.digest)
        files[digest or file.name].append(file)
        if entry is not None:
            specs[digest] = entry.spec
    for file, match in _matches(data / "decoded", _DECODED):
        files[match[1]].append(file)
    for folder in ("index", "decoded"):
        for file, _ in _matches(data / folder, _ASIDE):
            files[file.name].append(file)
    found = []
    for digest, paths in files.items():
        sizes, times = [], []
        for path in paths:
            with contextlib.suppress(OSError):  # another process may remove or finish it meanwhile
                status = path.stat()
                sizes.append(status.st_size)
                times.append(status.st_mtime)
        if times:
            spec = specs.get(digest)
            found.append(Kept(digest if spec else "", spec, tuple(paths), sum(sizes), max(times)))
    return sorted(found, key=lambda one: (one.spec is None, -one.used))


def prune(unused_seconds: float) -> list[Kept]:
    """Remove the sets that were not used for so long, and leftovers; never what may be being written.

    Returns:
        What was removed.
    """
    removed = []
    for one in kept():
        age = time.time() - one.used
        if age < _BEING_WRITTEN_SECONDS if one.spec is None else age < unused_seconds:
            continue
        # The index goes first: who finds no index decodes again, who finds one looks for what it names.
        for file in sorted(one.files, key=lambda file: file.suffix != ".json"):
            with contextlib.suppress(FileNotFoundError):
                file.unlink()
        removed.append(one)
    return removed


def _matches(folder: Path, pattern: re.Pattern[str]) -> Iterator[tuple[Path, re.Match[str]]]:
    """The regular files of a folder that are ours by their name."""
    if not folder.is_dir():
        return
    for file in sorted(folder.iterdir()):
        match = pattern.fullmatch(file.name)
        if match and file.is_file() and not file.is_symlink():
            yield file, match
