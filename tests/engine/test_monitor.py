"""The monitor: what sets it off, what does not, and that it changes nothing."""

import json
import shutil

import numpy
import pytest
import torch
from engine import collapsing
from engine.runs import assert_same_end, checkpoints, records

from ganzoo import plugins, train
from ganzoo.data import DataOptions, Dataset, load
from ganzoo.engine.training import Training
from ganzoo.errors import TrainingCollapsed
from ganzoo.runs.observers.classify import classifier_for
from ganzoo.runs.observers.display import QuietDisplay
from ganzoo.runs.observers.monitor import HISTORY, PATIENCE, Monitor


@pytest.fixture
def monitor():
    """Of a tiny training of `vanilla` on noise, one round old."""
    images = numpy.random.RandomState(0).randint(0, 256, (80, 8, 8), dtype=numpy.uint8)
    dataset = Dataset.from_arrays(images)
    variant = plugins.registry().find("vanilla")
    config = variant.load_config().resolve("paper", {"latent_dim": 4})
    torch.manual_seed(0)
    game = variant.build(config, dataset.spec)
    training = Training(game, dataset, torch.device("cpu"), seed=0, conditional=False, warn=print)
    training.round()
    return Monitor(training, every_images=32)


def kinds(monitor, ticks):
    return [alarm.kind for values in ticks for alarm in monitor.judge(values)]


HEALTHY = {
    "discriminator/adversarial": 1.2,
    "generator/adversarial": 0.9,
    "discriminator/real_score": 1.0,
    "discriminator/fake_score": -1.0,
    "discriminator/real_accuracy": 0.8,
    "discriminator/fake_accuracy": 0.8,
    "generator/gradient_norm": 0.5,
    "discriminator/gradient_norm": 2.0,
    "monitor/diversity": 0.9,
}


def test_gradient_norms_are_those_of_the_last_round(monitor):
    values = monitor.measure()
    for name in ("generator", "discriminator"):
        parameters = monitor.training.optimizers[name].parameters
        expected = torch.cat([parameter.grad.flatten() for parameter in parameters]).norm()
        assert values[f"{name}/gradient_norm"] == pytest.approx(float(expected), rel=1e-5)


def test_diversity_is_one_for_the_reals_themselves_and_nothing_for_one_image(monitor):
    generator = monitor.training.players.generator
    reals = monitor._reals
    generator.forward = lambda latents, labels=None: reals[: len(latents)]
    assert monitor.measure()["monitor/diversity"] == pytest.approx(1.0, rel=1e-5)
    generator.forward = lambda latents, labels=None: reals[:1].expand(len(latents), -1, -1, -1)
    monitor.training.images += 32
    assert monitor.measure()["monitor/diversity"] == pytest.approx(0.0, abs=1e-3)
    assert "monitor/diversity" not in monitor.measure()


def test_looking_leaves_the_generator_training_and_the_random_state_alone(monitor):
    before = torch.get_rng_state()
    monitor.measure()
    assert torch.equal(torch.get_rng_state(), before)
    assert monitor.training.players.generator.training


def test_a_healthy_training_is_quiet(monitor):
    monitor._best["monitor/diversity"] = 0.9
    assert kinds(monitor, [HEALTHY] * 50) == []


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("collapse", {"monitor/diversity": 0.1}),
        (
            "saturation",
            {
                "discriminator/real_accuracy": 1.0,
                "discriminator/fake_accuracy": 1.0,
                "discriminator/real_score": 9.0,
                "discriminator/fake_score": -9.0,
            },
        ),
        ("divergence", {"generator/adversarial": 500.0}),
        ("vanishing generator", {"generator/gradient_norm": 1e-9}),
        ("exploding discriminator", {"discriminator/gradient_norm": 1e4}),
    ],
)
def test_what_goes_wrong_is_said_once_and_again_after_it_was_well(monitor, kind, change):
    monitor._best["monitor/diversity"] = 0.9
    assert kinds(monitor, [HEALTHY] * 20) == []
    ill = {**HEALTHY, **change}
    assert kinds(monitor, [ill]) == []
    assert kinds(monitor, [ill] * (PATIENCE + 3)) == [kind]
    assert kinds(monitor, [HEALTHY] * HISTORY) == []
    assert kinds(monitor, [ill] * PATIENCE) == [kind]


def test_a_generator_that_was_never_diverse_has_not_collapsed(monitor):
    monitor._best["monitor/diversity"] = 0.4
    assert kinds(monitor, [{**HEALTHY, "monitor/diversity": 0.05}] * 10) == []


