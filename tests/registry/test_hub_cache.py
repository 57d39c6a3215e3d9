"""What ganzoo itself does in the cache of the Hub's client."""

import pytest

from ganzoo.registry.stores.hub import cache


@pytest.fixture
def snapshot(tmp_path):
    folder = cache.snapshot(tmp_path / "cache", "org/zoo", "0" * 40)
    folder.mkdir(parents=True)
    return folder


@pytest.mark.parametrize("blob", ["models--org--zoo/blobs/ab12", "blobs/ab/ab12"])
def test_a_damaged_file_goes_with_its_blob(snapshot, tmp_path, blob):
    target = tmp_path / "cache" / blob
    target.parent.mkdir(parents=True)
    target.write_bytes(b"damaged")
    (snapshot / "file").symlink_to(target)
    cache.discard(snapshot / "file", tmp_path / "cache")
    assert not target.exists()
    assert not (snapshot / "file").is_symlink()


@pytest.mark.parametrize("relative", [False, True])
def test_a_name_from_a_server_deletes_nothing_outside(snapshot, tmp_path, relative):
    """The client names a blob by the server's etag, which may be any path."""
    mine = tmp_path / "home" / ".bashrc"
    mine.parent.mkdir()
    mine.write_text("alias ll=ls")
    (snapshot / "file").symlink_to("../../../../home/.bashrc" if relative else mine)
    assert (snapshot / "file").read_text() == "alias ll=ls"
    cache.discard(snapshot / "file", tmp_path / "cache")
    assert mine.read_text() == "alias ll=ls"
    assert not (snapshot / "file").is_symlink()


def test_a_file_without_links(snapshot, tmp_path):
    (snapshot / "file").write_bytes(b"damaged")
    cache.discard(snapshot / "file", tmp_path / "cache")
    assert list(snapshot.iterdir()) == []
