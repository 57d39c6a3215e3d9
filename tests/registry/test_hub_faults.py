"""A Hub that fails, lies, or is slow; processes that are killed, and several at once."""

import os
import re
import shutil
import signal
import socket
import threading
import time

import pytest
from registry import forge, hub_bench
from registry.hub_repos import etag
from registry.hub_server import READER, WRITER

from ganzoo.errors import PackageError, RegistryError
from ganzoo.registry.stores.hub import client as hub_client
from ganzoo.registry.stores.hub.store import HubStore

LARGER = {"layer": forge.weights(size=200_000)["layers.0.weight"]}
"""2.4 MB."""


@pytest.fixture
def bench(tmp_path, monkeypatch):
    yield from hub_bench.bench(tmp_path, monkeypatch)


@pytest.fixture
def waits(monkeypatch):
    """Seconds that were waited; nobody waits for real."""
    slept, sleep = [], time.sleep
    monkeypatch.setattr(time, "sleep", lambda seconds: sleep(0) if seconds < 0.5 else slept.append(seconds))
    return slept


def leftovers(bench):
    return [
        path
        for path in bench.cache.rglob("*")
        if path.suffix in (".incomplete", ".part") or path.name.startswith(".tmp")
    ]


def test_a_body_cut_short_is_resumed(bench, waits):
    commit = bench.publish(tensors=LARGER)
    bench.server.fail(r"GET .*model\.safetensors", cut=1_000_000)
    told = []
    package = bench.pull(progress=lambda name, done, total: told.append((name, done / total)))
    assert package.folder.name == commit
    assert bench.server.count(r"GET .*model\.safetensors") == 2
    assert max(part for name, part in told if name == "model.safetensors") == 1
    assert not leftovers(bench)


def test_a_line_that_always_breaks_leaves_nothing(bench, waits):
    commit = bench.publish(tensors=LARGER)
    bench.server.fail(r"GET .*model\.safetensors", cut=0, times=99)
    with pytest.raises(RegistryError, match=r"the connection to http.* broke off, and nothing half-done is kept"):
        bench.pull()
    assert not leftovers(bench)
    with pytest.raises(RegistryError, match="not all of it"):
        bench.pull(commit, offline=True)
    bench.server.faults.clear()
    assert bench.pull(commit)


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "ganzoo.json", "README.md"])
def test_a_flipped_byte_is_fetched_once_more(bench, name):
    commit = bench.publish()
    bench.server.fail(f"GET .*{name}", flip=3)
    folder = bench.pull().folder
    assert (folder / name).read_bytes() == bench.server.repos["org/zoo"].commits[commit][name]
    assert bench.server.count(f"GET .*{name}") == 2


def test_bytes_that_are_always_flipped_are_refused_and_not_kept(bench):
    commit = bench.publish()
    bench.server.fail(r"GET .*model\.safetensors", flip=100, times=99)
    with pytest.raises(PackageError, match=r"model\.safetensors of hf://org/zoo@\w+ came damaged twice"):
        bench.pull()
    assert bench.server.count(r"GET .*model\.safetensors") == 2
    assert not (bench.cache / f"models--org--zoo/snapshots/{commit}/model.safetensors").exists()
    digests = {path.name for path in bench.cache.glob("models--org--zoo/blobs/*")}
    assert not any(len(name) == 64 for name in digests)
    bench.server.faults.clear()
    assert bench.pull()


def test_a_file_longer_than_the_hub_said_is_stopped(bench):
    commit = bench.publish()
    files = bench.server.repos["org/zoo"].commits[commit]
    store = bench.store()
    resolved = store.resolve("org/zoo", None)
    bench.server.etags["README.md"] = etag("README.md", files["README.md"])
    files["README.md"] += b" " * 3_000_000
    with pytest.raises(PackageError, match=r"README\.md is longer than the 10 bytes that the Hub said"):
        store.fetch(resolved, bench.staging())
    assert not leftovers(bench)


