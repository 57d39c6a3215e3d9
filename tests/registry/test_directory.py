"""The store in a folder: names, revisions, tags, cards and lists."""

import json
import os
from hashlib import sha256

import pytest
from registry.forge import edit, seal
from registry.moves import fetch, push, tree

from ganzoo.errors import PackageError, RegistryError
from ganzoo.registry.packages import card
from ganzoo.registry.stores.directory import DirectoryStore
from ganzoo.registry.stores.protocol import ResolvedRevision


def test_what_was_pushed_comes_back(zoo, package, tmp_path):
    sent = package(extra={"model.onnx": b"onnx" * 100})
    resolved = push(zoo, sent)
    expected = sha256((sent.folder / "ganzoo.json").read_bytes()).hexdigest()[:16]
    assert resolved == ResolvedRevision(f"lab/digits@{expected}", "digits", expected)
    assert zoo.resolve("digits", None) == resolved
    got = fetch(zoo, resolved, tmp_path / "got")
    assert got.folder == tmp_path / "got"
    assert tree(got.folder) == tree(sent.folder)
    assert sorted(tree(zoo.root)) == sorted(
        ["digits", "digits/revisions", f"digits/revisions/{expected}", "digits/tags", "digits/tags/latest"]
        + [f"digits/revisions/{expected}/{name}" for name in tree(sent.folder)]
    )


def test_progress_reaches_the_size_of_every_file(zoo, package, tmp_path):
    told = {}

    def progress(name, done, total):
        assert told.get(name, (0, total))[0] < done <= total
        told[name] = (done, total)

    sent = package(extra={"model.onnx": bytes(3_000_001)})
    resolved = push(zoo, sent, progress=progress)
    sizes = {name: (len(data), len(data)) for name, data in tree(sent.folder).items()}
    assert told == sizes
    told.clear()
    fetch(zoo, resolved, tmp_path / "got", progress)
    assert told == sizes


def test_pushing_the_same_again_changes_nothing(zoo, package):
    resolved = push(zoo, package())
    before = {path: path.stat().st_mtime_ns for path in (zoo.root / "digits" / "revisions").rglob("*")}
    assert push(zoo, package()) == resolved
    assert {path: path.stat().st_mtime_ns for path in (zoo.root / "digits" / "revisions").rglob("*")} == before


def test_tags_move_and_revisions_stay(zoo, package, tmp_path):
    first = push(zoo, package(1), tag="v1")
    second = push(zoo, package(2), tag="best")
    assert first.revision != second.revision
    assert zoo.resolve("digits", None) == zoo.resolve("digits", "latest") == zoo.resolve("digits", "best") == second
    assert zoo.resolve("digits", "v1") == first
    assert zoo.resolve("digits", first.revision) == zoo.resolve("digits", first.revision[:8]) == first
    push(zoo, package(1), tag="best")
    assert zoo.resolve("digits", "best") == zoo.resolve("digits", None) == first
    assert fetch(zoo, second, tmp_path / "got").manifest.seed == 2


def test_a_tag_that_moves_after_the_pin_does_not_matter(zoo, package, tmp_path):
    push(zoo, package(1), tag="v1")
    resolved = zoo.resolve("digits", "v1")
    push(zoo, package(2), tag="v1")
    assert zoo.resolve("digits", "v1") != resolved
    assert fetch(zoo, resolved, tmp_path / "got").manifest.seed == 1


def test_a_tag_moved_by_hand_leads_to_another_revision_or_is_refused(zoo, package):
    first, second = push(zoo, package(1)), push(zoo, package(2))
    tag = zoo.root / "digits" / "tags" / "latest"
    tag.write_text(first.revision)
    assert zoo.resolve("digits", None) == first
    for text in ("../../other", "", "0" * 16, second.revision[:15], "x" * 1000):
        tag.write_text(text)
        with pytest.raises(RegistryError, match="latest"):
            zoo.resolve("digits", None)
        assert zoo.resolve("digits", second.revision) == second
    tag.unlink()
    os.mkfifo(tag)
    with pytest.raises(RegistryError, match="is no file"):
        zoo.resolve("digits", None)


@pytest.mark.parametrize(
    ("name", "revision", "says"),
    [
        ("digit", None, "no model 'digit': it has digits"),
        ("digits", "v2", "no revision or tag 'v2': its tags are latest, v1; its revisions are"),
        ("digits", "0000000", "no revision or tag '0000000'"),
        ("digits", "00000000", "no revision or tag '00000000'"),
        ("../digits", None, "cannot be the name of a model"),
        ("Digits", None, "cannot be the name of a model"),
        ("digits", "../latest", "cannot be the name of a tag"),
        ("digits", "/etc/passwd", "cannot be the name of a tag"),
    ],
)
def test_an_error_says_what_there_is(zoo, package, name, revision, says):
    push(zoo, package(), tag="v1")
    with pytest.raises(RegistryError, match=says):
        zoo.resolve(name, revision)


