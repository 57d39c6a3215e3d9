"""Vectors: modes of known mixtures, and the other metrics on the vectors themselves."""

from __future__ import annotations

import json
import math
import re

import numpy
import pytest
import torch
from prdc import compute_prdc
from torch import nn

from ganzoo import Generator, Latent
from ganzoo.data import DataOptions, Dataset, load
from ganzoo.data.mixtures import MIXTURES
from ganzoo.errors import ConfigError, DataError
from ganzoo.metrics import Settings, evaluate, evaluate_generator
from ganzoo.metrics.extractors.loading import extractor_for

RING = MIXTURES["ring"]
SMALL = Settings(count=400, kid_subsets=5, kid_subset_size=50)


def points(samples, name="points"):
    return Dataset.from_arrays(numpy.asarray(samples, numpy.float32), name=name)


@pytest.fixture(scope="module")
def ring():
    return load(DataOptions(data="ring", limit=2000))


class Line(Generator):
    """Latents on a line; infinite where it is told to be."""

    def __init__(self, scale=1.0):
        super().__init__()
        self.latent = Latent((1,))
        self.scale = nn.Parameter(torch.tensor(scale))

    def forward(self, latents, condition=None):
        return latents * self.scale - 1


def test_modes_by_hand(ring):
    # Six at mode 0, two at mode 3, and two that are nobody's.
    samples = [*[RING.means[0]] * 6, *[RING.means[3]] * 2, [0, 0], [5, 5]]
    report = evaluate(points(samples), ring, "modes", SMALL)
    assert report.values == {
        "modes": 2,
        "modes_total": 8,
        "high_quality": 0.8,
        "reverse_kl": pytest.approx(0.75 * math.log(6) + 0.25 * math.log(2)),
        "class_histogram": [6, 0, 0, 2, 0, 0, 0, 0],
    }
    assert report.notes == ("there are 10 fakes, and -n asks for 400",)


def test_no_sample_of_high_quality(ring):
    report = evaluate(points([[0, 0]] * 9), ring, "modes", SMALL)
    assert report.values["modes"] == report.values["high_quality"] == 0
    assert "reverse_kl" not in report.values
    assert report.notes[-1] == "reverse_kl was left out: no sample is of high quality"


def test_the_mixture_itself_scores_as_it_should(ring):
    report = evaluate(points(RING.draw(4000, 9)), ring, "all", Settings(count=2000, kid_subsets=5, kid_subset_size=50))
    assert report.values["modes"] == 8
    assert report.values["high_quality"] == pytest.approx(1 - math.exp(-4.5), abs=0.01)
    assert report.values["fid"] < 0.01
    assert report.values["precision"] > 0.9
    assert report.values["coverage"] > 0.9
    assert report.values["memorization_ratio"] == pytest.approx(1, abs=0.15)
    assert report.values["diversity"] == pytest.approx(1, abs=0.05)
    assert [note.partition(":")[0] for note in report.notes] == ["is was left out"]


def test_neighbors_of_narrow_modes_are_not_rounded_away(ring):
    # Modes of sigma 0.0001 a unit apart: float32 squares of coordinates would drown such distances.
    random = numpy.random.RandomState(0)
    real, fake = (RING.means[random.randint(0, 8, 500)] + 1e-4 * random.randn(500, 2) for _ in range(2))
    real, fake = real.astype(numpy.float32), fake.astype(numpy.float32)
    found = evaluate(points(fake), points(real, "reals"), "prdc", Settings(count=500)).values
    assert found == pytest.approx(compute_prdc(real.astype(float), fake.astype(float), 5), rel=1e-4)


def test_fid_of_a_generator_by_hand():
    # Of N(-1, 1) against N(-1, 4): (2 - 1)^2.
    reference = load(DataOptions(data="normal1d"))
    report = evaluate_generator(Line(2.0), reference, "fid,modes", Settings(count=20_000), name="line", ema="no")
    assert report.values["fid"] == pytest.approx(1, abs=0.05)
    assert (report.values["modes"], report.values["modes_total"], report.values["reverse_kl"]) == (1, 1, 0)
    # Within three sigmas of the data lie 1.5 sigmas of these.
    assert report.values["high_quality"] == pytest.approx(math.erf(1.5 / math.sqrt(2)), abs=0.01)
    line = report.provenance.line()
    assert "100000 real, 20000 fake from line; extractor identity; resizer none; precision float32 vectors" in line


def test_samples_that_are_not_finite():
    with pytest.raises(DataError, match="sample 0 of 400 has values that are infinite or not a number"):
        evaluate_generator(Line(math.inf), load(DataOptions(data="normal1d", limit=500)), "modes", SMALL)


def test_vectors_of_an_unknown_distribution():
    random = numpy.random.RandomState(0)
    real, fake = (points(random.randn(300, 3), name) for name in ("real", "fake"))
    report = evaluate(fake, real, "fid,modes", SMALL)
    assert report.values["fid"] < 0.1
    assert "modes" not in report.values
    assert "modes was left out: no classifier knows such data, and modes are known of toy mixtures only" in report.notes


def test_other_length_and_named_extractor(ring):
    with pytest.raises(ConfigError, match="points has vectors of 3, and the reference ring of 2: both must be alike"):
        evaluate(points(numpy.zeros((9, 3))), ring, "fid", SMALL)
    with pytest.raises(ConfigError, match=r"digits looks at images, and ring is vectors, .*: leave out --extractor"):
        extractor_for(ring.spec, "digits")


def test_a_run_and_a_file(ganzoo, tmp_path):
    numpy.savez(tmp_path / "points.npz", samples=RING.draw(500, 3))
    common = ("--data", "ring", "--metrics", "modes", "-n", 500, "--device", "cpu")
    done = ganzoo("eval", "points.npz", *common)
    assert re.search(r"^modes +8$", done.out, re.MULTILINE)
    assert "protocol: reference ring " in done.out
    report = json.loads(ganzoo("eval", "points.npz", *common, "--json").out)
    assert report["values"]["modes_total"] == 8
    ganzoo("train", "vanilla", "--data", "ring", "--images", 500, "--device", "cpu", "--out", "run", "-q")
    own = json.loads(ganzoo("eval", "run", "--metrics", "modes,fid", "-n", 300, "--json").out)
    assert list(own["values"])[:3] == ["modes", "modes_total", "high_quality"]
    assert "300 fake from run at" in own["provenance_line"]
    # Other data in place of what the run learned.
    assert "reference grid " in ganzoo("eval", "run", "--data", "grid", "--metrics", "modes", "-n", 300).out