def test_state_survives_json(monitor):
    monitor.measure()
    kinds(monitor, [HEALTHY] * 15 + [{**HEALTHY, "generator/gradient_norm": 1e-9}] * (PATIENCE - 1))
    again = Monitor(monitor.training, every_images=32)
    again.restore(json.loads(json.dumps(monitor.state())))
    assert kinds(again, [{**HEALTHY, "generator/gradient_norm": 1e-9}]) == ["vanishing generator"]


def test_classes_are_counted_on_mnist_and_on_the_ring_and_not_on_noise_called_digits(monkeypatch, tmp_path):
    monkeypatch.setenv("GANZOO_HOME", str(tmp_path))
    mnist = load(DataOptions(limit=300))
    shares = classifier_for(mnist)(mnist.gather(torch.arange(300)).float() / 127.5 - 1)
    labels = torch.bincount(mnist.labels, minlength=10) / 300
    assert (shares - labels).abs().max() < 0.02
    ring = load(DataOptions(data="ring", limit=400))
    assert classifier_for(ring)(ring.gather(torch.arange(400))).min() > 0.05
    noise = numpy.random.RandomState(0)
    images, labels = noise.randint(0, 256, (60, 28, 28), dtype=numpy.uint8), numpy.arange(60) % 10
    assert classifier_for(Dataset.from_arrays(images, labels)) is None


def test_stop_on_collapse_ends_a_run_that_collapses(monkeypatch, tmp_path):
    monkeypatch.setenv("GANZOO_HOME", str(tmp_path))
    registry = plugins.registry()
    if "collapsing" not in registry.variants:
        registry.register(collapsing.plugin, "collapsing")
    options = {"data": "ring", "images": "200k", "log_every": 640, "device": "cpu", "stop_on_collapse": True}
    with pytest.raises(TrainingCollapsed, match=r"stopped at [\d,]+ images: collapse: the .* of fakes fell to"):
        train("collapsing", out=tmp_path / "run", display=QuietDisplay(), **options)
    *_, last = [record for record in records(tmp_path / "run") if record.get("event") == "collapse"]
    assert last["images"] < 100_000
    assert checkpoints(tmp_path / "run")[-1].name == f"{last['images']:010d}"
    assert (tmp_path / "run/curves.png").exists()


def test_best_and_final_are_both_kept_and_reported(ganzoo, tmp_path):
    options = ("--limit", 300, "--images", 600, "--eval-every", 100, "--eval-metrics", "fid", "--eval-samples", 200)
    common = ("train", "vanilla", "--preset", "paper", "--device", "cpu", "--keep", 1, "--lr", 0.01)
    said = ganzoo(*common, *options, "--out", "run").out
    run = tmp_path / "run"
    evaluations = [record for record in records(run) if record.get("event") == "eval"]
    assert len(evaluations) == 6
    best = min(evaluations, key=lambda record: record["metrics"]["fid"])
    kept = {path.name for path in checkpoints(run)}
    assert kept == {f"{best['images']:010d}", f"{evaluations[-1]['images']:010d}"}
    assert f"best   at {best['images']:>9,} images: Frechet distance (digits) {best['metrics']['fid']:.4g}" in said
    assert f"final  at {evaluations[-1]['images']:>9,} images" in said
    assert "extractor digits" in said
    assert f"{best['images']:,} images" in ganzoo("sample", "run", "--best", "-n", 4).out
    shutil.rmtree(run / "checkpoints" / f"{best['images']:010d}")
    if best is not evaluations[-1]:
        assert "no best checkpoint" in ganzoo("sample", "run", "--best", code=1).err


def test_evaluating_changes_nothing_of_the_training(ganzoo, tmp_path):
    common = ("train", "vanilla", "--device", "cpu", "--limit", 300, "--images", 640, "--checkpoint-every", 320)
    ganzoo(*common, "--out", "plain")
    ganzoo(*common, "--eval-every", 160, "--eval-samples", 100, "--eval-metrics", "fid,kid", "--out", "judged")
    assert_same_end(tmp_path / "plain", tmp_path / "judged")


def test_tensorboard_gets_the_ticks(ganzoo, tiny, tmp_path):
    pytest.importorskip("tensorboard", reason="an extra")
    ganzoo(*tiny.train, "--images", 100, "--tensorboard", "--out", "run")
    assert list((tmp_path / "run/tensorboard").glob("events.*"))
