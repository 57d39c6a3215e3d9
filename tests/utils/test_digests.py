"""Files against a manifest: what differs is named, nothing is read that need not be, and never a whole file at once."""

import builtins
import hashlib
import io
import tracemalloc

import pytest

from ganzoo.utils.digests import damage_in, difference, digest_of

ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
"""sha256 of `abc`, from FIPS 180-2."""


@pytest.fixture
def folder(tmp_path):
    for name in ("one", "two", "three"):
        (tmp_path / name).write_bytes(b"abc")
    return tmp_path


@pytest.fixture
def opened(monkeypatch):
    """Names of the files that are opened to be read."""
    names = []

    def spy(file, *rest, **more):
        names.append(getattr(file, "name", str(file)))
        return builtins.open(file, *rest, **more)

    monkeypatch.setattr(io, "open", spy)
    return names


FILES = {"one": (3, ABC), "two": (3, ABC), "three": (3, ABC)}


def test_a_digest_that_is_known(folder):
    assert digest_of(folder / "one") == ABC


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"abc", ""),
        (b"abd", "two does not match its sha256 in list.json"),
        (b"ab", "two has 2 bytes, and list.json says 3"),
        (b"x" * 1234, "two has 1,234 bytes, and list.json says 3"),
    ],
)
def test_what_differs(folder, data, said):
    (folder / "two").write_bytes(data)
    assert damage_in(folder, FILES, "list.json") == said
    assert damage_in(folder, FILES, "list.json", ["one", "three"]) == ""
    assert damage_in(folder, FILES, "list.json", sizes_only=True) == ("" if "sha256" in said else said)
    assert difference("two", (len(data), hashlib.sha256(data).hexdigest()), FILES["two"], "list.json") == said


def test_only_the_files_that_are_asked_for_are_read(folder, opened):
    assert damage_in(folder, FILES, "list.json", ["three", "one"]) == ""
    assert opened == ["three", "one"]
    (folder / "three").write_bytes(b"")
    opened.clear()
    assert damage_in(folder, FILES, "list.json", ["one"], sizes_only=True) == ""
    assert "three has 0 bytes" in damage_in(folder, FILES, "list.json")
    assert opened == []


def test_a_file_that_is_missing(folder):
    (folder / "two").unlink()
    with pytest.raises(FileNotFoundError) as caught:
        damage_in(folder, FILES, "list.json")
    assert caught.value.filename == str(folder / "two")
    assert damage_in(folder, FILES, "list.json", ["one"]) == ""


def test_a_large_file_is_never_in_memory(tmp_path):
    (tmp_path / "large").write_bytes(bytes(64_000_000))
    tracemalloc.start()
    try:
        digest_of(tmp_path / "large")
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()
