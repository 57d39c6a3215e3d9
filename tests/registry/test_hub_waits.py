"""A Hub that makes people wait: every wait has an end, and is told."""

import threading
import time

import httpx2
import pytest
from registry import hub_bench
from registry.hub_server import WRITER
from registry.test_hub_faults import LARGER

from ganzoo.errors import RegistryError
from ganzoo.registry.stores.hub import patience
from ganzoo.utils import locks


@pytest.fixture
def bench(tmp_path, monkeypatch):
    yield from hub_bench.bench(tmp_path, monkeypatch)


@pytest.fixture
def hurried(monkeypatch):
    """Real waits, short ones."""
    for module, name, seconds in (
        (patience, "RATE_WINDOW_S", 0.5),
        (patience, "ANSWER_S", 1.5),
        (locks, "SILENT_S", 0.3),
        (locks, "LONGEST_S", 1.0),
    ):
        monkeypatch.setattr(module, name, seconds)


@pytest.fixture
def no_sleep(monkeypatch):
    slept = []
    real = time.sleep
    monkeypatch.setattr(time, "sleep", lambda seconds: slept.append(seconds) if seconds >= 0.5 else real(seconds))
    return slept


LONG = [{"Retry-After": "99999"}, {"RateLimit": '"api";r=0;t=99999'}]
REQUESTS = ["POST .*/preupload/", "POST .*/commit/", "POST .*/batch", "PUT /lfs/", "POST .*/tag/", "GET .*/refs"]


@pytest.mark.parametrize("headers", LONG)
@pytest.mark.parametrize("match", REQUESTS)
def test_27_hours_are_waited_for_by_no_part_of_a_push(bench, no_sleep, match, headers):
    package = bench.package()
    bench.server.fail(match, status=429, headers=headers, times=99)
    with pytest.raises(RegistryError, match=r"too many requests \(429\): try again in 99999 seconds"):
        bench.push(package, WRITER, tag="v1")
    assert sum(no_sleep) < 30


@pytest.mark.parametrize("headers", LONG)
@pytest.mark.parametrize("match", ["/revision/", "GET .*/resolve/.*config", "GET .*/resolve/.*safetensors"])
def test_nor_of_a_pull(bench, no_sleep, match, headers):
    bench.publish()
    bench.server.fail(match, status=429, headers=headers, times=99)
    with pytest.raises(RegistryError, match=r"too many requests \(429\): try again in 99999 seconds"):
        bench.pull()
    assert sum(no_sleep) < 30


@pytest.mark.parametrize("headers", LONG)
def test_nor_of_a_search(bench, no_sleep, headers):
    bench.server.fail("GET /api/models", status=429, headers=headers, times=99)
    with pytest.raises(RegistryError, match="try again in 99999 seconds"):
        bench.store().search("x")
    assert sum(no_sleep) < 30


def test_waits_that_each_are_short_end_too(bench, no_sleep):
    bench.publish()
    bench.server.fail("GET .*config", status=429, headers={"Retry-After": "50"}, times=10_000)
    with pytest.raises(RegistryError, match="too many requests"):
        bench.pull()
    assert bench.server.count("GET .*config") < 20


def test_a_byte_at_a_time_is_given_up(bench, hurried):
    commit = bench.publish(tensors=LARGER)
    bench.server.fail(r"GET .*model\.safetensors", trickle=0.1, times=99)
    began = time.monotonic()
    with pytest.raises(RegistryError, match=r"model\.safetensors comes at \d+ bytes a second.*1,024 is given up"):
        bench.pull()
    assert time.monotonic() - began < 10
    assert not list(bench.cache.rglob("*.part"))
    bench.server.faults.clear()
    assert bench.pull(commit)


@pytest.mark.slow
@pytest.mark.parametrize("part", ["trickle", "slow_head"])
@pytest.mark.parametrize("match", ["/revision/", "/resolve/"])
def test_an_answer_that_trickles(bench, hurried, no_sleep, match, part):
    """Each byte comes in time, and the whole never."""
    bench.publish()
    bench.server.fail(match, times=99, **{part: 0.2})
    began = time.monotonic()
    with pytest.raises(RegistryError, match=r"did not answer in time|is given up"):
        bench.pull()
    assert time.monotonic() - began < 25


def test_who_waits_for_another_process_hears_it_and_not_for_ever(bench, hurried, caplog):
    """The other is stopped (SIGSTOP), in the middle of the weights."""
    import signal

    bench.publish(tensors=LARGER)
    begun = threading.Event()
    bench.server.fail(r"GET .*model\.safetensors", before=begun.set, pause=0.5)
    other = bench.process("pull", "org/zoo", "main")
    try:
        assert begun.wait(30)
        time.sleep(0.3)
        other.send_signal(signal.SIGSTOP)
        with pytest.raises(RegistryError, match=r"another process pulls model\.safetensors of hf://org/\S+, for more"):
            bench.pull()
        told = [record.getMessage() for record in caplog.records if record.name == "ganzoo"]
        assert len(told) == 1
        assert "waiting for it, for 1 s at most" in told[0]
    finally:
        other.send_signal(signal.SIGCONT)
        other.kill()
        other.communicate(timeout=10)
    assert bench.pull()


def test_the_librarys_lock_too(bench, hurried, caplog, home):
    from ganzoo.registry import library

    bench.publish()
    held, done = threading.Event(), threading.Event()
    resolved = bench.store().resolve("org/zoo", None)
    place = library._place(bench.store().place, resolved.name, resolved.revision)

    def hold():
        with library.locked(place):
            held.set()
            done.wait(20)

    threading.Thread(target=hold, daemon=True).start()
    assert held.wait(5)
    with pytest.raises(RegistryError, match=r"another process is at work in .*, for more than 1 s now"):
        library.pull(bench.store(), "org/zoo", None)
    done.set()
    assert "waiting for it" in caplog.text


@pytest.mark.slow
@pytest.mark.parametrize("part", ["trickle", "slow_head"])
@pytest.mark.parametrize("match", ["POST .*/create", *REQUESTS[:5]])
def test_an_answer_to_a_push_that_trickles(bench, hurried, no_sleep, match, part):
    package = bench.package(tensors=LARGER)
    # Some answers have no body otherwise.
    body = {"status": 200, "answer": {"padding": "x" * 99}} if part == "trickle" else {}
    bench.server.fail(match, times=99, **body, **{part: 0.2})
    began = time.monotonic()
    with pytest.raises(RegistryError, match="did not answer in time"):
        bench.push(package, WRITER, tag="v1")
    assert bench.server.count(match)
    assert time.monotonic() - began < 25


def test_what_is_sent_at_a_rate_that_leads_to_an_end_is_waited_for(hurried):
    """Three times as long as an answer may take: 1,024 bytes a second are enough, and fewer are not."""
    began = time.monotonic()

    def call():
        time.sleep(4.5)
        return "answer"

    assert patience.within(call, moved=lambda: int(1100 * (time.monotonic() - began))) == "answer"
    began = time.monotonic()
    with pytest.raises(httpx2.ReadTimeout):
        patience.within(call, moved=lambda: int(900 * (time.monotonic() - began)))
