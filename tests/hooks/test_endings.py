"""What plugins, memory and a disk do to a training: it is saved, or goes on."""

from __future__ import annotations

import json
import shutil

import numpy
import pytest
import torch
from engine.runs import assert_same_end, checkpoints, records, save_noise

from ganzoo import resume, train
from ganzoo.engine.training import Training
from ganzoo.errors import PluginError, RunError
from ganzoo.runs.observers import evaluation
from ganzoo.runs.observers.display import QuietDisplay

MINE = """
from ganzoo import Variant, hookimpl

@hookimpl
def ganzoo_variants():
    return [Variant("mine", "Mine", "none", "ganzoo_vanilla.config:VanillaConfig", "ganzoo_mine:build", data="both")]

def build(config, data):
    from ganzoo_vanilla.model import build
    game = build(config, data)
    calls = []
    def breaking(module, given):
        calls.append(1)
        if len(calls) > BEFORE:
            raise ValueError("no such thing")
    game.discriminator.register_forward_pre_hook(breaking)
    return game
"""


class Listener(QuietDisplay):
    """Keeps what was logged."""

    def __init__(self):
        self.said = []

    def log(self, text):
        self.said.append(text)


@pytest.fixture
def options(home, tmp_path, monkeypatch):
    """Of the smallest training in this process."""
    monkeypatch.chdir(tmp_path)
    save_noise(tmp_path)
    return {"data": "tiny.npz", "batch_size": 10, "device": "cpu", "log_every": 10, "display": Listener()}


def test_an_error_in_a_variant_saves_and_names_the_plugin(ganzoo, plugin, tiny, tmp_path):
    plugin("ganzoo_mine", MINE.replace("BEFORE", "40"))
    command = ("train", "mine", *tiny.train[2:], "--images", 1000, "--out", "run")
    failed = ganzoo(*command, code=1)
    assert "the plugin 'mine' (ganzoo-mine 1.5) raised ValueError: no such thing" in failed.err
    (saved,) = checkpoints(tmp_path / "run")
    assert 0 < int(saved.name) < 1000
    assert failed.err.endswith(f"saved as run/checkpoints/{saved.name}. Go on with: ganzoo resume run\n")
    assert len(failed.err.splitlines()) == 1
    # The plugin is mended.
    (tmp_path / "site/ganzoo_mine.py").write_text(MINE.replace("BEFORE", "10**9"))
    ganzoo("resume", "run")
    assert checkpoints(tmp_path / "run")[-1].name == "0000001000"


def test_an_error_in_the_first_round_leaves_nothing(ganzoo, plugin, tiny, tmp_path):
    plugin("ganzoo_mine", MINE.replace("BEFORE", "0"))
    failed = ganzoo("train", "mine", *tiny.train[2:], "--images", 1000, code=1)
    assert "the plugin 'mine' (ganzoo-mine 1.5) raised ValueError: no such thing" in failed.err
    assert "Go on with" not in failed.err
    assert not (tmp_path / "runs").exists()


def rounds_until(monkeypatch, count, end):
    """Let the rounds after so many do `end()` instead."""
    plain, done = Training.round, []

    def rounds(training):
        done.append(1)
        return plain(training) if len(done) <= count else end()

    monkeypatch.setattr(Training, "round", rounds)


def test_memory_that_runs_out_costs_no_work(options, monkeypatch, tmp_path):
    rounds_until(monkeypatch, 5, lambda: torch.empty(1 << 55))
    said = r"memory ran out .*smaller --batch-size; at 50 images saved as run/checkpoints/0000000050\. Go on with"
    with pytest.raises(RunError, match=said):
        train("vanilla", images=100, out="run", **options)
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    resume("run", display=QuietDisplay())
    train("vanilla", images=100, out="unbroken", **options)
    assert_same_end(tmp_path / "run", tmp_path / "unbroken")


def test_what_raises_without_words_is_told_too(options, monkeypatch, tmp_path):
    class WordlessError(Exception):
        def __str__(self):
            raise ValueError

    def end():
        raise WordlessError

    rounds_until(monkeypatch, 5, end)
    with pytest.raises((RunError, PluginError), match=r"WordlessError.*saved as run/checkpoints/0000000050\. Go on"):
        train("vanilla", images=100, out="run", **options)


