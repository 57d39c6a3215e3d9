"""Stacked MNIST through the classifier of its digits."""

from __future__ import annotations

import json
import math

import numpy
import pytest
import torch

from ganzoo.data import DataOptions, Dataset, load
from ganzoo.data.sources.stacked_mnist import triple_labels
from ganzoo.errors import ConfigError
from ganzoo.metrics import Settings, evaluate, load_extractor


@pytest.fixture(scope="module")
def digits():
    """One image of each digit that the classifier gets right, `(10, 28, 28)`."""
    mnist = load(DataOptions(data="mnist", split="test", limit=300))
    images = mnist.gather(torch.arange(300))
    named = load_extractor("digits")(images)[1].argmax(dim=1)
    return torch.stack([images[(named == digit) & (mnist.labels == digit)][0, 0] for digit in range(10)])


@pytest.fixture(scope="module")
def stacks(digits):
    """`stacks(numbers)`: images of these classes, `(n, 28, 28, 3)`."""

    def make(numbers):
        triples = torch.tensor([[number // 100, number // 10 % 10, number % 10] for number in numbers])
        return digits[triples].permute(0, 2, 3, 1).contiguous().numpy()

    return make


@pytest.fixture
def reference():
    return load(DataOptions(data="stacked-mnist", limit=600))


def test_the_extractor_sees_three_digits(stacks):
    images = torch.from_numpy(stacks([307, 12, 999])).permute(0, 3, 1, 2)
    stacked, digits = load_extractor("stacked-digits"), load_extractor("digits")
    features, logits = stacked(images)
    assert features.shape == (3, stacked.features)
    assert logits.argmax(dim=1).tolist() == [307, 12, 999]
    channels = [digits(images[:, channel : channel + 1]) for channel in range(3)]
    torch.testing.assert_close(features, torch.cat([seen for seen, _ in channels], dim=1))
    named = torch.stack([scores.argmax(dim=1) for _, scores in channels], dim=1).numpy()
    assert logits.argmax(dim=1).tolist() == triple_labels(named).tolist()
    # Channels are independent: the probability of 307 is that of its digits.
    product = math.prod(float(channels[c][1][0].softmax(0)[d]) for c, d in enumerate((3, 0, 7)))
    assert float(logits[0].softmax(0)[307]) == pytest.approx(product, rel=1e-4)


def test_modes_by_hand(stacks, reference):
    numbers = [307] * 5 + [12] * 3 + list(range(500, 512))
    report = evaluate(Dataset.from_arrays(stacks(numbers), name="made"), reference, "modes", Settings(count=20))
    # PacGAN's target is uniform over the 1,000, whatever the reals have.
    expected = 5 / 20 * math.log(250) + 3 / 20 * math.log(150) + 12 / 20 * math.log(50)
    assert (report.values["modes"], report.values["modes_total"]) == (14, 1000)
    assert report.values["reverse_kl"] == pytest.approx(expected)
    assert report.values["class_histogram"][307] == 5
    assert "extractor stacked-digits" in report.provenance.line()


def test_what_looks(reference, noise):
    assert reference.modality.extractor(reference.spec) == "stacked-digits"
    with pytest.raises(ConfigError, match=r"three digits as color channels, and these images have 1: take .* digits"):
        load_extractor("stacked-digits").resizer((1, 28, 28))


def test_the_command(ganzoo, stacks, tmp_path):
    numpy.savez(tmp_path / "made.npz", images=stacks(range(0, 1000, 10)))
    common = ("eval", "made.npz", "--data", "stacked-mnist", "--limit", 300, "--metrics", "modes", "-n", 100)
    done = ganzoo(*common, "--out", "figures.json")
    assert "738 of 1000 classes have no image: 000, 001, 002, 003, 004, 005, ..." in done.out
    told = dict(line.split(maxsplit=1) for line in done.out.splitlines() if line.count(" ") > 1)
    assert [told[name] for name in ("modes", "modes_total", "reverse_kl")] == ["100", "1000", "2.3026"]
    assert "of 1000 classes: see --json or --out" in done.out
    assert "protocol: reference stacked-mnist train" in done.out
    assert len(json.loads((tmp_path / "figures.json").read_text())["values"]["class_histogram"]) == 1000
