"""No name that comes from the network leads anywhere: neither of ours, nor to the client, which believes some."""

import hashlib

import pytest
from registry import forge, hub_bench
from registry.hub_repos import describe, etag
from registry.hub_server import WRITER, HubServer

from ganzoo.errors import PackageError, RegistryError
from ganzoo.registry.stores.hub import cache

NAMES = [
    "{mine}",
    "../../../../home/.bashrc",
    "../..",
    "..",
    ".",
    "0" * 39,
    "0" * 40,
    "A" * 64,
    "a/b",
    "con",
    "0" * 40 + "/../../../../home/.bashrc",
]


@pytest.fixture
def bench(tmp_path, monkeypatch):
    yield from hub_bench.bench(tmp_path, monkeypatch)


@pytest.fixture
def mine(tmp_path):
    path = tmp_path / "home" / ".bashrc"
    path.parent.mkdir()
    path.write_text("alias ll=ls")
    yield path
    assert path.read_text() == "alias ll=ls"
    assert [path.name] == [one.name for one in path.parent.iterdir()]


def files_outside(bench):
    cache = bench.cache
    return {
        path
        for path in bench.folder.rglob("*")
        if not path.is_relative_to(cache) and "made-" not in str(path) and "staging" not in str(path)
    }


@pytest.mark.parametrize("file", ["ganzoo.json", "model.safetensors"])
@pytest.mark.parametrize("name", NAMES)
def test_an_etag_is_no_path(bench, mine, name, file):
    bench.publish()
    bench.server.etags[file] = name.format(mine=mine)
    before = files_outside(bench)
    for _ in range(2):
        with pytest.raises(PackageError, match=rf"the Hub's list of files calls the bytes of {file} .* refused"):
            bench.pull()
    assert files_outside(bench) == before
    # Nor did it get any bytes of the file into the cache.
    assert not list(bench.cache.rglob(f"snapshots/*/{file}"))
    assert not list(bench.cache.rglob("*.part"))


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("0" * 40,)] + [None, 5, {}])
@pytest.mark.parametrize("file", ["ganzoo.json", "model.safetensors"])
def test_a_digest_in_the_tree_is_no_path(bench, mine, name, file):
    commit = bench.publish()
    name = name.format(mine=mine) if isinstance(name, str) else name
    answer = describe("org/zoo", bench.server.repos["org/zoo"], commit)
    (entry,) = (sibling for sibling in answer["siblings"] if sibling["rfilename"] == file)
    if "lfs" in entry:
        entry["lfs"]["sha256"] = entry["lfs"]["oid"] = name
        bench.server.etags[file] = str(name)
    else:
        entry["blobId"] = name
        bench.server.etags[file] = str(name)
    bench.server.fail("/revision/", status=200, answer=answer, times=9)
    before = files_outside(bench)
    with pytest.raises(RegistryError, match=r"which is no digest|has another model|does not answer as a Hugging Face"):
        bench.pull()
    assert files_outside(bench) == before


def test_the_headers_of_an_answer_name_nothing(bench, mine):
    commit = bench.publish()
    data = bench.server.repos["org/zoo"].commits[commit]["config.json"]
    headers = {
        "X-Repo-Commit": "../../../../home",
        "X-Linked-Etag": f'"{etag("config.json", data)}"',
        "X-Linked-Size": "7",
        "Content-Disposition": f'attachment; filename="{mine}"',
        "Content-Type": "text/plain",
    }
    bench.server.fail("GET .*config.json", status=200, answer=data, headers=headers)
    before = files_outside(bench)
    assert (bench.pull().folder / "config.json").read_bytes() == data
    assert files_outside(bench) == before


def test_a_commit_that_is_another(bench):
    old = bench.publish()
    bench.publish(seed=2)
    answer = describe("org/zoo", bench.server.repos["org/zoo"], bench.server.repos["org/zoo"].branches["main"])
    bench.server.fail(f"/revision/{old}", status=200, answer=answer)
    with pytest.raises(RegistryError, match="does not answer as a Hugging Face Hub does"):
        bench.pull(old)


def test_a_new_commit_has_a_commits_name(bench):
    package = bench.package()
    bench.server.add("org/zoo", private=False)
    answer = {"commitOid": "../../x", "commitUrl": f"{bench.server.url}/org/zoo/commit/x"}
    bench.server.fail("POST .*/commit/", status=200, answer=answer)
    with pytest.raises(RegistryError, match=r"calls the new commit '../../x', which is none"):
        bench.push(package, WRITER)


@pytest.mark.parametrize("link", ["blob", "snapshot"])
def test_a_link_out_of_the_cache_is_neither_read_nor_deleted(bench, mine, link):
    """As a server made one by its ETag, through an older ganzoo or another program."""
    commit = bench.publish()
    folder = bench.pull().folder
    data = (folder / "config.json").read_bytes()
    path = folder / "config.json" if link == "snapshot" else (folder / "config.json").resolve()
    path.unlink()
    path.symlink_to(mine)
    assert (bench.pull(commit).folder / "config.json").read_bytes() == data
    assert not path.is_symlink() or link == "snapshot"
    assert cache.is_inside(folder / "config.json", bench.cache)


def test_the_token_stays_with_the_endpoint(bench):
    """Where the endpoint sends us on, as the public Hub does to its large files, nobody else hears the token."""
    commit = bench.publish(private=True)
    with HubServer() as other:
        data = bench.server.repos["org/zoo"].commits[commit]["model.safetensors"]
        other.fail("GET /elsewhere", status=200, answer=data)
        # Another host by name, though the same machine.
        url = other.url.replace("127.0.0.1", "localhost")
        linked = {"Location": f"{url}/elsewhere", "X-Linked-Etag": f'"{hashlib.sha256(data).hexdigest()}"'}
        bench.server.fail("GET .*model.safetensors", status=302, headers=linked)
        assert (bench.pull(token=WRITER).folder / "model.safetensors").read_bytes() == data
        assert other.tokens == [""]


def test_what_another_program_reads_of_ours(bench):
    """The cache stays the client's: it finds what we fetched, and its own tools read it."""
    from huggingface_hub import hf_hub_download, scan_cache_dir

    commit = bench.publish(tensors={"layer": forge.weights(size=2_000)["layers.0.weight"]})
    folder = bench.pull().folder
    bench.server.requests.clear()
    path = hf_hub_download("org/zoo", "model.safetensors", revision=commit, cache_dir=bench.cache)
    assert path == str(folder / "model.safetensors")
    assert bench.server.requests == []
    (repo,) = scan_cache_dir(bench.cache).repos
    assert (repo.repo_id, repo.nb_files) == ("org/zoo", 4)
