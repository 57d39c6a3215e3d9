"""Whole runs of StyleGAN2: killed between lazy phases, compiled, exported, and what is typed and refused."""

import json
import signal

import numpy
import pytest
from engine.runs import assert_same_end, checkpoints, records, wait_for

from ganzoo import load

TINY = (
    "train", "stylegan2", "--data", "tiny.npz", "--device", "cpu", "--preset", "auto", "--fmap-base", 64,
    "--fmap-max", 4, "--latent-dim", 4, "--batch-size", 4, "--sample-every", 10_000,
)  # fmt: skip


@pytest.fixture
def pictures(tmp_path):
    random = numpy.random.RandomState(0)
    images = random.randint(0, 256, (50, 16, 16), dtype=numpy.uint8)
    numpy.savez(tmp_path / "tiny.npz", images=images, labels=numpy.arange(50) % 3)
    return tmp_path


def rounds_of(checkpoint):
    return json.loads((checkpoint / "state.json").read_text())["rounds"]


@pytest.mark.parametrize("labels", ["--labels", "--no-labels"])
def test_killed_between_lazy_phases_it_ends_with_the_same_bits(ganzoo, start, pictures, labels):
    """A checkpoint in every seventh round: path lengths come in every fourth, R1 in every 16th."""
    options = (*TINY, labels, "--images", 400, "--checkpoint-every", 28, "--log-every", 4)
    ganzoo(*options, "--out", "whole")
    command, run = start(*options, "--out", "broken"), pictures / "broken"
    wait_for(lambda: checkpoints(run) and rounds_of(checkpoints(run)[-1]) >= 21, lambda: command.err)
    command.kill(signal.SIGKILL)
    assert command.wait() == -signal.SIGKILL
    assert rounds_of(checkpoints(run)[-1]) % 4
    ganzoo("resume", "broken")
    assert_same_end(pictures / "whole", run)
    ends = records(run)[-1]
    assert ends["images"] == 400


def test_the_mean_path_length_and_the_average_of_w_are_saved(ganzoo, pictures):
    import safetensors.torch

    ganzoo(*TINY, "--images", 40, "--out", "run")
    end = checkpoints(pictures / "run")[-1]
    assert safetensors.torch.load_file(end / "auxiliary.safetensors")["mean"] > 0
    moved = [safetensors.torch.load_file(end / f"{name}.safetensors")["w_average"] for name in ("generator", "ema")]
    assert moved[0].any()
    # Copied, not averaged.
    assert moved[0].equal(moved[1])


def test_without_path_lengths_there_is_no_auxiliary(ganzoo, pictures):
    ganzoo(*TINY, "--images", 8, "--path-length", 0, "--out", "run")
    assert not (checkpoints(pictures / "run")[-1] / "auxiliary.safetensors").exists()


def test_samples_of_a_class_and_of_a_run_are_the_same_each_time(ganzoo, pictures):
    ganzoo(*TINY, "--labels", "--images", 8, "--out", "run")
    model = load(pictures / "run")
    first = model.sample(6, seed=3, labels=[0, 1, 2, 0, 1, 2])
    assert first.equal(model.sample(6, seed=3, labels=[0, 1, 2, 0, 1, 2]))
    assert not first.equal(model.sample(6, seed=3, labels=[1, 1, 2, 0, 1, 2]))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--res", 18), "and tiny has 18x18: give --res 16"),
        (("--mixing", 1.5), "--mixing (=1.5) must be less than or equal to 1"),
        (("--gamma", -1), "--gamma (=-1) must be greater than or equal to 0"),
        (("--batch-size", 6), "--batch-size (=6) must be a multiple of --group (=4), as 4 or 8"),
    ],
)
def test_what_is_refused_is_a_sentence(ganzoo, pictures, options, sentence):
    refused = ganzoo(*TINY, *options, code=2)
    assert sentence in " ".join(refused.err.split())
    assert not (pictures / "runs").exists()


def test_what_a_refusal_says_to_type_works(ganzoo, pictures):
    ganzoo(*TINY, "--res", 16, "--images", 4, "--out", "run")
    assert records(pictures / "run")[-1]["images"] == 4


def test_labels_without_labels_are_refused(ganzoo, pictures):
    images = numpy.load(pictures / "tiny.npz")["images"]
    numpy.savez(pictures / "tiny.npz", images=images)
    refused = ganzoo(*TINY, "--labels", code=2)
    assert "--labels needs labels, and tiny has none" in " ".join(refused.err.split())
