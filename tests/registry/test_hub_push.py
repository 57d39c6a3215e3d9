"""Pushing to a Hub with the real client: one commit, on top of what was seen, compared, and nothing else."""

import signal
import threading
import time

import pytest
from registry import forge, hub_bench, hub_repos
from registry.hub_server import READER, WRITER

from ganzoo.errors import PackageError, RegistryError
from ganzoo.registry.packages import card

LARGER = {"layer": forge.weights(size=200_000)["layers.0.weight"]}
"""2.4 MB."""


@pytest.fixture
def bench(tmp_path, monkeypatch):
    yield from hub_bench.bench(tmp_path, monkeypatch)


def commits(bench, name="org/zoo"):
    return bench.server.count(f"POST /api/models/{name}/commit/")


def test_a_push_is_one_commit_with_a_tag_and_what_was_sent(bench):
    package = bench.package(extra={"model.onnx": b"graph"})
    resolved = bench.push(package, WRITER, tag="v1")
    repo = bench.server.repos["org/zoo"]
    assert commits(bench) == 1
    assert (resolved.revision, resolved.reference) == (repo.branches["main"], f"hf://org/zoo@{repo.branches['main']}")
    assert repo.tags == {"v1": resolved.revision}
    assert not repo.private
    sent = {path.name: path.read_bytes() for path in package.folder.iterdir()}
    there = repo.commits[resolved.revision]
    assert sent == {name: data for name, data in there.items() if name != ".gitattributes"}
    assert bench.pull("v1").manifest == package.manifest


def test_large_files_go_in_parts_where_the_server_wants_it(bench):
    bench.server.part_bytes = 1_000_000
    told = []
    bench.push(bench.package(tensors=LARGER), WRITER, progress=lambda *step: told.append(step))
    assert bench.server.count("PUT /lfs/") == 3
    parts = [done / total for name, done, total in told if name == "model.safetensors"]
    assert parts[-1] == 1
    assert len(parts) > 10
    assert bench.pull()


def test_the_same_again_changes_nothing(bench):
    package = bench.package()
    text = card.write(package.manifest, "hf://org/zoo", "A GAN", "arXiv:1406.2661")
    (package.folder / "README.md").write_text(text)
    first = bench.push(package, WRITER)
    assert bench.push(package, WRITER) == first
    tagged = bench.push(package, WRITER, tag="v1")
    assert tagged == first
    assert bench.push(package, WRITER, tag="v1") == first
    assert commits(bench) == 1
    assert bench.server.repos["org/zoo"].tags == {"v1": first.revision}


def test_tags_do_not_move(bench):
    first = bench.push(bench.package(), WRITER, tag="v1")
    with pytest.raises(RegistryError, match="has the tag v1 already, and tags do not move: choose another"):
        bench.push(bench.package("second", seed=2), WRITER, tag="v1")
    assert commits(bench) == 1
    assert bench.server.repos["org/zoo"].tags == {"v1": first.revision}


def test_a_tag_that_cannot_be_set_says_what_was_published(bench):
    bench.server.fail("POST .*/tag/", status=403)
    with pytest.raises(RegistryError, match=r"hf://org/zoo@\w{40} is published, but without the tag v1: .*403"):
        bench.push(bench.package(), WRITER, tag="v1")
    resolved = bench.push(bench.package(), WRITER, tag="v1")
    assert (commits(bench), bench.server.repos["org/zoo"].tags) == (1, {"v1": resolved.revision})


def test_peoples_words_and_files_survive(bench):
    def package(name, seed, **options):
        made = bench.package(name, seed=seed, **options)
        text = card.write(made.manifest, "hf://org/zoo", f"GAN of seed {seed}", "arXiv:1406.2661")
        (made.folder / "README.md").write_text(text)
        return made

    one = package("one", 1, extra={"model.onnx": b"graph"})
    (one.folder / "samples.png").write_bytes(b"\x89PNG")
    first = bench.push(one, WRITER)
    files = dict(bench.server.repos["org/zoo"].commits[first.revision])
    text = files["README.md"].decode().replace("---\n", "---\nlanguage: en\n", 1) + "\nI drew these myself.\n"
    bench.server.repos["org/zoo"].commit({**files, "README.md": text.encode(), "cats/best.jpg": b"cat"})

    second = bench.push(package("two", 2), WRITER)
    there = bench.server.repos["org/zoo"].commits[second.revision]
    words = there["README.md"].decode()
    assert "I drew these myself." in words
    assert "language: en" in words
    assert "GAN of seed 2" in words
    assert "GAN of seed 1" not in words
    # What the new package does not have would be taken for its own.
    assert there.keys() == {".gitattributes", "README.md", "cats/best.jpg", "config.json", "ganzoo.json",
                            "model.safetensors"}  # fmt: skip


def test_a_package_without_a_card_leaves_the_card(bench):
    first = bench.push(bench.package(), WRITER)
    bench.push(bench.package("second", seed=2, card=None), WRITER)
    repo = bench.server.repos["org/zoo"]
    assert repo.commits[repo.branches["main"]]["README.md"] == repo.commits[first.revision]["README.md"]


def test_private(bench):
    bench.push(bench.package(), WRITER, private=True)
    assert bench.server.repos["org/zoo"].private
    with pytest.raises(RegistryError, match="private and you are not logged in"):
        bench.pull()
    assert bench.pull(token=READER)


