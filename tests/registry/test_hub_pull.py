"""Pulling from a Hub with the real client: what is fetched, what is asked, and what is refused."""

import hashlib
import json
import os
import shutil

import pytest
from registry import forge, hub_bench
from registry.hub_server import READER, WRITER

from ganzoo.errors import PackageError, RegistryError
from ganzoo.registry.stores.hub.store import HubStore


@pytest.fixture
def bench(tmp_path, monkeypatch):
    yield from hub_bench.bench(tmp_path, monkeypatch)


def test_pull_by_branch_tag_and_commit(bench):
    first = bench.publish(seed=1)
    bench.server.repos["org/zoo"].tags["v1"] = first
    second = bench.publish(seed=2)

    newest, tagged, exact = bench.pull(), bench.pull("v1"), bench.pull(first)
    assert newest.folder.name == second
    assert newest.manifest.seed == 2
    assert tagged.folder == exact.folder
    assert tagged.manifest.seed == 1
    for name, data in bench.server.repos["org/zoo"].commits[second].items():
        # Of the repository's own files nothing is needed here.
        assert name == ".gitattributes" or (newest.folder / name).read_bytes() == data
    assert not (newest.folder / ".gitattributes").exists()
    assert not list(bench.staging().iterdir())
    assert bench.store().resolve("org/zoo", "v1").reference == f"hf://org/zoo@{first}"


def test_a_second_pull_asks_nothing_by_commit_and_once_by_tag(bench):
    commit = bench.publish()
    bench.pull()
    bench.server.requests.clear()
    bench.pull(commit)
    assert bench.server.requests == []
    bench.pull("main")
    assert bench.server.requests == ["GET /api/models/org/zoo/revision/main?blobs=true"]


def test_what_another_program_fetched_is_used(bench):
    from huggingface_hub import snapshot_download

    commit = bench.publish()
    snapshot_download("org/zoo", revision=commit, cache_dir=bench.cache, endpoint=bench.server.url)
    bench.server.requests.clear()
    assert bench.pull(commit).folder.is_relative_to(bench.cache)
    assert bench.server.requests == []


def test_progress_names_every_file_to_its_last_byte(bench):
    bench.publish(tensors={"layer": forge.weights(size=200_000)["layers.0.weight"]})
    told = []
    package = bench.pull(progress=lambda *step: told.append(step))
    sizes = {name: (package.folder / name).stat().st_size for name in package.files()}
    assert {name: done for name, done, _ in told} == sizes
    assert {name: total for name, _, total in told} == sizes
    weights = [done for name, done, _ in told if name == "model.safetensors"]
    # 2.4 MB, told about in pieces of 128 KiB.
    assert len(weights) > 10
    assert weights == sorted(weights)


def test_offline_uses_what_is_here(bench):
    commit = bench.publish()
    bench.server.repos["org/zoo"].tags["v1"] = commit
    bench.pull("v1")
    bench.server.requests.clear()
    assert bench.pull("v1", offline=True).folder.name == commit
    assert bench.pull(commit, offline=True).folder.name == commit
    for revision, sentence in (("main", "@main was never pulled here"), ("a" * 40, "is not in .*, or not all of it")):
        with pytest.raises(RegistryError, match=sentence):
            bench.pull(revision, offline=True)
    for call in (lambda store: store.search(""), lambda store: store.push(bench.package(), "org/zoo", tag=None,
                 message="", private=False)):  # fmt: skip
        with pytest.raises(RegistryError, match="asks the Hub, which --offline"):
            call(bench.store(offline=True))
    assert bench.server.requests == []


def test_a_tag_whose_pull_failed_does_not_hide_what_was_pulled_before(bench):
    first = bench.publish(seed=1)
    bench.pull()
    bench.publish(seed=2)
    bench.server.fail("GET .*model.safetensors", status=403)
    with pytest.raises(RegistryError, match="403"):
        bench.pull()
    assert bench.pull(offline=True).folder.name == first


