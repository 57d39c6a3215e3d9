"""The toy mixtures: modes, densities, draws."""

from __future__ import annotations

import json
import math
import subprocess
import sys

import numpy as np
import pytest

from ganzoo.core.data_spec import DataSpec, Density
from ganzoo.data.mixtures import MIXTURES, Mixture, mixture_of

ALL = pytest.mark.parametrize("mixture", MIXTURES.values(), ids=MIXTURES)
UNEVEN = Mixture("uneven", np.array([[0.0, 0.0], [3.0, 4.0]]), np.array([1.0, 2.0]), np.array([0.75, 0.25]))


def distinct(means):
    gaps = np.linalg.norm(means[:, None] - means, axis=2) + np.diag(np.full(len(means), np.inf))
    return bool((gaps.min(axis=1) > 0.5).all())


def test_a_ring_of_eight_has_eight_modes():
    ring = MIXTURES["ring"]
    assert ring.modes == 8
    assert distinct(ring.means)
    assert np.allclose(np.linalg.norm(ring.means, axis=1), 1)
    assert np.allclose(ring.means[1], math.sqrt(0.5))
    assert (ring.sigmas == 0.01).all()
    assert (ring.weights == 1 / 8).all()


def test_a_ring_of_linspace_would_be_noticed():
    angles = np.linspace(0, 2 * np.pi, 8)
    assert not distinct(np.stack([np.cos(angles), np.sin(angles)], axis=1))


def test_grid():
    grid = MIXTURES["grid"]
    assert grid.modes == 25
    assert distinct(grid.means)
    assert set(grid.means.ravel()) == {-4, -2, 0, 2, 4}
    assert (grid.sigmas == 0.05).all()


def test_one_dimension():
    cities, normal = MIXTURES["cities"], MIXTURES["normal1d"]
    assert (cities.dimensions, cities.modes) == (1, 2)
    assert cities.weights[0] != cities.weights[1]
    assert (normal.means.item(), normal.sigmas.item()) == (-1, 1)


@ALL
def test_weights_sum_to_one(mixture):
    assert mixture.weights.sum() == pytest.approx(1, abs=1e-12)


@ALL
def test_density_integrates_to_one(mixture):
    total = 0.0
    # Mode by mode: one fine lattice over all of them would have millions of cells.
    for mean, sigma in zip(mixture.means, mixture.sigmas, strict=True):
        line = np.linspace(-8, 8, 161)
        axes = np.meshgrid(*[line] * mixture.dimensions)
        unit = np.stack([axis.ravel() for axis in axes], axis=1)
        points = mean + sigma * unit
        # Where balls of modes overlap, a point counts for its nearest mode only.
        own = mixture.nearest(points)[0] == np.flatnonzero((mixture.means == mean).all(axis=1))
        cell = (sigma * (line[1] - line[0])) ** mixture.dimensions
        total += float(np.exp(mixture.log_density(points[own])).sum() * cell)
    assert total == pytest.approx(1, abs=2e-3)


def test_density_by_hand():
    first = 0.75 * math.exp(-0.5 * 25) / (2 * math.pi)
    second = 0.25 / (2 * math.pi * 4)
    expected = [math.log(first + second)]
    assert UNEVEN.log_density(np.array([[3.0, 4.0]])) == pytest.approx(expected, rel=1e-12)
    assert MIXTURES["normal1d"].log_density(np.array([[0.0]])) == pytest.approx(-0.5 - 0.5 * math.log(2 * math.pi))


def test_density_far_away_is_finite():
    far = MIXTURES["ring"].log_density(np.array([[100.0, 0.0]]))
    assert far == pytest.approx([-0.5 * 9900**2 - math.log(8 * 2 * math.pi * 1e-4)], rel=1e-9)


def test_density_takes_float32():
    points = UNEVEN.draw(10, 0)
    assert points.dtype == np.float32
    assert UNEVEN.log_density(points).dtype == np.float64


@ALL
def test_moments_of_draws(mixture):
    draws = mixture.draw(50_000, 1).astype(np.float64)
    modes, _ = mixture.nearest(draws)
    mean = mixture.weights @ mixture.means
    variance = mixture.weights @ (mixture.means**2 + mixture.sigmas[:, None] ** 2) - mean**2
    error = np.sqrt(variance / len(draws))
    assert (np.abs(draws.mean(axis=0) - mean) < 5 * error).all()
    assert draws.var(axis=0) == pytest.approx(variance, rel=0.05)
    if mixture.name != "cities":  # whose modes overlap a little
        shares = np.bincount(modes, minlength=mixture.modes) / len(draws)
        assert shares == pytest.approx(mixture.weights, abs=0.01)
        inner = draws[modes == 0] - mixture.means[0]
        assert inner.std() == pytest.approx(mixture.sigmas[0], rel=0.05)


def test_draws_depend_on_the_seed_alone():
    ring = MIXTURES["ring"]
    state = np.random.get_state()[1].copy()
    assert np.array_equal(ring.draw(100, 7), ring.draw(100, 7))
    assert not np.array_equal(ring.draw(100, 7), ring.draw(100, 8))
    assert np.array_equal(np.random.get_state()[1], state)


def test_nearest_is_in_sigmas():
    # 2.4 units from the narrow mode are 2.4 sigmas, 2.6 from the wide one 1.3.
    modes, distances = UNEVEN.nearest(np.array([[1.44, 1.92]]))
    assert modes.tolist() == [1]
    assert distances == pytest.approx([1.3])


def test_a_mixture_is_known_by_its_spec():
    """Whatever it is called, through JSON, to the last bit."""
    spec = DataSpec("points", (2,), 10, kind="vector", density=UNEVEN.to_density())
    found = mixture_of(DataSpec.from_dict(json.loads(json.dumps(spec.to_dict()))))
    assert (found.name, found.modes, found.dimensions) == ("points", UNEVEN.modes, UNEVEN.dimensions)
    for field in ("means", "sigmas", "weights"):
        assert np.array_equal(getattr(found, field), getattr(UNEVEN, field))
    assert mixture_of(DataSpec("ring", (2,), 10, kind="vector")) is None


@pytest.mark.parametrize(
    "values",
    [
        {"means": ()},
        {"means": ((0.0,), (0.0, 1.0))},
        {"sigmas": (1.0,)},
        {"sigmas": (1.0, 0.0)},
        {"weights": (0.5, 0.6)},
        {"weights": (-0.5, 1.5)},
    ],
)
def test_what_is_no_density(values):
    good = {"means": ((0.0,), (1.0,)), "sigmas": (1.0, 1.0), "weights": (0.5, 0.5)}
    Density(**good)
    with pytest.raises(ValueError, match="density"):
        Density(**good | values)


@pytest.mark.slow
def test_no_torch():
    code = (
        "import sys; from ganzoo.data import DataOptions, inspect; import ganzoo.metrics.modes\n"
        "for name in ('ring', 'grid', 'cities', 'normal1d', 'stacked-mnist'): inspect(DataOptions(data=name))\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
