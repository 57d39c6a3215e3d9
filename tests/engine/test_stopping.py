"""Ctrl-C, the end of a cluster's time slot, and two processes on one run."""

import signal

import pytest
from engine.runs import assert_same_end, checkpoints, records, wait_for

LONG = ("--images", 12_000, "--checkpoint-every", 8_000, "--log-every", 100, "--sample-every", 12_000)


@pytest.fixture
def begun(start, tiny, tmp_path):
    """A training that has come some way and has no checkpoint yet."""
    command = start(*tiny.train, *LONG, "--out", "broken")
    wait_for(lambda: (tmp_path / "broken/metrics.jsonl").exists(), lambda: command.out + command.err)
    return command


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_saves_says_how_to_go_on_and_costs_no_bit(begun, ganzoo, tiny, tmp_path, number, code):
    begun.kill(number)
    assert begun.wait() == code
    assert len(begun.err.strip().splitlines()) == 1
    assert "ganzoo resume broken" in begun.err
    assert number.name in begun.err
    (saved,) = checkpoints(tmp_path / "broken")
    assert str(saved.relative_to(tmp_path)) in begun.err
    assert 0 < int(saved.name) < 8_000
    assert "stopped" in ganzoo("runs", ".").out

    ganzoo("resume", "broken")
    ganzoo(*tiny.train, *LONG, "--out", "unbroken")
    assert_same_end(tmp_path / "unbroken", tmp_path / "broken")
    images = [record["images"] for record in records(tmp_path / "broken") if "event" not in record]
    assert images == sorted(set(images))


def test_a_second_interrupt_leaves_at_once():
    from ganzoo.runs.signals import StopSignals

    before = signal.getsignal(signal.SIGINT)
    signals = StopSignals()
    with signals:
        signal.raise_signal(signal.SIGINT)
        assert signals.received is signal.SIGINT
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_sigterm_after_sigint_still_saves():
    from ganzoo.runs.signals import StopSignals

    with StopSignals() as signals:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)
    assert signals.received is signal.SIGTERM


def test_an_interrupt_while_building_leaves_without_a_traceback(start, tiny, tmp_path):
    command = start(*tiny.train, *LONG)
    wait_for(lambda: (tmp_path / "runs/vanilla-tiny-1/config.json").exists())
    command.kill(signal.SIGINT)
    assert command.wait() == 130
    assert "Traceback" not in command.err


def test_a_second_process_is_refused_and_the_first_unharmed(begun, ganzoo, tiny, tmp_path):
    refused = ganzoo("resume", "broken", code=1)
    assert refused.err.startswith("error: broken is being trained by another process")
    assert len(refused.err.splitlines()) == 1
    assert "running" in ganzoo("runs", ".").out
    assert begun.wait() == 0
    ganzoo(*tiny.train, *LONG, "--out", "unbroken")
    assert_same_end(tmp_path / "unbroken", tmp_path / "broken")
    assert "finished" in ganzoo("runs", ".").out


def test_the_lock_is_free_after_its_holder_was_killed(begun, ganzoo):
    begun.kill(signal.SIGKILL)
    assert begun.wait() == -signal.SIGKILL
    assert "no checkpoint" in ganzoo("runs", ".").out
    ganzoo("resume", "broken", "--images", 10_000)
