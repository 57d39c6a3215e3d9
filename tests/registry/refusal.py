"""What a package that must not be loaded is put through."""

import os
import shutil

import pytest

from ganzoo.errors import PackageError
from ganzoo.registry.packages.copying import no_progress
from ganzoo.registry.packages.package import Package
from ganzoo.registry.stores.directory import DirectoryStore


def refused(folder, match):
    """It is neither opened and verified, nor pulled, nor pushed; and it stays as it is."""
    before = {path: path.lstat().st_mtime_ns for path in folder.rglob("*")}
    with pytest.raises(PackageError, match=match) as caught:
        Package.open(folder).verify()
    assert "\n" not in str(caught.value)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 700
    # A store that somebody filled without ganzoo.
    root = folder.parent / "zoo"
    revision = "0" * 16
    shutil.copytree(folder, root / "m" / "revisions" / revision, symlinks=True, copy_function=_copy)
    (root / "m" / "tags").mkdir()
    (root / "m" / "tags" / "latest").write_text(revision)
    staging = folder.parent / "staging"
    staging.mkdir()
    store = DirectoryStore(root, "lab/")
    with pytest.raises(PackageError):
        store.fetch(store.resolve("m", None), staging, no_progress)
    assert {path: path.lstat().st_mtime_ns for path in folder.rglob("*")} == before


def _copy(source, target):
    if os.path.isfile(source):
        shutil.copy2(source, target)
    else:
        os.mkfifo(target)
