"""Training callbacks: told everything, and bystanders whatever they do."""

from __future__ import annotations

import json
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from engine.runs import assert_same_end, records, wait_for

from ganzoo import Alarm, Callback, Evaluated, Tick, TrainingCallback, train
from ganzoo.core.entries import evaluations_of, ticks_of
from ganzoo.errors import ConfigError, DataError, TrainingCollapsed, TrainingDiverged, TrainingInterrupted
from ganzoo.plugins import registry
from ganzoo.runs.journal import Journal
from ganzoo.runs.observers.callbacks import Callbacks
from ganzoo.runs.observers.display import QuietDisplay

HEAD = """
import dataclasses, json, random
from ganzoo import Callback, TrainingCallback, hookimpl

@hookimpl
def ganzoo_callbacks():
    return [TrainingCallback("mine", "Mine", "ganzoo_mine:Mine"), TrainingCallback("other", "Other", "ganzoo_mine:Log")]

class Log(Callback):
    '''Writes what it is told into log.jsonl of the run.'''
    def start(self, run, config, images, total):
        self.run = run
        self.write("start", str(run), config["variant"], images, total)
    def write(self, *told):
        with open(self.run / "log.jsonl", "a") as file:
            file.write(json.dumps(told) + "\\n")
    def tick(self, tick): self.write("tick", dataclasses.asdict(tick))
    def samples(self, path, images): self.write("samples", str(path), images)
    def evaluation(self, evaluated): self.write("evaluation", dataclasses.asdict(evaluated))
    def checkpoint(self, path, images): self.write("checkpoint", str(path), images)
    def event(self, event): self.write("event", dataclasses.asdict(event))
    def end(self, outcome, images): self.write("end", outcome, images)

Mine = Log
"""
DRAWS = """
class Mine(Log):
    def __getattribute__(self, name):
        if name in ("start", "tick", "samples", "evaluation", "checkpoint", "end"):
            import numpy, torch
            torch.manual_seed(7), torch.rand(3), numpy.random.seed(1), random.seed(1)
        return super().__getattribute__(name)
    def tick(self, tick):
        tick.values.clear()
"""


def told(run: Path) -> list[list]:
    return [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]


def plain(entries) -> list[dict]:
    """As JSON gives them back."""
    return json.loads(json.dumps([asdict(entry) for entry in entries]))


@pytest.fixture
def mine(plugin):
    """`mine(source)`: install a plugin with the callbacks `mine` and `other`, which logs all that it is told."""

    def make(source=""):
        plugin("ganzoo_mine", HEAD + source)

    return make


def test_all_is_told_as_it_is_written_down(ganzoo, mine, tiny, tmp_path):
    mine()
    options = ("--images", 200, "--log-every", 50, "--sample-every", 100, "--checkpoint-every", 60)
    judged = ("--eval-every", 100, "--eval-samples", 20, "--eval-metrics", "fid", "--out", "run")
    ganzoo(*tiny.train, *options, *judged, "--callbacks", "mine")
    run = tmp_path / "run"
    told_of = told(run)
    entries = Journal(run / "metrics.jsonl").read()
    assert told_of[0] == ["start", "run", "vanilla", 0, 200]
    assert told_of[1] == ["samples", "run/samples/0000000000.png", 0]
    assert told_of[-1] == ["end", "finished", 200]
    assert [one for name, one, *_ in told_of if name == "tick"] == plain(ticks_of(entries))
    assert [one for name, one, *_ in told_of if name == "evaluation"] == plain(evaluations_of(entries))
    assert len(evaluations_of(entries)) == 2
    assert len(entries) == 2 + len(ticks_of(entries))
    assert [told[2] for told in told_of if told[0] == "samples"] == [0, 100, 200]
    assert [told[1:] for told in told_of if told[0] == "checkpoint"] == [
        [f"run/checkpoints/{images:010d}", images] for images in (60, 100, 120, 180, 200)
    ]
    assert json.loads((run / "config.json").read_text())["training"]["callbacks"] == ["mine"]


