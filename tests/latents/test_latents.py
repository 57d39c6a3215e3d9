"""Latents as arrays: values worked out by hand, and distributions by another implementation."""

import numpy as np
import pytest
from scipy import stats

from ganzoo import ConfigError, Latent
from ganzoo.core.latent import LARGEST_SEED
from ganzoo.errors import DataError
from ganzoo.sampling import latents

NORMAL, UNIFORM = Latent((3,)), Latent((3,), "uniform", low=0.0, high=1.0)


def test_the_latent_of_a_seed_is_the_first_of_its_draw():
    some = latents.of_seeds(NORMAL, [7, 0, 7])
    assert some.shape == (3, 3)
    assert some.dtype == np.float32
    assert np.array_equal(some[0], NORMAL.draw(5, 7)[0])
    assert np.array_equal(some[1], NORMAL.draw(1, 0)[0])
    assert np.array_equal(some[2], some[0])
    assert latents.of_seeds(NORMAL, [LARGEST_SEED]).shape == (1, 3)
    for wrong in ([-1], [LARGEST_SEED + 1], []):
        with pytest.raises(ConfigError, match="seed"):
            latents.of_seeds(NORMAL, wrong)


@pytest.mark.parametrize("threshold", [0.04, 0.7, 2.0])
def test_truncated_normal_latents_have_the_distribution_of_redrawn_ones(threshold):
    # Of components drawn again until they are within the threshold, as BigGAN says.
    latent = Latent((100,))
    cut = latents.truncate(latent.draw(400, 0), latent, threshold)
    assert cut.dtype == np.float32
    assert np.abs(cut).max() <= threshold
    assert stats.kstest(cut.ravel(), stats.truncnorm(-threshold, threshold).cdf).pvalue > 0.01


def test_truncation_moves_each_latent_steadily():
    drawn = NORMAL.draw(50, 1)
    half, little = (latents.truncate(drawn, NORMAL, threshold) for threshold in (1.0, 8.0))
    np.testing.assert_allclose(little, drawn, atol=1e-5)
    assert np.array_equal(np.sign(half), np.sign(drawn))
    assert (np.abs(half) < np.abs(drawn)).all()
    assert np.array_equal(half.argsort(axis=None), drawn.argsort(axis=None))
    far = np.array([[-40.0, 0.0, 40.0]], np.float32)
    assert latents.truncate(far, NORMAL, 1.5).tolist() == [[-1.5, 0.0, 1.5]]


def test_truncated_uniform_latents_keep_the_middle_of_their_range():
    assert latents.truncate(np.array([[0.0, 0.5, 1.0]], np.float32), UNIFORM, 0.5).tolist() == [[0.25, 0.5, 0.75]]
    drawn = UNIFORM.draw(4, 0)
    np.testing.assert_allclose(latents.truncate(drawn, UNIFORM, 1.0), drawn, atol=1e-7)
    with pytest.raises(ConfigError, match="at most 1"):
        latents.truncate(drawn, UNIFORM, 1.1)


@pytest.mark.parametrize("threshold", [0.0, -1.0, float("nan"), float("inf")])
def test_a_threshold_must_be_above_0(threshold):
    for latent in (NORMAL, UNIFORM):
        with pytest.raises(ConfigError, match="must be above 0"):
            latents.truncate(latent.draw(1, 0), latent, threshold)


def test_a_straight_path():
    keys = np.array([[0, 0], [4, 8], [4, 0]], np.float32)
    path = latents.interpolate(keys, 4, spherical=False)
    expected = [[0, 0], [1, 2], [2, 4], [3, 6], [4, 8], [4, 6], [4, 4], [4, 2], [4, 0]]
    assert path.tolist() == expected
    assert path.dtype == np.float32


def test_a_path_along_a_great_circle():
    # A quarter turn in thirds: 30 and 60 degrees.
    path = latents.interpolate(np.array([[2, 0], [0, 2]], np.float32), 3, spherical=True)
    np.testing.assert_allclose(path, [[2, 0], [3**0.5, 1], [1, 3**0.5], [0, 2]], atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(path, axis=1), 2, rtol=1e-6)


def test_a_path_passes_through_its_latents_whatever_their_shape():
    keys = Latent((2, 3, 4)).draw(4, 0)
    for spherical in (False, True):
        path = latents.interpolate(keys, 5, spherical=spherical)
        assert path.shape == (16, 2, 3, 4)
        assert np.array_equal(path[::5], keys)
    assert np.array_equal(latents.interpolate(keys, 1, spherical=True), keys)


