"""One move: the old file or the new one, never half of one, and nothing beside it."""

import os
import resource
import signal
import stat
import subprocess
import sys
import threading

import pytest

from ganzoo.utils.files import replacing, replacing_folder, write_atomically

WRITER = """
import sys
from pathlib import Path
from ganzoo.utils.files import write_atomically
for _ in range(200):
    write_atomically(Path(sys.argv[1]), sys.argv[2] * 100_000, synced=False)
"""


def test_a_new_file_with_its_folders_and_the_usual_mode(tmp_path):
    path = tmp_path / "a" / "b" / "new.txt"
    before = os.umask(0o027)
    try:
        write_atomically(path, "gr\u00fcn\n")
    finally:
        os.umask(before)
    assert path.read_bytes() == b"gr\xc3\xbcn\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert os.listdir(path.parent) == ["new.txt"]


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o664, 0o444])
def test_a_file_that_is_replaced_keeps_its_mode(tmp_path, mode):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(mode)
    write_atomically(path, b"new")
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"new", mode)


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, OSError])
@pytest.mark.parametrize("old", [None, b"old"])
def test_a_failure_in_the_middle(tmp_path, error, old):
    path = tmp_path / "file"
    if old is not None:
        path.write_bytes(old)

    def write_half():
        with replacing(path) as aside:
            aside.write_bytes(b"half")
            raise error

    with pytest.raises(error):
        write_half()
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == ({} if old is None else {"file": old})


def test_a_failure_of_the_move_names_the_file_that_was_meant(tmp_path):
    path = tmp_path / "folder"
    (path / "in it").mkdir(parents=True)
    with pytest.raises(OSError, match="folder") as caught:
        write_atomically(path, b"new")
    assert (caught.value.filename, caught.value.filename2) == (str(path), None)
    assert os.listdir(tmp_path) == ["folder"]


def test_a_file_in_the_way_of_a_folder(tmp_path):
    (tmp_path / "file").write_bytes(b"old")
    with pytest.raises(OSError, match="file") as caught:
        write_atomically(tmp_path / "file" / "below", b"new")
    assert caught.value.filename == str(tmp_path / "file")
    assert os.listdir(tmp_path) == ["file"]


def test_a_folder_that_is_not_there_and_not_asked_for(tmp_path):
    path = tmp_path / "nowhere" / "file"
    with pytest.raises(FileNotFoundError) as caught:
        write_atomically(path, b"new", parents=False)
    assert caught.value.filename == str(path)
    assert os.listdir(tmp_path) == []


def test_a_file_that_becomes_too_large_leaves_the_old_one(tmp_path):
    """As on a full disk, a part is written before the system refuses the rest."""
    path = tmp_path / "file"
    path.write_bytes(b"old")
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        with pytest.raises(OSError, match="too large") as caught:
            write_atomically(path, b"x" * 100_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)
    assert caught.value.filename == str(path)
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == {"file": b"old"}


def test_the_bytes_are_on_the_disk_before_the_move(tmp_path, monkeypatch):
    calls = []
    sync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda number: (calls.append(os.fstat(number).st_size), sync(number)))
    monkeypatch.setattr("pathlib.Path.replace", lambda self, to: (calls.append(to.name), replace(self, to)))
    write_atomically(tmp_path / "file", b"12345")
    write_atomically(tmp_path / "picture", b"12345", synced=False)
    assert calls == [5, "file", "picture"]


@pytest.mark.slow
def test_two_processes_and_a_reader(tmp_path):
    path = tmp_path / "file"
    write_atomically(path, b"a" * 100_000)
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, path, letter]) for letter in "ab"]
    seen = set()
    while any(writer.poll() is None for writer in writers):
        seen.add(path.read_bytes())
    assert [writer.wait() for writer in writers] == [0, 0]
    assert seen <= {b"a" * 100_000, b"b" * 100_000}
    assert os.listdir(tmp_path) == ["file"]


def test_two_threads_of_one_process(tmp_path):
    path = tmp_path / "file"
    with replacing(path) as first:
        first.write_bytes(b"first")
        thread = threading.Thread(target=write_atomically, args=(path, b"second"))
        thread.start()
        thread.join()
        assert path.read_bytes() == b"second"
        assert first.read_bytes() == b"first"
    assert path.read_bytes() == b"first"


@pytest.mark.parametrize("old", [None, {"old": b"1", "both": b"1"}])
def test_a_folder_is_replaced_whole_or_not_at_all(tmp_path, old):
    path = tmp_path / "above" / "folder"
    if old is not None:
        path.mkdir(parents=True)
        for name, data in old.items():
            (path / name).write_bytes(data)

    def fill(error=None):
        with replacing_folder(path) as staging:
            assert (list(staging.iterdir()), staging.parent) == ([], path.parent)
            (staging / "both").write_bytes(b"2")
            if error is not None:
                raise error

    def content():
        return {one.name: one.read_bytes() for one in path.iterdir()} if path.exists() else None

    for error in (KeyboardInterrupt, OSError, ValueError):
        with pytest.raises(error):
            fill(error)
        assert content() == old
        assert os.listdir(path.parent) == ([] if old is None else ["folder"])
    fill()
    assert content() == {"both": b"2"}
    assert os.listdir(path.parent) == ["folder"]


def test_a_folder_that_is_in_use_by_two(tmp_path):
    """The last one that ends wins, and neither loses files of its own."""
    path = tmp_path / "folder"
    with replacing_folder(path) as first:
        (first / "one").write_bytes(b"1")
        with replacing_folder(path) as second:
            (second / "two").write_bytes(b"2")
        assert os.listdir(path) == ["two"]
    assert os.listdir(path) == ["one"]
    assert os.listdir(tmp_path) == ["folder"]
