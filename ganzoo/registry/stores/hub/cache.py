"""The Hub client's own cache, where it can be read without the client: no request, no import.

CACHE/models--ORG--NAME/refs/REVISION           the commit that a branch or tag stood for
CACHE/models--ORG--NAME/snapshots/COMMIT/FILE   a link to ../../blobs/DIGEST (a file, where links are not allowed)
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from pathlib import Path

from ganzoo.errors import PackageError
from ganzoo.registry.packages.manifest import parse_manifest
from ganzoo.registry.packages.names import MANIFEST, MANIFEST_BYTES
from ganzoo.registry.packages.strict_json import read_bounded
from ganzoo.registry.stores.hub.download import has_digest
from ganzoo.utils.files import replacing, write_atomically

COMMIT = re.compile(r"[0-9a-f]{40}")


def default_folder() -> Path:
    """Where the client keeps its files, by the environment as it is now."""
    cache = os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE")
    if cache:
        return Path(os.path.expandvars(cache)).expanduser()
    data = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    home = os.environ.get("HF_HOME") or f"{data}/huggingface"
    return Path(os.path.expandvars(home)).expanduser() / "hub"


def snapshot(cache: Path, name: str, commit: str) -> Path:
    """The folder with a model's files at a commit."""
    return _folder(cache, name) / "snapshots" / commit


def read_ref(cache: Path, name: str, revision: str) -> str | None:
    """The commit that a branch or tag stood for when it was last asked; None: never."""
    with contextlib.suppress(OSError, ValueError):
        commit = (_folder(cache, name) / "refs" / revision).read_text(encoding="utf-8").strip()
        return commit if COMMIT.fullmatch(commit) else None
    return None


def write_ref(cache: Path, name: str, revision: str, commit: str) -> None:
    """Remember what a branch or tag stands for, for use offline. A cache that cannot be written stays as it is."""
    path = _folder(cache, name) / "refs" / revision
    with contextlib.suppress(OSError):
        write_atomically(path, commit)


def is_whole(folder: Path) -> bool:
    """Whether a snapshot has a manifest, and every file that it names."""
    try:
        manifest = parse_manifest(read_bounded(folder / MANIFEST, MANIFEST_BYTES))
    except PackageError:
        return False
    return all((folder / name).is_file() for name in manifest.files)


def matches(path: Path, digest: str, size: int | None) -> bool:
    """Whether a plain file here has a size, and the sha256 or git sha1 by which the Hub calls its bytes."""
    return path.is_file() and path.stat().st_size == size and has_digest(path, digest)


def is_inside(path: Path, cache: Path) -> bool:
    """Whether a path leads to a place below the cache, all links followed."""
    return os.path.realpath(path).startswith(os.path.realpath(cache) + os.sep)


def blob(cache: Path, name: str, digest: str) -> Path:
    """Where a model's bytes of that digest lie."""
    return _folder(cache, name) / "blobs" / digest


def lock(cache: Path, name: str, digest: str) -> Path:
    """The client's own lock of a blob."""
    return cache / ".locks" / _folder(cache, name).name / f"{digest}.lock"


def link(path: Path, blob: Path) -> None:
    """Make a snapshot's file a link to its blob (a copy, where links are not allowed), in one move."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path, synced=False) as aside:
        try:
            aside.symlink_to(os.path.relpath(blob, path.parent))
        except OSError:
            shutil.copyfile(blob, aside)


def _folder(cache: Path, name: str) -> Path:
    return cache / f"models--{name.replace('/', '--')}"