@pytest.mark.parametrize(
    ("match", "status", "sentence"),
    [
        ("/revision/", 401, "hf auth login"),
        ("/revision/", 403, r"the token may not do this \(403\).*settings/tokens.*HF_TOKEN"),
        ("/revision/", 404, r"does not exist, or is private and"),
        ("/revision/", 418, r"the Hub refuses this \(418\): injected"),
        ("GET .*config", 401, "hf auth login"),
        ("GET .*config", 403, "the token may not do this"),
        ("GET .*config", 404, "does not exist"),
    ],
)
def test_refusals(bench, match, status, sentence):
    bench.publish()
    bench.server.fail(match, status=status, times=99)
    with pytest.raises(RegistryError, match=sentence) as caught:
        bench.pull(token=READER)
    assert "\n" not in str(caught.value)


def test_a_gated_model_says_where_to_ask(bench):
    bench.publish()
    bench.server.fail("GET .*config", status=403, headers={"X-Error-Code": "GatedRepo"}, times=9)
    with pytest.raises(RegistryError, match="ask for access on its page"):
        bench.pull()


@pytest.mark.parametrize("match", ["/revision/", r"GET .*config"])
@pytest.mark.parametrize(("status", "headers"), [(429, {"Retry-After": "3"}), (500, {}), (503, {})])
def test_passing_troubles_are_waited_out(bench, waits, match, status, headers):
    bench.publish()
    bench.server.fail(match, status=status, headers=headers, times=2)
    assert bench.pull()
    assert sum(waits) >= (3 if headers else 1)


def test_a_long_wait_is_not_waited_for_but_told(bench, waits):
    bench.publish()
    for headers in ({"Retry-After": "300"}, {"RateLimit": '"api";r=0;t=300'}):
        bench.server.fail("/revision/", status=429, headers=headers)
        with pytest.raises(RegistryError, match=r"too many requests \(429\): try again in 300 seconds"):
            bench.pull()
    assert waits == []


def test_the_user_hears_why_nothing_moves_and_nothing_else(bench, waits, caplog, capfd):
    import logging

    import huggingface_hub  # noqa: F401

    bench.publish()
    # The client's own handler, made again for the stream of this test.
    handler = logging.StreamHandler()
    logging.getLogger("huggingface_hub").addHandler(handler)
    try:
        bench.server.fail("GET .*config", status=429, headers={"Retry-After": "40"})
        bench.server.fail("GET .*README", status=503)
        bench.pull()
    finally:
        logging.getLogger("huggingface_hub").removeHandler(handler)
    assert [record.getMessage() for record in caplog.records if record.name == "ganzoo"] == [
        "the Hub answers 429: asked again in 40 s"
    ]
    assert "config" not in capfd.readouterr().err
    assert waits == [1, 40]


def test_a_hub_that_stays_broken(bench, waits):
    bench.publish()
    bench.server.fail("/revision/", status=502, times=99)
    with pytest.raises(RegistryError, match=r"out of order \(502\): try again later, or use --offline"):
        bench.pull()
    assert bench.server.count("/revision/") == 4


def test_an_answer_that_does_not_come(bench, monkeypatch):
    bench.publish()
    monkeypatch.setattr(hub_client, "TIMEOUT_S", 0.2)
    done = threading.Event()
    bench.server.fail("/revision/", before=lambda: done.wait(5))
    with pytest.raises(RegistryError, match=r"did not answer in time: try again, or use --offline"):
        bench.pull()
    done.set()


def test_no_network(bench, tmp_path):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        store = HubStore(f"http://127.0.0.1:{unused.getsockname()[1]}", WRITER, bench.cache)
        package = bench.package()
        calls = [
            lambda: store.resolve("org/zoo", "v1"),
            lambda: store.fetch(store.resolve("org/zoo", "a" * 40), tmp_path),
            lambda: store.push(package, "org/zoo", tag=None, message="m", private=False),
            lambda: store.search("zoo"),
        ]
        start = time.monotonic()
        for call in calls:
            with pytest.raises(RegistryError, match=r"cannot be reached \(.*refused.*\): check the connection"):
                call()
    assert time.monotonic() - start < 3