def test_a_short_revision_must_mean_one(zoo, package):
    resolved = push(zoo, package())
    revisions = zoo.root / "digits" / "revisions"
    (revisions / resolved.revision).rename(revisions / "aaaaaaaa00000001")
    (revisions / "aaaaaaaa00000002").mkdir()
    with pytest.raises(RegistryError, match="aaaaaaaa00000001, aaaaaaaa00000002: give more digits"):
        zoo.resolve("digits", "aaaaaaaa")
    assert zoo.resolve("digits", "aaaaaaaa00000002").revision == "aaaaaaaa00000002"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"name": "a/b"}, "cannot be the name"), ({"name": ".git"}, "cannot be the name"), ({"name": ""}, "cannot be"),
        ({"name": "a" * 97}, "at most 96"), ({"tag": "deadbeef"}, "could be taken for a revision"),
        ({"tag": "20261121"}, "as v20261121"), ({"tag": "../x"}, "name of a tag"), ({"private": True}, "permissions"),
    ],
)  # fmt: skip
def test_a_push_that_is_refused_writes_nothing(zoo, package, change, says):
    with pytest.raises(RegistryError, match=says):
        push(zoo, package(), **change)
    assert tree(zoo.root) == {}


def test_a_folder_that_is_not_there_is_not_made(zoo, package, tmp_path):
    gone = DirectoryStore(tmp_path / "unmounted", "lab/")
    with pytest.raises(RegistryError, match="is its disk mounted"):
        push(gone, package())
    with pytest.raises(RegistryError, match="unmounted cannot be read"):
        gone.search("")
    assert not (tmp_path / "unmounted").exists()


def test_what_was_changed_in_the_store_is_not_pulled(zoo, package, tmp_path):
    resolved = push(zoo, package())
    place = zoo.root / "digits" / "revisions" / resolved.revision
    config, weights = (place / "config.json").read_bytes(), (place / "model.safetensors").read_bytes()
    (place / "model.safetensors").write_bytes(weights[:-1] + bytes([weights[-1] ^ 1]))
    with pytest.raises(PackageError, match="does not match its sha256"):
        fetch(zoo, resolved, tmp_path / "flipped")
    # Consistent in itself, but not what was resolved.
    seal(edit(place, "config.json", model_args={"latent_dim": 4}))
    with pytest.raises(PackageError, match="was changed after it was pushed"):
        fetch(zoo, resolved, tmp_path / "sealed")
    # Pushing again fixes it.
    assert push(zoo, package()) == resolved
    assert (place / "config.json").read_bytes() == config
    assert fetch(zoo, resolved, tmp_path / "fixed").manifest.seed == 0


def test_a_persons_words_in_the_card_survive_a_push(zoo, package, tmp_path):
    generated = f"---\nlibrary_name: ganzoo\n---\n\n{card.BEGIN}\nseed {{}}\n{card.END}\n"
    first = push(zoo, package(1, card=generated.format(1)))
    place = zoo.root / "digits" / "revisions" / first.revision / "README.md"
    place.write_text(place.read_text() + "\nWords of mine.\n")
    push(zoo, package(1, card=generated.format(1)))
    assert "Words of mine." in place.read_text()
    second = push(zoo, package(2, card=generated.format(2)))
    got = (fetch(zoo, second, tmp_path / "got").folder / "README.md").read_text()
    assert "seed 2" in got
    assert "seed 1" not in got
    assert got.endswith("\nWords of mine.\n")
    third = push(zoo, package(3, card=None))
    assert (fetch(zoo, third, tmp_path / "none").folder / "README.md").read_text() == got


def test_search_looks_at_name_variant_and_data(zoo, package):
    push(zoo, package(1), "digits")
    push(zoo, package(2, variant="wgan"), "clothes")
    (zoo.root / "notes").mkdir()
    found = zoo.search("")
    assert [listing.reference for listing in found] == ["lab/clothes", "lab/digits"]
    assert (found[0].variant, found[0].data, found[0].shape) == ("wgan", "mnist", (1, 8, 8))
    assert found[0].metrics == {"fid": 12.5}
    assert found[0].where == "lab"
    folder = package(2, variant="wgan").folder
    assert found[0].size_bytes == sum((folder / name).stat().st_size for name in ("model.safetensors", "config.json"))
    assert [listing.reference for listing in zoo.search("DIGIT")] == ["lab/digits"]
    assert [listing.reference for listing in zoo.search("Wgan")] == ["lab/clothes"]
    assert len(zoo.search("mnist")) == 2
    assert zoo.search("progan") == []


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{" * 5000, b'{"data": [], "files": 3, "checkpoint": {}}', b"x" * (2**20 + 1)]
)
def test_search_lists_a_broken_model_among_the_others(zoo, package, data):
    push(zoo, package(1), "digits")
    resolved = push(zoo, package(2), "broken")
    (zoo.root / "broken" / "revisions" / resolved.revision / "ganzoo.json").write_bytes(data)
    broken, digits = zoo.search("")
    assert (broken.reference, broken.variant, broken.size_bytes, broken.metrics) == ("lab/broken", None, None, None)
    assert digits.variant == "dcgan"


def test_lists_hold_nothing_that_moves_the_cursor(zoo, package):
    resolved = push(zoo, package())
    manifest = zoo.root / "digits" / "revisions" / resolved.revision / "ganzoo.json"
    values = json.loads(manifest.read_text())
    values["variant"], values["data"]["name"] = "\x1b[2J", "a\u009bb"
    values["final"]["values"] = {"fid\x1b[2J": 1.0, "kid": 10**400, "ok": 2}
    manifest.write_text(json.dumps(values))
    (listing,) = zoo.search("")
    assert (listing.variant, listing.data, listing.metrics) == (None, None, {"ok": 2.0})
