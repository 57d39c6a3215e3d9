"""The Hub client's own cache, where it can be read without the client: no request, no import.

CACHE/models--ORG--NAME/refs/REVISION           the commit that a branch or tag stood for
CACHE/models--ORG--NAME/snapshots/COMMIT/FILE   a link to ../../blobs/DIGEST (a file, where links are not allowed)
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from ganzoo.errors import PackageError
from ganzoo.registry.packages.manifest import parse_manifest
from ganzoo.registry.packages.names import MANIFEST, MANIFEST_BYTES
from ganzoo.registry.packages.strict_json import read_bounded
from ganzoo.utils.digests import digest_of
from ganzoo.utils.files import write_atomically

if TYPE_CHECKING:
    from huggingface_hub.hf_api import RepoSibling

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


def matches(path: Path, remote: RepoSibling) -> bool:
    """Whether a file here has the bytes that the Hub says it has: it names a sha256, or a git blob for small files."""
    if path.stat().st_size != remote.size:
        return False
    if remote.lfs is not None:
        return digest_of(path) == remote.lfs.sha256
    data = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest() == remote.blob_id


def discard(path: Path, cache: Path) -> None:
    """Delete a file of a snapshot with the blob behind it, which a server named: nothing outside of the cache."""
    blob = Path(os.path.realpath(path))
    path.unlink(missing_ok=True)
    if blob.is_relative_to(os.path.realpath(cache)):
        blob.unlink(missing_ok=True)


def _folder(cache: Path, name: str) -> Path:
    return cache / f"models--{name.replace('/', '--')}"
