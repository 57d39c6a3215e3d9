"""WGAN: the early schedule, weights clipped after each critic step and nothing else, and what is logged."""

import json

import numpy
import pytest
import safetensors.numpy
import torch
from torch import nn

import ganzoo
from ganzoo import DataSpec, Players, RMSprop, Tick, plugins
from ganzoo.runs.observers.display import QuietDisplay
from ganzoo.viz import curves as plots


def game(preset="paper", resolution=28, **options):
    found = plugins.registry().find("wgan")
    config = found.load_config().resolve(preset, options)
    data = DataSpec("images", (1, resolution, resolution), 100)
    config.check(data)
    torch.manual_seed(0)
    return found.build(config, data)


def test_the_early_schedule_is_the_papers():
    steps = game(width=4).objective.phases()[0].repeats
    assert [steps(round) for round in (0, 1, 24)] == [100, 100, 100]
    assert [steps(round) for round in (25, 26, 499)] == [5, 5, 5]
    assert [steps(round) for round in (500, 501, 1000, 1499, 1500)] == [100, 5, 100, 5, 100]


def test_without_the_early_schedule_every_round_has_the_same_steps():
    steps = game(width=4, early_schedule=False, critic_steps=3).objective.phases()[0].repeats
    assert {steps(round) for round in (0, 24, 25, 500)} == {3}


def test_the_papers_numbers():
    made = game()
    assert (made.optimizers.groups["generator"], made.optimizers.groups["discriminator"]) == (
        RMSprop(5e-5),
        RMSprop(5e-5),
    )
    assert made.stages[0].batch_size == 64
    assert repr(made.objective).startswith("AdversarialObjective(Wasserstein(), WeightClip(bound=0.01)")


def test_the_critic_ends_in_a_convolution_without_a_sigmoid():
    kinds = [type(layer) for layer in game(width=4).discriminator.layers]
    assert kinds[-2:] == [nn.Conv2d, nn.Flatten]
    assert nn.Sigmoid not in kinds
    assert kinds.count(nn.BatchNorm2d) == 1
    assert not any(
        isinstance(layer, nn.BatchNorm2d) for layer in game(width=4, critic_norm="none").discriminator.layers
    )


def test_clipping_leaves_batch_norm_statistics_and_the_generator_alone():
    made = game(width=4)
    critic, generator = made.discriminator, made.generator
    with torch.no_grad():
        for parameter in [*critic.parameters(), *generator.parameters()]:
            parameter.fill_(3.0)
        for buffer in critic.buffers():
            buffer.fill_(5)
    made.objective.phases()[0].after(Players(generator, critic), None)
    assert all((parameter == 0.01).all() for parameter in critic.parameters())
    assert all((buffer == 5).all() for buffer in critic.buffers())
    assert all((parameter == 3.0).all() for parameter in generator.parameters())


def tiny(folder):
    images = numpy.random.RandomState(0).randint(0, 256, (64, 28, 28), dtype=numpy.uint8)
    numpy.savez(folder / "tiny.npz", images=images)
    return str(folder / "tiny.npz")


def test_a_run_clips_after_the_step_and_logs_the_estimate(tmp_path):
    """A large learning rate moves weights far beyond the bound: clipped before the step, they would end there."""
    run = ganzoo.train(
        "wgan", data=tiny(tmp_path), out=tmp_path / "run", width=4, batch_size=8, images=96, lr=0.1, device="cpu",
        preset="paper", early_schedule=False, critic_steps=2, display=QuietDisplay(),
    )  # fmt: skip
    path = max((run.path / "checkpoints").glob("[0-9]*"))
    critic = safetensors.numpy.load_file(path / "discriminator.safetensors")
    weights = {name: value for name, value in critic.items() if "running" not in name and "num_batches" not in name}
    assert max(abs(value).max() for value in weights.values()) == pytest.approx(0.01)
    assert max(abs(value).max() for name, value in critic.items() if name.endswith("running_var")) > 0.01
    lines = [json.loads(line) for line in (run.path / "metrics.jsonl").read_text().splitlines()]
    estimates = [line for line in lines if "discriminator/wasserstein_distance" in line]
    assert estimates
    for line in estimates:
        expected = line["discriminator/real_score"] - line["discriminator/fake_score"]
        assert line["discriminator/wasserstein_distance"] == pytest.approx(expected, abs=1e-6)
        assert line["discriminator/adversarial"] == pytest.approx(-expected, abs=1e-6)


def test_the_estimate_has_a_panel_of_its_own(tmp_path, monkeypatch):
    drawn = {}
    monkeypatch.setattr(plots, "_draw", lambda axis, lines, unit: drawn.update({unit: list(lines)}))
    names = ("discriminator/wasserstein_distance", "discriminator/adversarial", "discriminator/real_score")
    plots.plot_curves([Tick(1, 0.1, 10.0, 0, dict.fromkeys(names, 1.0))], tmp_path / "curves.png")
    assert drawn["estimated distance"] == ["discriminator/wasserstein_distance"]
    assert drawn["loss"] == ["discriminator/adversarial"]
