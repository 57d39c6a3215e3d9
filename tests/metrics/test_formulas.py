"""Cases worked by hand, and properties."""

from __future__ import annotations

import math

import numpy
import pytest
import torch

from ganzoo.metrics import neighbors as neighbors
from ganzoo.metrics.classes import class_score
from ganzoo.metrics.diversity import diversity
from ganzoo.metrics.fid import frechet_distance
from ganzoo.metrics.kid import kernel_distance
from ganzoo.metrics.memorization import memorization
from ganzoo.metrics.moments import Moments
from ganzoo.metrics.prdc import prdc


def moments(values, batch=1000):
    values = torch.as_tensor(values)
    seen = Moments.empty(values.shape[1])
    for part in values.split(batch):
        seen.update(part)
    return seen


def test_frechet_distance_of_two_lines():
    # Means 0 and 3, variances 2 and 8: 9 + (sqrt 8 - sqrt 2)^2 = 9 + 2.
    real, fake = [[-1.0], [1.0]], [[1.0], [5.0]]
    assert frechet_distance(moments(real), moments(fake)) == pytest.approx(11)


def test_frechet_distance_of_itself_is_zero(features):
    seen = moments(features(0, 500))
    assert frechet_distance(seen, seen) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("batch", [1, 7, 500])
def test_streaming_is_the_whole(features, batch):
    # Far from 0, where sums of squares would cancel.
    values = features(0, 500) + 1e4
    seen = moments(values, batch)
    assert seen.count == 500
    torch.testing.assert_close(seen.mean, values.double().mean(dim=0), rtol=1e-12, atol=0)
    expected = torch.from_numpy(numpy.cov(values.double().numpy(), rowvar=False))
    torch.testing.assert_close(seen.covariance, expected, rtol=1e-9, atol=1e-12)


def test_moments_hold_no_samples(features):
    sizes = set()
    for count in (10, 1000):
        seen = moments(features(0, count), batch=10)
        assert set(vars(seen)) == {"mean", "scatter", "count"}
        sizes.add(seen.mean.numel() + seen.scatter.numel())
    assert sizes == {12 + 144}


def test_kid_by_hand():
    # D = 1, k(x, y) = (xy + 1)^3. Reals 0, 0: all kernels 1. Fakes 1, 1: within 8, across 1.
    kid = kernel_distance(torch.zeros(2, 1), torch.ones(2, 1), subsets=2, size=2, seed=0)
    assert kid == pytest.approx((1 + 8 - 2, 0, 0))


def test_kid_is_unbiased_and_its_error_honest(features):
    """Of one distribution the mean is 0, and the error is about what repetition shows."""
    results = []
    for seed in range(40):
        real, fake = features(2 * seed + 100, 400), features(2 * seed + 101, 400)
        results.append(kernel_distance(real, fake, subsets=20, size=100, seed=seed))
    means = numpy.array([kid.mean for kid in results])
    spread = means.std(ddof=1)
    assert abs(means.mean()) < 3 * spread / math.sqrt(len(means))
    assert 0.7 * spread < numpy.mean([kid.standard_error for kid in results]) < 2.0 * spread


def test_prdc_by_hand():
    # Reals 0, 1, 3 have radii 1, 1, 2 for k = 1; fakes 0.5, 10, 10.5 have 9.5, 0.5, 0.5.
    real, fake = torch.tensor([[0.0], [1.0], [3.0]]), torch.tensor([[0.5], [10.0], [10.5]])
    found = prdc(real, fake, 1)
    # Fake 0.5 is in the balls of reals 0 and 1, not in that of 3, whose surface is at 1.
    assert found.precision == pytest.approx(1 / 3)
    assert found.density == pytest.approx(2 / 3)
    assert found.coverage == pytest.approx(2 / 3)
    # All reals lie within 9.5 of fake 0.5.
    assert found.recall == 1


def test_neighbors_do_not_depend_on_the_blocks(features, monkeypatch):
    real, fake = features(0, 130), features(1, 70)
    whole = prdc(real, fake, 5)
    monkeypatch.setattr(neighbors, "BLOCK_BYTES", 1000)
    assert prdc(real, fake, 5) == whole
    distances = torch.cdist(real.double(), fake.double())
    found = neighbors.nearest_distances(real, fake).clamp(min=0).sqrt()
    torch.testing.assert_close(found.double(), distances.amin(dim=1), rtol=1e-4, atol=1e-4)


def test_memorization_knows_copies_from_fresh_samples(features):
    real = features(0, 800)
    fresh, copies = memorization(real, features(1, 400), seed=0), memorization(real, real[:400], seed=0)
    assert fresh.memorization_ratio == pytest.approx(1, abs=0.1)
    assert fresh.memorization_share == pytest.approx(0.05, abs=0.04)
    assert copies.memorization_ratio < 0.01
    assert copies.memorization_share > 0.99


def test_diversity_by_hand():
    # Distances 3, 4 and 5, each counted once.
    assert diversity(torch.tensor([[0.0, 0.0], [3.0, 0.0], [0.0, 4.0]]), seed=0) == pytest.approx(4)
    assert diversity(torch.ones(200, 3), seed=0) == 0


def test_class_score_by_hand():
    sure = torch.eye(10).repeat(20, 1) * 1000
    assert class_score(sure, splits=1, seed=0) == pytest.approx((10, 0))
    assert class_score(torch.zeros(50, 10), splits=5, seed=0) == pytest.approx((1, 0))
    # One class only: nothing to gain, however sure.
    assert class_score(sure[:1].repeat(50, 1), splits=2, seed=0) == pytest.approx((1, 0))