def test_a_private_push_never_lands_in_a_public_repository(bench):
    bench.publish()
    with pytest.raises(RegistryError, match="is public: make it private in its settings first"):
        bench.push(bench.package("own", seed=3), WRITER, private=True)
    assert commits(bench) == bench.server.count("PUT") == 0


@pytest.mark.parametrize(
    ("token", "sentence"),
    [
        (None, r"\(401\).*hf auth login"),
        (READER, r"may not do this \(403\)"),
        ("hf_wrong", "does not accept the token"),
    ],
)
def test_who_may_not_push(bench, token, sentence):
    with pytest.raises(RegistryError, match=sentence):
        bench.push(bench.package(), token)
    bench.publish("org/there")
    with pytest.raises(RegistryError, match=sentence):
        bench.push(bench.package(), token, name="org/there")
    assert commits(bench) == 0


def test_a_repository_that_nobody_could_pull_from(bench):
    bench.publish(files={"old.ckpt": b"pickle"})
    with pytest.raises(PackageError, match=r"'old\.ckpt', which could run code"):
        bench.push(bench.package("second", seed=2), WRITER)
    assert commits(bench) == 0


def test_two_at_once_one_wins(bench):
    bench.publish()
    both = threading.Barrier(2)
    bench.server.fail("POST .*/commit/", before=lambda: both.wait(30), times=2)
    folders = [bench.package(f"package-{seed}", seed=seed).folder for seed in (1, 2)]
    processes = [bench.process("push", "org/zoo", folder, token=WRITER) for folder in folders]
    ended = [(*process.communicate(timeout=60), process.returncode) for process in processes]
    (won, _, _), (_, lost, code) = sorted(ended, key=lambda end: end[2])
    assert won.strip() == bench.server.repos["org/zoo"].branches["main"]
    assert code == 1
    assert lost == (
        "error: hf://org/zoo: someone else pushed at the same time (412), and nothing of yours was published: "
        "run it again\n"
    )
    assert bench.push(bench.package("package-3", seed=3), WRITER).revision != won.strip()


def test_killed_in_the_middle_and_again(bench):
    before = bench.publish()
    begun = threading.Event()
    package = bench.package("second", seed=2, tensors=LARGER)
    bench.server.fail("PUT /lfs/", before=lambda: (begun.set(), time.sleep(1)))
    process = bench.process("push", "org/zoo", package.folder, "v1", token=WRITER)
    assert begun.wait(30)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=10)
    repo = bench.server.repos["org/zoo"]
    assert (repo.branches["main"], repo.tags, len(repo.commits)) == (before, {}, 1)
    resolved = bench.push(package, WRITER, tag="v1")
    assert repo.tags == {"v1": resolved.revision}
    assert bench.pull("v1").manifest.seed == 2


def test_what_the_hub_holds_is_compared(bench, monkeypatch):
    commit = hub_repos.Repo.commit
    spoilt = {"config.json": b"{}"}
    monkeypatch.setattr(
        hub_repos.Repo, "commit", lambda repo, files, branch="main": commit(repo, files | spoilt, branch)
    )
    with pytest.raises(RegistryError, match=r"@\w{40} does not hold config\.json as it was sent: push it again"):
        bench.push(bench.package(), WRITER, tag="v1")
    assert bench.server.repos["org/zoo"].tags == {}


def test_a_card_that_the_hub_refuses(bench):
    bench.server.fail("validate-yaml", status=400, answer={"errors": [{"message": "license is unknown"}]})
    with pytest.raises(RegistryError, match=r"license is unknown"):
        bench.push(bench.package(), WRITER)
    assert commits(bench) == 0


def test_an_upload_that_fails(bench, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda _: None)
    bench.server.fail("PUT /lfs/", status=500, times=2)
    assert bench.push(bench.package(), WRITER)
    bench.server.fail("PUT /lfs/", status=403)
    with pytest.raises(RegistryError, match=r"may not do this \(403\)"):
        bench.push(bench.package("second", seed=2), WRITER)
    assert commits(bench) == 1


def test_the_token_is_nowhere(bench):
    """Neither printed, nor in a file, nor in a message; the server repeats it in its own."""
    bench.publish("org/private", private=True)
    folder = bench.package("second", seed=2).folder
    said = []
    # With all that the client can be made to say.
    loud = {"HF_DEBUG": "1", "HF_HUB_VERBOSITY": "debug"}
    for arguments, token, code in [
        (("push", "org/zoo", folder, "v1"), WRITER, 0),
        (("pull", "org/private", "main"), WRITER, 0),
        (("push", "org/zoo", folder, "v2"), READER, 1),
    ]:
        process = bench.process(*arguments, token=token, **loud)
        said += process.communicate(timeout=60)
        assert process.returncode == code
    assert "Send: curl" in said[1]
    bench.server.fail("/revision/", status=418, answer={"error": f"no tea for {WRITER}"})
    with pytest.raises(RegistryError, match=r"no tea for \*\*\*") as caught:
        bench.pull(token=WRITER)
    said.append(str(caught.value))
    written = [path.read_bytes() for path in bench.folder.rglob("*") if path.is_file()]
    published = [
        data for repo in bench.server.repos.values() for files in repo.commits.values() for data in files.values()
    ]
    assert len(written) > 10
    everything = "\n".join(said).encode() + b"".join(written + published)
    assert b"secret0123456789" not in everything
