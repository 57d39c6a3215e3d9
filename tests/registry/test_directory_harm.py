"""The store in a folder, with others at work, killed, without room and without permission."""

import os
import signal
import subprocess
import sys
import threading
import time

import filelock
import pytest
from registry import limited
from registry.forge import make
from registry.moves import fetch, push, tree

from ganzoo.errors import RegistryError
from ganzoo.registry.packages.package import Package
from ganzoo.registry.stores.directory import DirectoryStore
from ganzoo.utils import locks

pytestmark = pytest.mark.slow


def test_writers_take_turns(zoo, package, tmp_path, monkeypatch, caplog):
    packages = [package(seed) for seed in range(4)]
    threads = [
        threading.Thread(target=push, args=(zoo, one), kwargs={"tag": f"v{one.manifest.seed}"}) for one in packages
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(os.listdir(zoo.root / "digits" / "revisions")) == 4
    assert zoo.resolve("digits", None) in {zoo.resolve("digits", f"v{seed}") for seed in range(4)}
    monkeypatch.setattr(locks, "SILENT_S", 0.1)
    monkeypatch.setattr(locks, "LONGEST_S", 0.2)
    with (
        filelock.FileLock(zoo.root / ".digits.lock"),
        pytest.raises(RegistryError, match="another process pushes lab/digits, for more than 0 s now"),
    ):
        push(zoo, packages[0])
    assert "another process pushes lab/digits; waiting for it, for 0 s at most" in caplog.text
    before = tree(zoo.root)
    # Who reads waits for nobody.
    with filelock.FileLock(zoo.root / ".digits.lock"):
        zoo.resolve("digits", None)
    assert tree(zoo.root) == before


def test_a_revision_appears_in_one_move(zoo, package):
    """The folder that was written aside is the very one that readers see; until then they see none."""
    written = set()

    def progress(name, done, total):
        (aside,) = zoo.root.glob("digits/.staging-*/package")
        written.add(aside.stat().st_ino)
        assert list(zoo.root.glob("digits/revisions/*")) == []

    resolved = push(zoo, package(), progress=progress)
    assert {(zoo.root / "digits" / "revisions" / resolved.revision).stat().st_ino} == written


KILLED = """
import sys, time
def stop(name, done, total):
    if name == {at!r}:
        print("there", flush=True)
        time.sleep(60)
push(sys.argv[1], progress=stop)
"""


@pytest.mark.parametrize("at", ["ganzoo.json", "model.safetensors", "README.md"])
@pytest.mark.parametrize("earlier", [False, True])
def test_a_writer_that_is_killed_leaves_nothing_that_is_seen(zoo, package, tmp_path, at, earlier):
    before = push(zoo, package(1), "m") if earlier else None
    command = [sys.executable, "-c", limited.PRELUDE + KILLED.format(at=at), str(package(2).folder)]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"there\n"
        process.send_signal(signal.SIGKILL)
    (leftover,) = (zoo.root / "m").glob(".staging-*")
    if earlier:
        assert zoo.resolve("m", None) == before
        assert os.listdir(zoo.root / "m" / "revisions") == [before.revision]
    else:
        assert zoo.search("") == []
        with pytest.raises(RegistryError, match="no model 'm': it has none"):
            zoo.resolve("m", None)
    after = push(zoo, package(2), "m")
    assert not leftover.exists()
    assert sorted(os.listdir(zoo.root / "m")) == ["revisions", "tags"]
    assert fetch(zoo, after, tmp_path / "got").manifest.seed == 2


def test_a_writer_killed_at_any_moment_leaves_whole_revisions(zoo, package, tmp_path):
    code = "for seed in range(1000): push(f'{sys.argv[1]}-{seed % 5}', tag=f'v{seed % 3}')"
    for seed in range(5):
        package(seed)
    command = [sys.executable, "-c", limited.PRELUDE + code, str(tmp_path / "package")]
    for turn in range(4):
        with subprocess.Popen(command, cwd=tmp_path) as process:
            deadline = time.monotonic() + 30
            while not (zoo.root / "m" / "tags" / "latest").exists() and time.monotonic() < deadline:
                time.sleep(0.01)
            time.sleep(0.05 + 0.037 * turn)
            process.kill()
        for revision in os.listdir(zoo.root / "m" / "revisions"):
            Package.open(zoo.root / "m" / "revisions" / revision).verify()
        for tag in os.listdir(zoo.root / "m" / "tags"):
            zoo.resolve("m", tag)
    push(zoo, package(0), "m")
    assert list((zoo.root / "m").glob(".staging-*")) == []


def test_a_full_disk_leaves_what_was_there(tmp_path):
    make(tmp_path / "content" / "small", seed=1)
    make(tmp_path / "content" / "large", seed=2, extra={"model.onnx": bytes(400_000)})
    (tmp_path / "content" / "zoo").mkdir()
    code = """
    Path("filler").write_bytes(bytes(500_000))
    push("small")
    refused(lambda: push("large"))
    refused(lambda: push("large", "other"))
    print(zoo.resolve("m", None) == zoo.resolve("m", zoo.resolve("m", None).revision), sorted(os.listdir("zoo")))
    print(sorted(os.listdir("zoo/m")), len(os.listdir("zoo/m/revisions")))
    Path("got").mkdir()
    zoo.fetch(zoo.resolve("m", None), Path("got"), no_progress)
    """
    lines = limited.run(
        f'Path("filler").write_bytes(bytes(500_000))\n{limited.textwrap.dedent(code)}', tmp_path, limited.FULL
    )
    sentence = "lab/{} could not be pushed into zoo: No space left on device; what was there before is as it was"
    assert lines == [
        sentence.format("m"),
        sentence.format("other"),
        "True ['.m.lock', '.other.lock', 'm']",
        "['revisions', 'tags'] 1",
    ]


def test_a_full_disk_where_a_model_is_pulled_to(tmp_path):
    make(tmp_path / "large", extra={"model.onnx": bytes(400_000)})
    (tmp_path / "zoo").mkdir()
    code = """
    resolved = push("large")
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
    Path("got").mkdir()
    refused(lambda: zoo.fetch(resolved, Path("got"), no_progress))
    """
    (line,) = limited.run(code, tmp_path)
    assert line.startswith("lab/m@")
    assert line.endswith("could not be copied to got: File too large")


def test_a_disk_that_cannot_be_written_can_be_read(tmp_path):
    make(tmp_path / "new", seed=2)
    folder = tmp_path / "content" / "zoo"
    folder.mkdir(parents=True)
    resolved = push(DirectoryStore(folder, "lab/"), Package.open(make(tmp_path / "package")), "m", tag="v1")
    code = """
    refused(lambda: push("../new"))
    refused(lambda: push("../new", "other"))
    resolved = zoo.resolve("m", "v1")
    staging = Path("../got")
    staging.mkdir()
    print(zoo.fetch(resolved, staging, no_progress).manifest.seed, resolved.revision, len(zoo.search("")))
    """
    first, second, third = limited.run(code, tmp_path, limited.READ_ONLY)
    assert first == ("lab/m could not be pushed into zoo: Read-only file system; what was there before is as it was")
    assert second.startswith("lab/other could not be pushed into zoo: Read-only file system")
    assert third == f"0 {resolved.revision} 1"


def test_no_permission_is_one_sentence(tmp_path):
    os.chmod(tmp_path, 0o755)
    make(tmp_path / "new", seed=2)
    for name in ("zoo", "closed"):
        (tmp_path / name).mkdir()
        push(DirectoryStore(tmp_path / name, "lab/"), Package.open(make(tmp_path / "package")), "m")
    (tmp_path / "closed" / "m" / "revisions").chmod(0)
    (tmp_path / "zoo").chmod(0o555)
    (tmp_path / "shut").mkdir(0)
    code = """
    refused(lambda: push("new", "other"))
    print(zoo.resolve("m", None).name)
    refused(lambda: DirectoryStore(Path("closed"), "lab/").resolve("m", None))
    print(DirectoryStore(Path("closed"), "lab/").search("")[0])
    refused(lambda: DirectoryStore(Path("shut"), "lab/").resolve("m", None))
    refused(lambda: DirectoryStore(Path("shut"), "lab/").search(""))
    refused(lambda: Package.open(Path("closed/m/revisions")))
    """
    lines = limited.run(code, tmp_path, first=limited.AS_NOBODY)
    (tmp_path / "closed" / "m" / "revisions").chmod(0o755)
    assert lines == [
        "lab/other could not be pushed into zoo: Permission denied; what was there before is as it was",
        "m",
        "closed/m/revisions cannot be read: Permission denied",
        "Listing(reference='lab/m', variant=None, data=None, shape=None, size_bytes=None, metrics=None, private=False, "
        "where='lab')",
        "shut/m/tags/latest cannot be read: Permission denied",
        "shut cannot be read: Permission denied",
        "closed/m/revisions is not a model package: Permission denied",
    ]
