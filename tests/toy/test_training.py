"""Vectors go through the same engine, sampler, checkpoints and commands as images do."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from PIL import Image

from ganzoo import api, load
from ganzoo.errors import ConfigError
from ganzoo.runs.observers.display import QuietDisplay
from ganzoo.viz.scatter import PIXELS

TINY = ("--device", "cpu", "--batch-size", 50, "--latent-dim", 4, "--images", 500, "--log-every", 100)


def train(path, images, **options):
    values = {"data": "ring", "device": "cpu", "batch_size": 50, "images": images, "seed": 3}
    values |= {"log_every": 500, "sample_every": 10_000} | options
    return api.train("vanilla", out=path, display=QuietDisplay(), **values)


def test_resume_is_exact(tmp_path):
    whole = train(tmp_path / "whole", 2000)
    half = train(tmp_path / "half", 1000)
    api.resume(half.path, images=2000, display=QuietDisplay())
    folders = [run.path / "checkpoints" / "0000002000" for run in (whole, half)]
    tensors = sorted(file.name for file in folders[0].glob("*.safetensors"))
    assert "generator_optimizer.safetensors" in tensors
    for name in tensors:
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes(), name
    last = "samples/0000002000.png"
    assert (whole.path / last).read_bytes() == (half.path / last).read_bytes()


def test_looking_changes_nothing(tmp_path):
    often, never = train(tmp_path / "often", 500, sample_every=100), train(tmp_path / "never", 500)
    name = "checkpoints/0000000500/generator.safetensors"
    assert (often.path / name).read_bytes() == (never.path / name).read_bytes()
    assert len(often.samples()) == 6


def test_it_learns(tmp_path):
    run = train(tmp_path / "run", 30_000, data="normal1d", lr=2e-3, beta1=0.5, generator_widths=(32,), latent_dim=4)
    samples = load(run.path).sample(2500)
    assert samples.mean().item() == pytest.approx(-1, abs=0.4)
    assert 0.3 < samples.std().item() < 1.7


def test_a_run_on_the_ring(ganzoo, tmp_path):
    command = ganzoo("train", "vanilla", "--data", "ring", *TINY, "--sample-every", 250)
    run = tmp_path / "runs" / "vanilla-ring-1"
    assert "of 8, high quality" in command.out
    for name in ("progress.png", "curves.png", "modes.png"):
        assert (run / name).is_file(), name
    frames = sorted((run / "samples").iterdir())
    assert [frame.name for frame in frames] == ["0000000000.png", "0000000250.png", "0000000500.png"]
    with Image.open(frames[0]) as frame:
        assert frame.size == (PIXELS, PIXELS)
    assert json.loads((run / "config.json").read_text())["spec"]["kind"] == "vector"


def test_sample_and_read_back(ganzoo, tmp_path):
    ganzoo("train", "vanilla", "--data", "grid", *TINY, "--sample-every", 500)
    command = ganzoo("sample", "-n", 300, "--seed", 2, "--npz", "made.npz")
    assert "of 25, high quality" in command.out
    assert "(300 samples)" in command.out
    with Image.open(tmp_path / "vanilla-grid-1-seed2.png") as picture:
        assert picture.size == (PIXELS, PIXELS)
    with np.load(tmp_path / "made.npz") as arrays:
        samples = arrays["samples"]
    assert (samples.dtype, samples.shape) == (np.float32, (300, 2))
    model = load(tmp_path / "runs" / "vanilla-grid-1")
    assert torch.equal(model.sample(300, seed=2), torch.from_numpy(samples))
    ganzoo("train", "vanilla", "--data", "made.npz", *TINY, "--sample-every", 500)
    spec = json.loads((tmp_path / "runs" / "vanilla-made-1" / "config.json").read_text())["spec"]
    assert (spec["shape"], spec["count"]) == ([2], 300)
    assert not (tmp_path / "runs" / "vanilla-made-1" / "modes.png").exists()
    again = ganzoo("sample", "vanilla-made-1")
    assert "modes" not in again.out


def test_options_of_images(ganzoo, tmp_path):
    train(tmp_path / "run", 100)
    for given in (("--grid", "8x8"), ("--scale", 2), ("--individual", "folder")):
        command = ganzoo("sample", "run", *given, code=2)
        assert f"{given[0]} is for images, and run makes vectors" in command.err
    assert not list(tmp_path.glob("*.png"))


def test_refused_trainings():
    with pytest.raises(ConfigError, match="--res is for images"):
        api.train("vanilla", data="ring", res=32)
    with pytest.raises(ConfigError, match="dcgan learns image data, and ring is vector data"):
        api.train("dcgan", data="ring")
