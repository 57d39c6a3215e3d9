"""`--eval-every`: what is best, also of vectors."""

from __future__ import annotations

import pytest
from engine.runs import assert_same_end, checkpoints, records

from ganzoo import resume, train
from ganzoo.data import DataOptions, inspect
from ganzoo.plugins.modalities import modality_of
from ganzoo.runs import checkpoint
from ganzoo.runs.observers.display import QuietDisplay
from ganzoo.runs.observers.evaluation import merit
from ganzoo.runs.observers.pictures import Pictures


def best_of(*metrics, decided_by="modes", higher=True):
    """The place of the best; of equals the first, as in a run."""
    return max(range(len(metrics)), key=lambda place: merit(metrics[place], decided_by, higher=higher))


def test_the_first_figure_decides():
    fid = {"decided_by": "fid", "higher": False}
    assert best_of({"fid": 3.0, "kid": 0.1}, {"fid": 2.0, "kid": 0.2}, **fid) == 1
    assert best_of({"fid": 2.0}, {"fid": 2.0}, **fid) == 0
    assert best_of({"precision": 0.3}, {"precision": 0.2}, decided_by="prdc") == 0
    assert best_of({"shares": [9, 1], "fid": 3.0}, {"shares": [1, 9], "fid": 2.0}, **fid) == 1


def test_more_modes_are_better_and_then_their_shares_and_quality():
    eight = {"modes": 8, "high_quality": 0.9, "reverse_kl": 0.2}
    assert best_of(eight, {"modes": 7, "high_quality": 1.0, "reverse_kl": 0.0}) == 0
    assert best_of(eight, {"modes": 8, "high_quality": 0.9, "reverse_kl": 0.1}) == 1
    # A cloud that grazes every mode evenly is no better than sharp modes of uneven shares; one mode with all is worse.
    assert best_of(eight, {"modes": 8, "high_quality": 0.1, "reverse_kl": 0.01}) == 0
    assert best_of(eight, {"modes": 8, "high_quality": 1.0, "reverse_kl": 1.9}) == 0
    # Without a sample of high quality there is no reverse KL.
    assert best_of({"modes": 0, "high_quality": 0.0}, {"modes": 1, "high_quality": 0.01, "reverse_kl": 2.0}) == 1
    # Classes have no quality.
    assert best_of({"modes": 10, "reverse_kl": 0.3}, {"modes": 10, "reverse_kl": 0.2}) == 1


@pytest.mark.parametrize(
    ("data", "metrics"),
    [("mnist", "fid,kid,prdc,modes"), ("ring", "modes,fid"), ("cities", "modes,fid"), ("normal1d", "fid,prdc")],
)
def test_metrics_that_suit_the_data(data, metrics):
    spec = inspect(DataOptions(data=data))
    assert modality_of(spec.kind).metrics(spec) == metrics


def test_a_vector_run_keeps_best_and_final(ganzoo, tmp_path):
    common = ("train", "vanilla", "--data", "ring", "--device", "cpu", "--images", 6000, "--keep", 1, "--lr", 0.003)
    said = ganzoo(*common, "--eval-every", 1000, "--eval-samples", 500, "--out", "run").out
    run = tmp_path / "run"
    evaluations = [record for record in records(run) if record.get("event") == "eval"]
    assert len(evaluations) == 6
    assert list(evaluations[0]["metrics"])[:3] == ["modes", "modes_total", "high_quality"]
    best = evaluations[best_of(*(record["metrics"] for record in evaluations))]
    assert {path.name for path in checkpoints(run)} == {f"{one['images']:010d}" for one in (best, evaluations[-1])}
    assert f"best   at {best['images']:>9,} images: modes {best['metrics']['modes']}" in said
    assert "extractor identity" in said
    ganzoo(*common, "--out", "plain")
    assert_same_end(run, tmp_path / "plain")


def test_the_first_metric_that_was_named_decides(ganzoo, tmp_path):
    common = ("train", "vanilla", "--data", "normal1d", "--device", "cpu", "--images", 900)
    ganzoo(*common, "--eval-every", 300, "--eval-samples", 300, "--eval-metrics", "diversity,fid", "--out", "run")
    evaluations = [record for record in records(tmp_path / "run") if record.get("event") == "eval"]
    assert all(list(record["metrics"]) == ["diversity", "fid"] for record in evaluations)
    best = max(evaluations, key=lambda record: record["metrics"]["diversity"])
    assert (tmp_path / "run/checkpoints/best").read_text() == f"{best['images']:010d}\n"


def test_resume_hashes_the_newest_checkpoint_once_and_vectors_are_drawn_once_a_picture(home, monkeypatch, tmp_path):
    hashed, drawn = [], []
    damage_of, draw = checkpoint.damage_of, Pictures._draw
    monkeypatch.setattr(checkpoint, "damage_of", lambda *of: hashed.append(of[0].name) or damage_of(*of))
    monkeypatch.setattr(
        Pictures, "_draw", lambda *arguments: drawn.append(arguments[0].training.images) or draw(*arguments)
    )
    options = {"data": "ring", "device": "cpu", "display": QuietDisplay()}
    train("vanilla", images=500, sample_every=10**6, out=tmp_path / "run", **options)
    assert len(drawn) == len(set(drawn)) == 2
    end = checkpoints(tmp_path / "run")[-1].name
    resume(tmp_path / "run", display=QuietDisplay())
    assert hashed == [end]
    hashed.clear()
    resume(tmp_path / "run", images=1000, display=QuietDisplay())
    assert hashed == [end]