@pytest.mark.parametrize("end", [[2.0, 4.0], [-1.0, -2.0], [0.0, 0.0], [1.0, 2.0]])
def test_where_there_is_no_one_great_circle_the_path_is_straight(end):
    keys = np.array([[1.0, 2.0], end], np.float32)
    path = latents.interpolate(keys, 4, spherical=True)
    np.testing.assert_allclose(path, latents.interpolate(keys, 4, spherical=False), atol=1e-6)


def test_a_path_needs_two_latents_and_a_step():
    with pytest.raises(ConfigError, match="two latents"):
        latents.interpolate(NORMAL.draw(1, 0), 4, spherical=False)
    with pytest.raises(ConfigError, match="at least 1"):
        latents.interpolate(NORMAL.draw(2, 0), 0, spherical=False)


def test_arithmetic():
    a = np.array([[1, 0], [2, 0], [3, 0]], np.float32)
    b = np.array([[0, 4], [0, 5], [0, 6], [0, 5]], np.float32)
    assert latents.combine([a], [b]).tolist() == [2, -5]
    assert latents.combine([a, b], [a]).tolist() == [0, 5]
    assert latents.combine([b, a, a]).tolist() == [4, 5]
    with pytest.raises(ConfigError, match="has 2 seeds"):
        latents.combine([a], [b[:2]])
    with pytest.raises(ConfigError, match="at least one group"):
        latents.combine([], [b])


def test_three_means_of_three_have_the_length_of_one_latent():
    latent = Latent((20_000,))
    groups = [latent.draw(3, seed) for seed in range(3)]
    assert latents.combine(groups[:1]).std() == pytest.approx(3**-0.5, rel=0.02)
    assert latents.combine(groups[:2], groups[2:]).std() == pytest.approx(1, rel=0.02)


def test_neighbors_lie_in_a_cube_around():
    middle = np.full((4, 5), 3.0, np.float32)
    found = latents.around(middle, 500, seed=0)
    assert found.shape == (500, 4, 5)
    assert stats.kstest((found - middle).ravel(), stats.uniform(-0.25, 0.5).cdf).pvalue > 0.01
    assert np.array_equal(latents.around(middle, 500, seed=0), found)
    assert not np.array_equal(latents.around(middle, 500, seed=1), found)


def test_a_file_of_latents(tmp_path):
    drawn = NORMAL.draw(4, 0)
    latents.save(tmp_path / "deep" / "z.npz", drawn, np.array([3, 1, 0, 2]), errors=np.zeros(4))
    read, labels = latents.read(tmp_path / "deep" / "z.npz", NORMAL)
    assert np.array_equal(read, drawn)
    assert labels.tolist() == [3, 1, 0, 2]
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["z.npz"]
    latents.save(tmp_path / "z.npz", drawn)
    assert latents.read(tmp_path / "z.npz", NORMAL)[1] is None


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"images": np.zeros((2, 3))}, "no array `latents`"),
        ({"latents": np.zeros((2, 4))}, r"float64 \(2, 4\), but this model's are float32 \(N, 3\)"),
        ({"latents": np.zeros((0, 3))}, "but this model's are"),
        ({"latents": np.zeros((2, 3), int)}, "but this model's are"),
        ({"latents": np.array([[0, np.nan, 0]])}, "not all finite"),
        ({"latents": np.zeros((2, 3)), "labels": np.zeros(3, int)}, "the labels of"),
        ({"latents": np.array([None])}, "not a readable"),
    ],
)
def test_files_that_are_refused(tmp_path, arrays, sentence):
    np.savez(tmp_path / "z.npz", **arrays)
    with pytest.raises(DataError, match=sentence):
        latents.read(tmp_path / "z.npz", NORMAL)


def test_files_that_cannot_be_read(tmp_path):
    (tmp_path / "text.npz").write_text("no zip")
    (tmp_path / "empty.npz").touch()
    np.save(tmp_path / "array.npy", np.zeros(3))
    np.savez(tmp_path / "cut.npz", latents=NORMAL.draw(500, 0))
    (tmp_path / "cut.npz").write_bytes((tmp_path / "cut.npz").read_bytes()[:900])
    for name in ("text.npz", "empty.npz", "cut.npz", "array.npy", "none.npz", "."):
        with pytest.raises(DataError, match="not a readable"):
            latents.read(tmp_path / name, NORMAL)