def test_a_run_has_the_same_bits_with_and_without_and_across_a_resume(ganzoo, mine, tiny, tmp_path):
    mine(DRAWS)
    options = ("--images", 200, "--checkpoint-every", 100, "--log-every", 20)
    ganzoo(*tiny.train, *options, "--out", "plain")
    ganzoo(*tiny.train, *options, "--callbacks", "mine, other", "--out", "watched")
    assert_same_end(tmp_path / "watched", tmp_path / "plain")
    ganzoo(*tiny.train, *options[2:], "--images", 100, "--callbacks", "mine,other", "--out", "halved")
    ganzoo("resume", "halved", "--images", 200)
    assert_same_end(tmp_path / "halved", tmp_path / "plain")
    starts = [one for one in told(tmp_path / "halved") if one[0] == "start"]
    assert starts == [["start", "halved", "vanilla", 0, 100]] * 2 + [["start", "halved", "vanilla", 100, 200]] * 2
    # What one did to its record is nobody else's record.
    ticks = [one for one in told(tmp_path / "watched") if one[0] == "tick"]
    assert [tick for _, tick in ticks] == plain(Journal(tmp_path / "watched/metrics.jsonl").read())


@pytest.mark.parametrize("what", ["raise ValueError('oh')", "raise SystemExit(3)", "raise DataError('oh')"])
def test_what_it_raises_costs_the_training_nothing(ganzoo, mine, tiny, tmp_path, what):
    mine(f"""
from ganzoo.errors import DataError
class Mine(Log):
    def tick(self, tick):
        self.write("tried")
        {what}
""")
    options = ("--images", 100, "--log-every", 20)
    said = ganzoo(*tiny.train, *options, "--callbacks", "mine,other", "--out", "run").out
    ganzoo(*tiny.train, *options, "--out", "plain")
    assert_same_end(tmp_path / "run", tmp_path / "plain")
    kind, words = what.removeprefix("raise ").rstrip(")").replace("'", "").split("(")
    message = f"callback 'mine' of the plugin 'mine' raised {kind}: {words} (in tick); it is not called again"
    assert said.count(message) == 1
    assert f"warning at 20 images: {message}\n" in said
    assert [record for record in records(tmp_path / "run") if "event" in record] == [
        {"images": 20, "event": "callback", "message": message}
    ]
    # The other one was told all, and it nothing more: `other` logs too.
    log = told(tmp_path / "run")
    assert log.count(["tried"]) == 1
    assert [one[0] for one in log].count("tick") == 5
    assert [one for one in log if one[0] == "end"] == [["end", "finished", 100]]


def test_one_that_raises_at_the_end_leaves_outcome_and_status(ganzoo, mine, tiny, tmp_path):
    mine("class Mine(Log):\n    def end(self, outcome, images): raise ValueError(outcome)\n")
    said = ganzoo(
        *tiny.train, "--lr", "1e30", "--images", 200, "--callbacks", "mine,other", "--out", "runs/run", code=1
    )
    assert "the training stopped" in said.err
    assert "raised ValueError: diverged (in end)" in said.out
    assert [record["event"] for record in records(tmp_path / "runs/run") if "event" in record] == [
        "diverged",
        "callback",
    ]
    *_, event, end = told(tmp_path / "runs/run")
    assert (event[0], list(event[1]), end[:2]) == ("event", ["images", "message"], ["end", "diverged"])
    assert json.loads(ganzoo("runs", "--json").out)[0]["status"] == "diverged"


def test_an_interrupted_training(start, mine, site, tiny, tmp_path):
    mine()
    environment = {"PYTHONPATH": str(site)}
    options = ("--images", "10M", "--log-every", 100, "--callbacks", "mine", "--out", "run")
    command = start(*tiny.train, *options, environment=environment)
    wait_for(lambda: (tmp_path / "run/log.jsonl").exists() and len(told(tmp_path / "run")) > 3, lambda: command.err)
    command.kill(signal.SIGTERM)
    assert command.wait() == 143
    *_, checkpoint, end = told(tmp_path / "run")
    assert checkpoint[0] == "checkpoint"
    assert end == ["end", "interrupted", checkpoint[2]]


def test_a_training_that_fails_ends_too(ganzoo, mine, tiny, tmp_path):
    mine("""
class Mine(Log):
    def samples(self, path, images):
        (self.run / "metrics.jsonl").mkdir()
""")
    failed = ganzoo(*tiny.train, "--images", 100, "--callbacks", "mine", "--out", "run", code=1)
    assert "metrics.jsonl cannot be written" in failed.err
    assert told(tmp_path / "run")[-1] == ["end", "failed", 10]


