"""What was pulled: receipts, moved tags, damage, and what a kill leaves."""

import json
import os
import shutil
import sys
from contextlib import suppress

import pytest
from registry.forge import make

from ganzoo.cli.models.models import show
from ganzoo.errors import PackageError, RegistryError
from ganzoo.registry import library
from ganzoo.registry.listings import shared_listings
from ganzoo.registry.opening import open_reference
from ganzoo.registry.packages import archive
from ganzoo.registry.packages.package import Package
from ganzoo.registry.stores.protocol import Listing, listing_in


@pytest.fixture(autouse=True)
def _home(home):
    return home


class Counting:
    """A directory store that counts what it is asked."""

    def __init__(self, store):
        self.store, self.place, self.asked = store, store.place, []

    def resolve(self, name, revision):
        self.asked.append("pin")
        return self.store.resolve(name, revision)

    def fetch(self, *arguments):
        self.asked.append("fetch")
        return self.store.fetch(*arguments)


@pytest.fixture
def lab(zoo):
    return Counting(zoo)


def push(lab, package, tag=None):
    return lab.store.push(package, "mine", tag=tag, message="", private=False, progress=lambda *_: None)


def test_a_second_pull_asks_nothing(lab, package):
    push(lab, package(1))
    receipt, fetched = library.pull(lab, "mine", None)
    assert fetched
    assert lab.asked == ["pin", "fetch"]
    assert library.pull(lab, "mine", None) == (receipt, False)
    assert lab.asked == ["pin", "fetch"]
    receipt.open().verify()


def test_an_update_brings_what_is_new_and_keeps_what_was(lab, package):
    first = push(lab, package(1))
    library.pull(lab, "mine", None)
    second = push(lab, package(2))
    assert library.pull(lab, "mine", None)[0].revision == first.revision
    receipt, fetched = library.pull(lab, "mine", None, update=True)
    assert (receipt.revision, fetched) == (second.revision, True)
    assert {one.revision for one in library.pulled()} == {first.revision, second.revision}
    assert library.pull(lab, "mine", None)[0].revision == second.revision, "the name stands for the new state"
    assert library.pull(lab, "mine", first.revision)[0].revision == first.revision, "and a revision for its own"


def test_a_tag_that_was_moved(lab, package):
    """Until it is asked for again it stands for what was pulled; then for the new state alone."""
    first = push(lab, package(1), tag="v1")
    library.pull(lab, "mine", "v1")
    second = push(lab, package(2))
    (lab.store.root / "mine" / "tags" / "v1").write_text(second.revision)
    assert library.pull(lab, "mine", "v1")[0].revision == first.revision
    assert library.pull(lab, "mine", "v1", update=True)[0].revision == second.revision
    assert library.pull(lab, "mine", "v1")[0].revision == second.revision


def test_damage_is_noticed_and_pulled_anew(lab, package):
    push(lab, package(1))
    receipt, _ = library.pull(lab, "mine", None)
    weights = receipt.folder / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    with pytest.raises(PackageError, match=r"sha256.*ganzoo pull --update lab/mine"):
        receipt.open()
    fixed, fetched = library.pull(lab, "mine", None)
    assert fetched
    fixed.open().verify()


def test_a_file_that_was_only_touched_is_still_good(lab, package):
    push(lab, package(1))
    receipt, _ = library.pull(lab, "mine", None)
    os.utime(receipt.folder / "model.safetensors", (1, 1))
    receipt.open()
    assert library.pull(lab, "mine", None)[1] is False


def test_without_its_receipt_nothing_is_there(lab, package):
    push(lab, package(1))
    receipt, _ = library.pull(lab, "mine", None)
    (receipt.folder / "receipt.json").unlink()
    assert library.pulled() == []
    assert library.pull(lab, "mine", None)[1] is True


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"folder": 3}', "[" * 100_000, "null"])
def test_a_receipt_that_cannot_be_read_is_none(lab, package, text):
    push(lab, package(1))
    receipt, _ = library.pull(lab, "mine", None)
    (receipt.folder / "receipt.json").write_text(text)
    assert library.pulled() == []
    assert library.pull(lab, "mine", None)[1] is True


def test_a_failed_pull_leaves_nothing(lab, package, home):
    resolved = push(lab, package(1))
    weights = lab.store.root / "mine" / "revisions" / resolved.revision / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(PackageError):
        library.pull(lab, "mine", None)
    left = [path for path in home.rglob("*") if path.is_file() and path.name != ".lock"]
    assert left == []


def test_removing_and_pruning(lab, package, home):
    first = push(lab, package(1))
    library.pull(lab, "mine", None)
    push(lab, package(2))
    library.pull(lab, "mine", None, update=True)
    (home / "models" / "x").mkdir()
    leftover = home / "models" / "x" / ".staging-killed"
    make(leftover)
    assert [receipt.revision for receipt in library.prune()] == [first.revision]
    assert not leftover.exists()
    assert len(library.pulled()) == 1
    for receipt in library.matching("lab/mine"):
        library.remove(receipt)
    assert library.pulled() == []
    with pytest.raises(RegistryError, match="was not pulled"):
        library.matching("lab/mine")


