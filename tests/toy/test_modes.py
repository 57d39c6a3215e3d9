"""Mode scores on samples whose score is known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ganzoo.data.mixtures import MIXTURES
from ganzoo.metrics.modes import SAMPLES, mode_counts, reverse_kl, score_modes

RING = MIXTURES["ring"]


def test_all_at_one_mode():
    score = score_modes(np.repeat(RING.means[3:4], 10, axis=0), RING)
    assert (score.covered, score.modes, score.high_quality) == (1, 8, 1.0)
    assert score.reverse_kl == pytest.approx(math.log(8))


def test_one_sample_a_mode():
    score = score_modes(RING.means, RING)
    assert (score.covered, score.high_quality) == (8, 1.0)
    assert score.reverse_kl == pytest.approx(0, abs=1e-12)


def test_three_sigmas_is_the_bound():
    inside, outside = RING.means[0] + [0.0299, 0], RING.means[0] + [0.0301, 0]
    score = score_modes(np.array([inside, outside, outside, outside]), RING)
    assert (score.covered, score.high_quality) == (1, 0.25)


def test_only_high_quality_counts_for_the_divergence():
    # Three good samples of mode 0, one of mode 1; a bad one beside mode 2 neither covers it nor counts.
    samples = np.array([*[RING.means[0]] * 3, RING.means[1], RING.means[2] + 0.5])
    score = score_modes(samples, RING)
    assert (score.covered, score.high_quality) == (2, 0.8)
    assert score.reverse_kl == pytest.approx(0.75 * math.log(0.75 * 8) + 0.25 * math.log(0.25 * 8))


@pytest.mark.parametrize("bad", [0.0, np.nan, np.inf])
def test_nothing_good(bad):
    score = score_modes(np.full((5, 2), bad, np.float32), RING)
    assert (score.covered, score.high_quality, score.reverse_kl) == (0, 0.0, math.inf)


def test_unequal_weights():
    cities = MIXTURES["cities"]
    exact = np.repeat(cities.means, [7, 3], axis=0)
    assert score_modes(exact, cities).reverse_kl == pytest.approx(0, abs=1e-12)
    assert score_modes(cities.means[:1], cities).reverse_kl == pytest.approx(-math.log(0.7))


@pytest.mark.parametrize("mixture", MIXTURES.values(), ids=MIXTURES)
def test_real_samples(mixture):
    score = score_modes(mixture.draw(SAMPLES, 5), mixture)
    assert score.covered == score.modes == mixture.modes
    # Within 3 sigmas lie 1 - exp(-9/2) of two dimensions and erf(3/sqrt 2) of one.
    assert score.high_quality == pytest.approx(0.9889 if mixture.dimensions == 2 else 0.9973, abs=0.008)
    assert score.reverse_kl < 0.02


def test_counts():
    samples = np.array([*[RING.means[5]] * 3, [0.0, 0.0]])
    assert mode_counts(samples, RING).tolist() == [0, 0, 0, 0, 0, 3, 0, 0]


def test_reverse_kl_is_not_forward():
    # KL(generated || target) of half the modes is log 2; the other direction would be infinite.
    assert reverse_kl(np.array([5, 5, 0, 0]), np.full(4, 0.25)) == pytest.approx(math.log(2))


def test_as_a_sentence():
    assert str(score_modes(RING.means[:1], RING)) == "modes 1 of 8, high quality 100.0 %, reverse KL 2.079"