@pytest.mark.parametrize("answer", [[], {}, {"id": "x", "sha": "../../evil"}, {"id": "x", "siblings": [1]}, b"<html>"])
def test_a_server_that_is_no_hub(bench, answer):
    bench.server.fail("/revision/", status=200, answer=answer)
    with pytest.raises(RegistryError, match="does not answer as a Hugging Face Hub does: check HF_ENDPOINT"):
        bench.pull()


def test_a_slow_body_moves_the_bar(bench):
    bench.publish(tensors=LARGER)
    bench.server.fail(r"GET .*model\.safetensors", pause=0.05)
    told = []
    bench.pull(progress=lambda name, done, total: told.append((time.monotonic(), name, done / total)))
    moments = [(when, part) for when, name, part in told if name == "model.safetensors"]
    assert moments[-1][0] - moments[0][0] > 0.3
    # In each third of the time it was told something new.
    third = (moments[-1][0] - moments[0][0]) / 3
    seen = [{part for when, part in moments if n * third <= when - moments[0][0] <= (n + 1) * third} for n in range(3)]
    assert all(len(parts) >= 2 for parts in seen)


def test_three_at_once_download_once(bench):
    bench.publish(tensors=LARGER)
    bench.server.fail(r"GET .*model\.safetensors", pause=0.1)
    processes = [bench.process("pull", "org/zoo", "main") for _ in range(3)]
    for process in processes:
        out, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (0, "")
        assert out.strip().startswith(str(bench.cache))
    assert bench.server.count(r"GET .*model\.safetensors") == 1


def test_killed_in_the_middle_and_again(bench):
    commit = bench.publish(tensors=LARGER)
    begun = threading.Event()
    bench.server.fail(r"GET .*model\.safetensors", before=begun.set, pause=0.5)
    process = bench.process("pull", "org/zoo", "main")
    assert begun.wait(30)
    time.sleep(0.3)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=10)
    assert process.returncode == -signal.SIGKILL
    # Small files are here, the weights are not, and nobody takes this for a package.
    assert not (bench.cache / f"models--org--zoo/snapshots/{commit}/model.safetensors").exists()
    with pytest.raises(RegistryError, match="not all of it"):
        bench.pull(commit, offline=True)
    bench.server.requests.clear()
    assert bench.pull()
    assert bench.server.count(r"GET .*(json|README)") == 0
    assert bench.server.count(r"GET .*model\.safetensors") == 1


@pytest.mark.skipif(shutil.which("setpriv") is None and os.getuid() == 0, reason="root may write everywhere")
def test_a_cache_that_may_only_be_read(bench):
    commit = bench.publish()
    bench.pull()
    bench.publish(seed=2)
    for path in [bench.cache, *bench.cache.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o555 if path.is_dir() else 0o444)
    below = ["setpriv", "--bounding-set=-dac_override"] if os.getuid() == 0 else []

    here = bench.process("pull", "org/zoo", commit, below=below)
    assert here.communicate(timeout=30) == (f"{bench.cache}/models--org--zoo/snapshots/{commit}\n", "")
    new = bench.process("pull", "org/zoo", "main", below=below)
    _, err = new.communicate(timeout=30)
    assert re.fullmatch(
        r"error: hf://\S+ .* cannot be written or read: Permission denied; HF_HUB_CACHE moves .*\n", err
    )


@pytest.mark.skipif(shutil.which("prlimit") is None, reason="needs prlimit")
def test_a_disk_that_is_full(bench):
    commit = bench.publish(tensors=LARGER)
    process = bench.process("pull", "org/zoo", "main", below=["prlimit", "--fsize=1000000"])
    _, err = process.communicate(timeout=30)
    assert re.fullmatch(r"error: hf://\S+ .* cannot be written or read: File too large; HF_HUB_CACHE moves .*\n", err)
    assert not leftovers(bench)
    with pytest.raises(RegistryError, match="not all of it"):
        bench.pull(commit, offline=True)