def test_a_home_that_cannot_be_written_is_one_sentence(lab, package, home):
    push(lab, package(1))
    shutil.rmtree(home)
    home.write_text("a file where the folder should be")
    with pytest.raises(RegistryError, match=r"cannot be written.*GANZOO_HOME"):
        library.pull(lab, "mine", None)
    assert Package.open(lab.store.root / "mine" / "revisions" / lab.store.resolve("mine", None).revision)


def test_pruning_leaves_what_is_being_unpacked(package, home, tmp_path, monkeypatch):
    archive.pack(package(1), tmp_path / "one.zip")
    unpack, seen = archive.unpack, []

    def unpack_beside_a_prune(path, staging):
        (staging / "half").write_bytes(b"half")
        library.prune()
        seen.append((staging / "half").exists())
        (staging / "half").unlink()
        return unpack(path, staging)

    monkeypatch.setattr(archive, "unpack", unpack_beside_a_prune)
    opened = open_reference(str(tmp_path / "one.zip"))
    assert seen == [True]
    assert opened.package.folder.parent == home / "models" / "archives"
    assert {path.name for path in opened.package.folder.parent.iterdir()} == {opened.package.folder.name, ".lock"}


@pytest.fixture(scope="module")
def opened():
    """Files that were opened since it was cleared; an audit hook cannot be taken back."""
    found = []
    sys.addaudithook(lambda event, arguments: found.append(str(arguments[0])) if event == "open" else None)
    return found


def test_a_list_opens_one_file_for_each_pulled_model(lab, package, home, opened):
    for seed in range(5):
        push(lab, package(seed))
        library.pull(lab, "mine", None, update=True)
    opened.clear()
    listed = [model for model in shared_listings() if model.where == "pulled"]
    assert [path.rpartition("/")[2] for path in opened if path.startswith(str(home))] == ["receipt.json"] * 5
    read = [listing_in(receipt.folder, receipt.reference, "pulled") for receipt in library.pulled()]
    assert listed == read
    assert listed[0].metrics


@pytest.mark.parametrize("brief", [None, {}, [], "x", {"data": 3, "files": [], "checkpoint": []}])
def test_a_list_reads_the_manifest_where_the_receipt_does_not_tell(lab, package, brief):
    push(lab, package())
    receipt, _ = library.pull(lab, "mine", None)
    expected = listing_in(receipt.folder, receipt.reference, "pulled")
    values = {**json.loads((receipt.folder / "receipt.json").read_text()), "brief": brief}
    if brief is None:
        del values["brief"]  # of a version before it
    (receipt.folder / "receipt.json").write_text(json.dumps({**values, "of a later version": 1}))
    listed = [model for model in shared_listings() if model.where == "pulled"]
    if isinstance(brief, list | str):
        assert listed == [], "such a receipt is none"
    else:
        assert listed == [Listing(receipt.reference, where="pulled") if brief else expected]


def test_a_list_tells_a_manifest_that_was_changed_since(lab, package):
    push(lab, package())
    receipt, _ = library.pull(lab, "mine", None)
    manifest = receipt.folder / "ganzoo.json"
    manifest.write_text(manifest.read_text().replace('"variant": "', '"variant": "other-'))
    assert [model.variant[:6] for model in shared_listings() if model.where == "pulled"] == ["other-"]


def places(tree, *before):
    """The path of every value in JSON."""
    yield before
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ():
        yield from places(value, *before, key)


def put(tree, place, value):
    if not place:
        return value
    copy = tree.copy()
    copy[place[0]] = put(tree[place[0]], place[1:], value)
    return copy


NASTY = (
    None,
    True,
    -1,
    10**400,
    "",
    "..",
    "../../../mine",
    "\0",
    "[/x]\x1b",
    "\ud800",
    [],
    [[]],
    ["x"],
    [1, "x"],
    {},
    {"a": {}},
)


def test_whatever_a_receipt_holds_a_list_stands_and_nothing_outside_is_named(lab, package, home, capsys):
    push(lab, package())
    receipt, _ = library.pull(lab, "mine", None)
    path, mine = receipt.folder / "receipt.json", home / "mine"
    mine.mkdir()
    good = json.loads(path.read_text())
    for place in places({name: value for name, value in good.items() if name != "brief"}):
        for value in NASTY:
            path.write_text(json.dumps(put(good, place, value)))
            show(shared_listings(), as_json=False)
            show(shared_listings(), as_json=True)
            for reference in ("mine", "lab/mine", "mine@v1"):
                with suppress(RegistryError):
                    open_reference(reference, offline=True)
                with suppress(RegistryError):
                    [one.size_bytes() for one in library.matching(reference)]
    for name in ("name", "revision", "origin"):
        path.write_text(json.dumps({**good, name: "../../../mine"}))
        assert library.pulled() == []
    assert mine.is_dir()


def test_a_pipe_in_place_of_a_receipt(lab, package):
    push(lab, package())
    receipt, _ = library.pull(lab, "mine", None)
    (receipt.folder / "receipt.json").unlink()
    os.mkfifo(receipt.folder / "receipt.json")
    assert library.pulled() == []