def test_weights_that_are_not_finite_are_not_saved_whatever_ended_it(options, monkeypatch, tmp_path):
    from ganzoo.errors import TrainingDiverged

    def end():
        raise OSError(5, "Input/output error", "/mnt/data")

    rounds_until(monkeypatch, 5, end)
    monkeypatch.setattr(Training, "is_finite", lambda _: False)
    with pytest.raises(TrainingDiverged):
        train("vanilla", images=100, out="run", **options)
    assert checkpoints(tmp_path / "run") == []


def test_an_evaluation_that_fails_later_is_said_once_and_costs_nothing_else(options, monkeypatch, tmp_path):
    plain, calls = evaluation.evaluate_generator, []

    def failing(*given, **named):
        calls.append(1)
        if len(calls) in (2, 3):
            raise OSError(5, "Input/output error", "/mnt/weights")
        return plain(*given, **named)

    judged = {"eval_every": 20, "eval_metrics": "diversity", "eval_samples": 20}
    monkeypatch.setattr(evaluation, "evaluate_generator", failing)
    train("vanilla", images=100, out="my run", **options, **judged)
    warned = [line for line in options["display"].said if "warning" in line]
    assert len(warned) == 1
    assert warned[0].startswith(
        "warning at 20 images: the evaluation could not be taken (/mnt/weights: Input/output error)"
    )
    assert "`ganzoo resume 'my run' --eval-every 0`" in warned[0]
    assert [one["images"] for one in records(tmp_path / "my run") if one.get("event") == "eval"] == [60, 80, 100]
    train("vanilla", images=100, out="plain", **options)
    assert_same_end(tmp_path / "my run", tmp_path / "plain")


def test_pictures_that_cannot_be_written_cost_no_training(options, tmp_path):
    train("vanilla", images=100, out="run", sample_every=20, **options)
    shutil.copytree("run", "plain")
    shutil.rmtree("run/samples")
    (tmp_path / "run/samples").touch()
    listener = Listener()
    resume("run", images=200, display=listener)
    resume("plain", images=200, display=QuietDisplay())
    assert len([line for line in listener.said if "the picture of samples could not be drawn" in line]) == 1
    assert_same_end(tmp_path / "run", tmp_path / "plain")


def test_a_line_that_cannot_be_written_saves_and_leaves_no_half_line(options, tmp_path):
    train("vanilla", images=100, out="run", **options)
    before = (tmp_path / "run/metrics.jsonl").read_text()
    import resource
    import signal

    from ganzoo.core.entries import Tick
    from ganzoo.runs.journal import Journal

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 20, hard))
    try:
        with pytest.raises(RunError, match=r"run/metrics.jsonl cannot be written \(File too large\)"):
            Journal(tmp_path / "run/metrics.jsonl").append(Tick(110, 1.0, 1.0, 1, {}))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)
    assert (tmp_path / "run/metrics.jsonl").read_text() == before


def test_single_samples_are_not_mixed_with_others(ganzoo, tiny, tmp_path):
    ganzoo(*tiny.train, "--images", 100, "--out", "run")
    ganzoo("sample", "run", "-n", 9, "--individual", "pngs")
    ganzoo("sample", "run", "-n", 9, "--seed", 1, "--individual", "pngs")
    refused = ganzoo("sample", "run", "-n", 7, "--individual", "pngs", code=2)
    assert "pngs holds 2 files that these 7 would not replace (such as 000007.png)" in refused.err
    ganzoo("sample", "run", "-n", 12, "--individual", "pngs")
    assert len(list((tmp_path / "pngs").iterdir())) == 12
    (tmp_path / "pngs/photo.jpg").touch()
    assert "such as photo.jpg" in ganzoo("sample", "run", "-n", 12, "--individual", "pngs", code=2).err


def test_running_means_are_in_the_checkpoint(options, tmp_path):
    train("vanilla", images=100, out="run", **{**options, "log_every": 30, "checkpoint_every": 50})
    state = json.loads((checkpoints(tmp_path / "run")[0] / "state.json").read_text())
    assert state["images"] == 50
    sums = state["tally"]
    assert all(count == 2 and numpy.isfinite(total) for total, count in sums.values())
    assert "generator/adversarial" in sums