@pytest.mark.parametrize(
    ("name", "said", "code"),
    [
        ("mein", "error: no callback is called 'mein': did you mean mine?", 2),
        ("zzz", "error: no callback is called 'zzz': there are tensorboard, mine, other", 2),
        ("mine", "callback 'mine' of the plugin 'mine' raised ZeroDivisionError: division by zero", 1),
        (
            "other",
            "callback 'other' of the plugin 'mine': ganzoo_mine:Log returned 5, and must return a ganzoo.Callback",
            1,
        ),
    ],
)
def test_what_cannot_be_made_is_refused_and_leaves_no_run(ganzoo, mine, tiny, tmp_path, name, said, code):
    mine("def Mine(): 1 / 0\ndef Log(): return 5\n")
    failed = ganzoo(*tiny.train, "--callbacks", name, code=code)
    assert said in failed.err
    assert len(failed.err.splitlines()) == 1
    assert not (tmp_path / "runs").exists()


def test_a_run_goes_on_without_a_callback_that_is_gone_and_an_old_run_without_the_key(ganzoo, mine, tiny, tmp_path):
    mine()
    ganzoo(*tiny.train, "--images", 100, "--callbacks", "mine", "--out", "run")
    gone = ganzoo("resume", "run", "--images", 200, "--no-plugin", "mine")
    assert "note: the run goes on without its callback mine: no callback is called 'mine'" in gone.out
    assert told(tmp_path / "run")[-1] == ["end", "finished", 100]
    ganzoo("resume", "run", "--images", 300)
    assert told(tmp_path / "run")[-1] == ["end", "finished", 300]
    path = tmp_path / "run/config.json"
    config = json.loads(path.read_text())
    del config["training"]["callbacks"]
    path.write_text(json.dumps(config))
    ganzoo("resume", "run", "--images", 400)
    assert told(tmp_path / "run")[-1] == ["end", "finished", 300]


def test_ctrl_c_in_a_callback_is_the_users(third_party, tiny, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    third_party(
        (HEAD + "class Mine(Log):\n    def tick(self, tick): raise KeyboardInterrupt\n").replace(
            "ganzoo_mine:", "mine:"
        )
    )
    options = {"data": "tiny.npz", "images": 100, "batch_size": 10, "device": "cpu", "display": QuietDisplay()}
    with pytest.raises(KeyboardInterrupt):
        train("vanilla", **options, callbacks=["mine", "other"], out="run")
    assert [one for one in told(tmp_path / "run") if one[0] == "end"] == [["end", "interrupted", 10]] * 2


def test_the_base_class_does_nothing():
    callback = Callback()
    calls = (
        ("tick", Tick(1, 0.1, 10.0, 1 << 30, {})),
        ("evaluation", Evaluated(1, {})),
        ("event", Alarm(1, "collapse", "all alike")),
        ("samples", Path("a"), 1),
        ("end", "failed", 1),
    )
    assert [getattr(callback, name)(*arguments) for name, *arguments in calls] == [None] * 5
    assert callback.start(Path("run"), {}, 0, 1) is callback.checkpoint(Path("run"), 1) is None


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (TrainingCollapsed("x"), "collapsed"),
        (TrainingDiverged("x"), "diverged"),
        (TrainingInterrupted("x"), "interrupted"),
        (OSError("x"), "failed"),
        (DataError("x"), "failed"),
    ],
)
def test_what_ends_a_training_is_its_outcome(third_party, error, outcome):
    third_party(HEAD)
    ends = []

    class Listener(Callback):
        def end(self, outcome, images):
            ends.append((outcome, images))

    item = registry().registered(TrainingCallback)["mine"]
    run = SimpleNamespace(path=Path("run"), config=SimpleNamespace(to_dict=dict))
    callbacks = Callbacks(run, torch.device("cpu"), [(item, Listener())], print)
    with pytest.raises(type(error)), callbacks.training(100, lambda: 70):
        raise error
    assert ends == [(outcome, 70)]


def test_tensorboard_that_is_not_installed_leaves_no_run(home, tiny, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    for option in ({"tensorboard": True}, {"callbacks": "tensorboard"}):
        with pytest.raises(ConfigError, match="--tensorboard needs a package: pip install"):
            train("vanilla", data="tiny.npz", device="cpu", display=QuietDisplay(), **option)
    assert not (tmp_path / "runs").exists()
