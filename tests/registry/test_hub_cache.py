"""What ganzoo itself does in the cache of the Hub's client."""

from pathlib import Path

import pytest

from ganzoo.registry.stores.hub import cache

DIGEST = "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"


@pytest.fixture
def snapshot(tmp_path):
    folder = cache.snapshot(tmp_path / "cache", "org/zoo", "0" * 40)
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def blob(tmp_path):
    path = cache.blob(tmp_path / "cache", "org/zoo", DIGEST)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"whole")
    return path


@pytest.mark.parametrize("before", ["nothing", "damaged", "link", "link out", "dangling"])
def test_a_file_becomes_a_link_to_its_blob(snapshot, blob, tmp_path, before):
    path, mine = snapshot / "file", tmp_path / ".bashrc"
    mine.write_text("alias ll=ls")
    if before == "damaged":
        path.write_bytes(b"damaged")
    elif before != "nothing":
        path.symlink_to({"link": blob, "link out": mine, "dangling": tmp_path / "nowhere"}[before])
    cache.link(path, blob)
    assert path.readlink() == Path("../../blobs") / DIGEST
    assert path.read_bytes() == b"whole"
    assert mine.read_text() == "alias ll=ls"
    assert list(snapshot.iterdir()) == [path]


def test_a_file_without_links(snapshot, blob, monkeypatch):
    def refuse(*_):
        raise OSError(1314, "A required privilege is not held by the client")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    cache.link(snapshot / "file", blob)
    assert (snapshot / "file").read_bytes() == b"whole"
    assert not (snapshot / "file").is_symlink()


def test_bytes_are_compared_with_sha256_and_with_gits_sha1(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"a")
    # `printf a | sha256sum`, `printf a | git hash-object --stdin`, and the sha1 of the byte alone.
    assert cache.matches(path, "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb", 1)
    assert cache.matches(path, "2e65efe2a145dda7ee51d1741299f848e5bf752e", 1)
    assert not cache.matches(path, DIGEST, 1)
    assert not cache.matches(path, "2e65efe2a145dda7ee51d1741299f848e5bf752e", 2)
    assert not cache.matches(tmp_path, DIGEST, tmp_path.stat().st_size)


def test_what_lies_inside_is_decided_behind_all_links(tmp_path):
    inside, outside = tmp_path / "cache", tmp_path / "cache-of-others"
    inside.mkdir()
    outside.mkdir()
    (inside / "link").symlink_to(outside)
    assert cache.is_inside(inside / "a" / "b", inside)
    assert not cache.is_inside(inside / "link" / "b", inside)
    assert not cache.is_inside(outside / "b", inside)
    assert not cache.is_inside(inside / ".." / "b", inside)
    # A cache that is itself a link, as on another disk.
    (tmp_path / "moved").symlink_to(inside)
    assert cache.is_inside(tmp_path / "moved" / "a", tmp_path / "moved")