def test_the_environment_is_read_when_it_is_needed(bench, monkeypatch):
    store = HubStore()
    commit = bench.publish(private=True)
    monkeypatch.setenv("HF_ENDPOINT", bench.server.url + "/")
    monkeypatch.setenv("HF_TOKEN", READER)
    monkeypatch.setenv("HF_HUB_CACHE", str(bench.cache))
    assert store.fetch(store.resolve("org/zoo", None), bench.staging()).folder.is_relative_to(bench.cache)
    bench.server.requests.clear()
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.delenv("HF_HUB_CACHE")
    monkeypatch.setenv("HF_HOME", str(bench.folder / "elsewhere"))
    with pytest.raises(RegistryError, match=r"elsewhere.hub, or not all of it"):
        store.fetch(store.resolve("org/zoo", commit), bench.staging())
    with pytest.raises(RegistryError, match="never pulled here"):
        HubStore().resolve("org/zoo", "main")
    assert bench.server.requests == []


def test_private_models_need_a_token(bench):
    bench.publish(private=True)
    with pytest.raises(RegistryError, match=r"private and you are not logged in \(401\).*hf auth login.*HF_TOKEN"):
        bench.pull()
    with pytest.raises(RegistryError, match="does not accept the token"):
        bench.pull(token="hf_wrong")
    assert bench.pull(token=READER)


def test_the_token_of_hf_auth_login_is_used(bench):
    bench.publish(private=True)
    (bench.folder / "token").write_text(READER)
    assert bench.pull()


@pytest.mark.parametrize(
    ("revision", "token", "sentence"),
    [
        (None, None, r"hf://org/none does not exist, or is private and you are not logged in"),
        (None, READER, r"hf://org/none does not exist, or is private and this account may not see it \(404\)"),
    ],
)
def test_no_such_repository(bench, revision, token, sentence):
    with pytest.raises(RegistryError, match=sentence):
        bench.pull(revision, name="org/none", token=token)


def test_no_such_revision_says_which_there_are(bench):
    bench.server.repos["org/zoo"] = None
    del bench.server.repos["org/zoo"]
    commit = bench.publish()
    bench.server.repos["org/zoo"].tags.update(v1=commit, v2=commit)
    with pytest.raises(RegistryError, match=r"no revision 'v3': there are v1, v2, main"):
        bench.pull("v3")
    with pytest.raises(RegistryError, match=r"no revision '1{40}'"):
        bench.pull("1" * 40)


@pytest.mark.parametrize(
    "name", ["zoo", "org/zoo/more", "../zoo", "org/..", "org/zo o", "-org/zoo", "a--b/zoo", "org/"]
)
def test_names_that_lead_elsewhere_are_refused(bench, name):
    with pytest.raises(RegistryError, match="is no model on the Hub"):
        bench.store().resolve(name, None)


@pytest.mark.parametrize("revision", ["../../x", "/etc/passwd", "a//b", "v1/..", "", "v 1", "-v"])
def test_revisions_that_lead_elsewhere_are_refused(bench, revision):
    with pytest.raises(RegistryError, match="is no revision"):
        bench.store(offline=True).resolve("org/zoo", revision or " ")


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"extra.pt": b"pickle"}, r"'extra\.pt', which could run code"),
        ({"sub/weights.bin": b"pickle"}, r"'sub/weights\.bin', which could run code"),
        ({"CONFIG.json": b"{}"}, "some systems take for one file"),
        ({"../../evil": b""}, "leads out of its folder"),
        ({"ganzoo.json": b" " * (1024 * 1024 + 1)}, r"ganzoo\.json of .* is larger than 1,048,576 bytes"),
    ],
)
def test_a_dangerous_repository_is_refused_before_a_byte_is_fetched(bench, files, sentence):
    bench.publish(files=files)
    with pytest.raises(PackageError, match=sentence):
        bench.pull()
    assert bench.server.count("/resolve/") == 0
    assert not bench.cache.exists()


def test_a_repository_that_is_no_package(bench):
    bench.server.add("org/zoo", files={"model.safetensors": b"x", "config.json": b"{}"})
    with pytest.raises(PackageError, match=r"no ganzoo\.json: it is not a model of ganzoo"):
        bench.pull()


@pytest.mark.parametrize("change", [b"", b"+", None])
def test_weights_that_are_not_the_manifests_are_not_even_fetched(bench, change):
    commit = bench.publish()
    files = bench.server.repos["org/zoo"].commits[commit]
    if change is None:
        del files["model.safetensors"]
    else:
        data = files["model.safetensors"]
        files["model.safetensors"] = data[:-1] + b"\x01" if change == b"" else data + change
    with pytest.raises(PackageError, match=r"has (no|another) model\.safetensors, and its ganzoo\.json names it"):
        bench.pull()
    assert bench.server.count(r"GET .*model\.safetensors") == 0


