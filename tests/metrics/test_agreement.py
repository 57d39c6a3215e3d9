"""On the same features our figures are those of independent implementations, to 1e-4 relative."""

from __future__ import annotations

import numpy
import pytest
import scipy.linalg
import torch
from prdc import compute_prdc
from sklearn.metrics.pairwise import polynomial_kernel
from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric
from torch_fidelity.metric_isc import isc_features_to_metric
from torch_fidelity.metric_kid import kid_features_to_metric
from torch_fidelity.metric_prc import prc_features_to_metric

from ganzoo.metrics.classes import class_score
from ganzoo.metrics.fid import frechet_distance
from ganzoo.metrics.kid import kernel_distance
from ganzoo.metrics.moments import Moments
from ganzoo.metrics.prdc import prdc


def close(value):
    return pytest.approx(value, rel=1e-4)


def moments(features):
    seen = Moments.empty(features.shape[1])
    for part in features.split(64):
        seen.update(part)
    return seen


@pytest.mark.parametrize("shift", [0.0, 0.3])
def test_fid_with_torch_fidelity_and_scipy(features, shift):
    real, fake = features(0, 1500), features(1, 1000, shift)
    ours = frechet_distance(moments(real), moments(fake))
    theirs = [fid_features_to_statistics(side.double()) for side in (real, fake)]
    key = "frechet_inception_distance"
    assert ours == close(fid_statistics_to_metric(*theirs, verbose=False)[key])

    means = [side.double().numpy().mean(axis=0) for side in (real, fake)]
    first, second = (numpy.cov(side.double().numpy(), rowvar=False) for side in (real, fake))
    root = scipy.linalg.sqrtm(first @ second).real
    assert ours == close(((means[0] - means[1]) ** 2).sum() + numpy.trace(first + second - 2 * root))


def test_fid_of_rank_deficient_covariances(features):
    real, fake = features(0, 8), features(1, 9)
    first, second = (numpy.cov(side.double().numpy(), rowvar=False) for side in (real, fake))
    values = numpy.linalg.eigvals(first @ second).astype(complex)
    mean = ((real.double().mean(0) - fake.double().mean(0)) ** 2).sum().item()
    theirs = mean + numpy.trace(first) + numpy.trace(second) - 2 * numpy.sqrt(values).real.sum()
    assert frechet_distance(moments(real), moments(fake)) == close(theirs)


@pytest.mark.parametrize("shift", [0.0, 0.3])
def test_kid_with_torch_fidelity(features, shift):
    real, fake = features(0, 900), features(1, 700, shift)
    ours = kernel_distance(real, fake, subsets=20, size=200, seed=5)
    theirs = kid_features_to_metric(
        fake.double(), real.double(), kid_subsets=20, kid_subset_size=200, rng_seed=5, verbose=False
    )
    assert ours.mean == close(theirs["kernel_inception_distance_mean"])
    assert ours.deviation == close(theirs["kernel_inception_distance_std"])


def test_kid_with_sklearn(features):
    real, fake = features(0, 300), features(1, 300, 0.2)
    within = 0.0
    for side in (real, fake):
        kernel = polynomial_kernel(side.double(), degree=3, gamma=1 / 12, coef0=1)
        within += (kernel.sum() - numpy.trace(kernel)) / (300 * 299)
    theirs = within - 2 * polynomial_kernel(real.double(), fake.double(), degree=3, gamma=1 / 12, coef0=1).mean()
    # A subset of everything: each estimate is of all samples.
    assert kernel_distance(real, fake, subsets=2, size=300, seed=0).mean == close(theirs)


@pytest.mark.parametrize("k", [3, 5])
@pytest.mark.parametrize("shift", [0.0, 0.5])
def test_prdc_with_the_authors_code(features, k, shift, capsys):
    real, fake = features(0, 700), features(1, 500, shift)
    theirs = compute_prdc(real.double().numpy(), fake.double().numpy(), k)
    assert prdc(real, fake, k)._asdict() == close(theirs)
    swapped = compute_prdc(fake.double().numpy(), real.double().numpy(), k)
    assert prdc(fake, real, k)._asdict() == close(swapped)


def test_precision_and_recall_with_torch_fidelity(features):
    real, fake = features(0, 600), features(1, 500, 0.4)
    theirs = prc_features_to_metric(
        fake, real, prc_neighborhood=3, prc_batch_size=1000, save_cpu_ram=False, verbose=False
    )
    ours = prdc(real, fake, 3)
    assert ours.precision == close(theirs["precision"])
    assert ours.recall == close(theirs["recall"])


def test_class_score_with_torch_fidelity():
    logits = torch.from_numpy(numpy.random.RandomState(0).randn(507, 10).astype(numpy.float32) * 4)
    theirs = isc_features_to_metric(logits, splits=10, shuffle=True, rng_seed=3)
    mean, deviation = class_score(logits, splits=10, seed=3)
    assert mean == close(theirs["inception_score_mean"])
    assert deviation == close(theirs["inception_score_std"])
