import pytest
import torch

from ganzoo.errors import ConfigError
from ganzoo.objectives import AdversarialLoss, Hinge, LeastSquares, Minimax, NonSaturating, Relativistic, Wasserstein

REAL = torch.tensor([0.0, 4.0], dtype=torch.float64)
FAKE = torch.tensor([-1.0, 3.0], dtype=torch.float64)

# The arithmetic is beside the same numbers in test_functional.py.
CASES = [
    (Minimax(), 2.036573073785, -1.680924519546),
    (Minimax(real_target=0.9, generator_target=0.9), 2.236573073785, -1.580924519546),
    (NonSaturating(), 2.036573073785, 0.680924519546),
    (NonSaturating(real_target=0.9), 2.236573073785, 0.680924519546),
    (NonSaturating(generator_target=0.9), 2.036573073785, 0.780924519546),
    (LeastSquares(), 5.0, 2.0),
    (LeastSquares(a=-1.0, b=1.0, c=0.0), 6.5, 2.5),
    (Hinge(), 2.5, -1.0),
    (Wasserstein(), -1.0, -1.0),
]


@pytest.mark.parametrize(("loss", "discriminator", "generator"), CASES, ids=lambda value: repr(value)[:40])
def test_loss_of_both_players(loss, discriminator, generator):
    assert loss.discriminator(REAL, FAKE).item() == pytest.approx(discriminator, abs=1e-11)
    assert loss.generator(FAKE).item() == pytest.approx(generator, abs=1e-11)
    assert loss.sees_reals is False


@pytest.mark.parametrize(
    ("loss", "threshold"),
    [
        (Minimax(), 0.0),
        (NonSaturating(), 0.0),
        (Hinge(), 0.0),
        (LeastSquares(), 0.5),
        (LeastSquares(a=-1.0, b=1.0, c=0.0), 0.0),
        (Wasserstein(), None),
        (Relativistic(), None),
    ],
    ids=repr,
)
def test_threshold(loss, threshold):
    assert loss.threshold == threshold


def test_measures_of_a_loss_with_a_threshold():
    real, fake = torch.tensor([0.6, 2.0, 0.4, 5.0]), torch.tensor([-1.0, 3.0])
    shown = {name: value.item() for name, value in LeastSquares().measures(real, fake).items()}
    expected = {"real_score": 2.0, "fake_score": 1.0, "real_accuracy": 0.75, "fake_accuracy": 0.5}
    assert shown == pytest.approx(expected)


def test_measures_of_wasserstein():
    shown = {name: value.item() for name, value in Wasserstein().measures(REAL, FAKE).items()}
    assert shown == {"real_score": 2.0, "fake_score": 1.0, "wasserstein_distance": 1.0}


def test_relativistic_loss_of_both_players():
    loss = Relativistic()
    assert loss.sees_reals
    assert loss.discriminator(REAL, FAKE).item() == pytest.approx(0.313261687518, abs=1e-11)
    assert loss.generator(FAKE, REAL).item() == pytest.approx(1.313261687518, abs=1e-11)


def test_measures_of_relativistic_count_pairs():
    real, fake = torch.tensor([1.0, -5.0, 0.0, 2.0]), torch.tensor([0.0, -6.0, 3.0, 1.0])
    shown = {name: value.item() for name, value in Relativistic().measures(real, fake).items()}
    assert shown == {"real_score": -0.5, "fake_score": -0.5, "pair_accuracy": 0.75}


@pytest.mark.parametrize("loss", [Minimax, NonSaturating])
@pytest.mark.parametrize("name", ["real_target", "generator_target"])
@pytest.mark.parametrize("value", [0.0, -0.1, 1.01, float("nan")])
def test_a_target_outside_its_range_is_refused(loss, name, value):
    with pytest.raises(ConfigError, match=rf"{name} \(={value}\) must lie in \(0, 1\]"):
        loss(**{name: value})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"b": 0.0}, r"b \(=0.0\) must be greater than a \(=0.0\)"),
        ({"a": 1.0, "b": 2.0}, r"c \(=1.0\) must be greater than a \(=1.0\)"),
        ({"a": float("-inf")}, r"a \(=-inf\) must be finite"),
        ({"c": float("nan")}, r"c \(=nan\) must be finite"),
    ],
)
def test_least_squares_refuses_targets_out_of_order(given, message):
    with pytest.raises(ConfigError, match=message):
        LeastSquares(**given)


def test_the_base_is_abstract_and_the_losses_are_frozen():
    with pytest.raises(TypeError, match="abstract"):
        AdversarialLoss()
    with pytest.raises(AttributeError):
        Minimax().real_target = 0.5
    assert repr(Minimax(0.9)) == "Minimax(real_target=0.9, generator_target=1.0)"
    assert Minimax() != NonSaturating()