def test_a_small_file_that_is_not_the_manifests_is_refused(bench):
    commit = bench.publish()
    files = bench.server.repos["org/zoo"].commits[commit]
    files["config.json"] = files["config.json"].replace(b'"resolution": 8', b'"resolution": 4')
    with pytest.raises(PackageError, match=r"config\.json does not match its sha256"):
        bench.pull()
    # It is as the Hub has it, so it was not fetched again.
    assert bench.server.count(r"GET .*config\.json") == 1


def test_files_for_people_are_bounded(bench):
    bench.publish(files={"samples.png": b"\x89PNG" + b"0" * (8 * 1024 * 1024), "notes.txt": b"no"})
    names = {path.name for path in bench.pull().folder.iterdir()}
    assert names == {"ganzoo.json", "config.json", "model.safetensors", "README.md"}


@pytest.mark.parametrize("name", ["ganzoo.json", "config.json", "model.safetensors"])
def test_what_rots_on_this_disk_is_fetched_anew(bench, name):
    commit = bench.publish()
    path = bench.pull().folder / name
    data = path.read_bytes()
    path.resolve().write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(RegistryError):
        bench.pull(commit, offline=True)
    bench.server.requests.clear()
    assert (bench.pull(commit).folder / name).read_bytes() == data
    assert [request.split("/")[-1] for request in bench.server.requests if request.startswith("GET /org")] == [
        f"{name}?"
    ]


def test_links_out_of_the_cache_are_refused(bench):
    commit = bench.publish()
    path = bench.pull().folder / "config.json"
    outside = bench.folder / "outside.json"
    shutil.copy(path, outside)
    path.unlink()
    path.symlink_to(outside)
    with pytest.raises(PackageError, match="link out of the package"):
        bench.pull(commit, offline=True)


def test_files_that_models_share_in_the_cache_are_no_links_out_of_it(bench):
    """The client keeps files of Xet storage once for all models, and links models/blobs to them."""
    commit = bench.publish()
    path = bench.pull().folder / "model.safetensors"
    blob = path.resolve()
    shared = bench.cache / "blobs" / "ab" / hashlib.sha256(b"xet").hexdigest()
    shared.parent.mkdir(parents=True)
    blob.rename(shared)
    blob.symlink_to(os.path.relpath(shared, blob.parent))
    assert bench.pull(commit, offline=True)


def test_no_room_for_the_cache(bench):
    bench.publish()
    bench.cache.write_text("a file where a folder should be")
    with pytest.raises(RegistryError, match=r"cannot be written or read: .*; HF_HUB_CACHE moves the cache"):
        bench.pull()


def test_search_by_name_variant_and_data(bench):
    from ganzoo.registry.packages import card

    def publish(name, **options):
        package = bench.package(name, **options)
        text = card.write(package.manifest, f"hf://org/{name}", "A GAN", "arXiv:1406.2661")
        (package.folder / "README.md").write_text(text)
        bench.server.add(f"org/{name}", package.folder, private=name.startswith("own"))

    publish("digits")
    publish("own-digits", variant="wgan-gp")
    bench.server.add("org/digits-of-others", files={"README.md": b"---\nlibrary_name: other\n---\n"})
    strange = {"library_name": "ganzoo", "tags": [["gan"], "a\x1b[31mb", "x" * 999], "datasets": {"a": 1}}
    bench.server.add("org/strange", files={"README.md": f"---\n{json.dumps(strange)}\n---\n".encode()})

    def found(text, token=None):
        return [listing.reference for listing in bench.store(token).search(text)]

    assert found("") == ["hf://org/digits", "hf://org/strange"]
    assert found("DIGITS") == ["hf://org/digits"]
    assert found("dcgan") == ["hf://org/digits"]
    assert found("mnist", WRITER) == ["hf://org/digits", "hf://org/own-digits"]
    assert found("two words") == []
    digits, own = bench.store(WRITER).search("mnist")
    assert (digits.variant, digits.data, digits.private, own.variant, own.private) == (
        "dcgan", "mnist", False, "wgan-gp", True,
    )  # fmt: skip
    assert digits.metrics == {"fid": 12.5}
    (odd,) = bench.store().search("strange")
    assert (odd.variant, odd.data, odd.metrics) == (None, None, None)
