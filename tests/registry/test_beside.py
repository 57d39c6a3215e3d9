"""Listing and pruning while others pull and remove, in real processes."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time

from registry import forge

from ganzoo.registry import library
from ganzoo.registry.packages import archive
from ganzoo.registry.packages.package import Package

UNPACK = (
    "import sys; from ganzoo.registry.opening import open_reference; print(open_reference(sys.argv[1]).package.folder)"
)


def test_a_prune_leaves_what_a_running_process_unpacks(tmp_path, home):
    """Ten times, each stopped in the middle of the weights."""
    package = Package.open(
        forge.make(tmp_path / "made", tensors={"layer": forge.weights(size=700_000)["layers.0.weight"]})
    )
    archive.pack(package, tmp_path / "model.zip")
    caught = 0
    for _ in range(10):
        shutil.rmtree(home, ignore_errors=True)
        environment = {**os.environ, "GANZOO_HOME": str(home)}
        process = subprocess.Popen(
            [sys.executable, "-c", UNPACK, str(tmp_path / "model.zip")],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        while not (there := list(home.glob("models/archives/.staging-*/model.safetensors"))) and process.poll() is None:
            time.sleep(0.0005)
        process.send_signal(signal.SIGSTOP)
        caught += bool(there) and there[0].exists()
        assert library.prune() == []
        process.send_signal(signal.SIGCONT)
        out, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (0, "")
        Package.open(home / "models" / "archives" / out.strip().rpartition("/")[2]).verify()
    # Else it was over before it was stopped, and nothing was tried.
    assert caught >= 8


def test_what_a_killed_process_left_is_pruned(tmp_path, home):
    leftover = home / "models" / "archives" / ".staging-1234"
    leftover.mkdir(parents=True)
    (leftover / "model.safetensors").write_bytes(b"half")
    library.prune()
    assert not leftover.exists()


def test_lists_stand_beside_removals(home):
    """Some hundred folders come and go while the list is made some thousand times."""
    done = threading.Event()

    def churn(number):
        while not done.is_set():
            folder = home / "models" / "origin" / f"org{number}" / "name" / "0" / "deep"
            folder.mkdir(parents=True, exist_ok=True)
            (folder.parent / library.RECEIPT).write_text("{}")
            shutil.rmtree(home / "models" / "origin" / f"org{number}", ignore_errors=True)

    threads = [threading.Thread(target=churn, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(1500):
            assert library.pulled() == []
    finally:
        done.set()
        for thread in threads:
            thread.join()
