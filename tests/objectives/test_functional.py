import math
from functools import partial

import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits, mse_loss

from ganzoo.objectives import functional as F

REAL = torch.tensor([0.0, 4.0], dtype=torch.float64)
FAKE = torch.tensor([-1.0, 3.0], dtype=torch.float64)

# log(1 + e^0) = .693147180560, log(1 + e^-4) = .018149927917, log(1 + e^-1) = .313261687518,
# log(1 + e^1) = 1.313261687518, log(1 + e^3) = 3.048587351574, log(1 + e^-3) = .048587351574
DISCRIMINATOR = [
    # (.693147180560 + .018149927917) / 2 + (.313261687518 + 3.048587351574) / 2
    (F.minimax_discriminator, 2.036573073785),
    # the above, and a tenth of the reals' mean score 2
    (partial(F.minimax_discriminator, real_target=0.9), 2.236573073785),
    # ((1 + 9) / 2 + (1 + 9) / 2) / 2
    (F.least_squares_discriminator, 5.0),
    # ((1 + 9) / 2 + (0 + 16) / 2) / 2
    (partial(F.least_squares_discriminator, a=-1.0, b=1.0), 6.5),
    # (1 + 0) / 2 + (0 + 4) / 2
    (F.hinge_discriminator, 2.5),
    # 1 - 2
    (F.wasserstein_discriminator, -1.0),
    # both fakes are 1 below their real: log(1 + e^-1)
    (F.relativistic_discriminator, 0.313261687518),
    # not a loss of D, but of two scores too: the generator's fakes are this table's reals, 1 above their pairs
    (F.relativistic_generator, 0.313261687518),
]
GENERATOR = [
    # -(.313261687518 + 3.048587351574) / 2
    (F.minimax_generator, -1.680924519546),
    # the above, and a tenth of the mean score 1
    (partial(F.minimax_generator, target=0.9), -1.580924519546),
    # (1.313261687518 + .048587351574) / 2
    (F.non_saturating_generator, 0.680924519546),
    # the above, and a tenth of the mean score 1
    (partial(F.non_saturating_generator, target=0.9), 0.780924519546),
    # (4 + 4) / 2 / 2
    (F.least_squares_generator, 2.0),
    # (1 + 9) / 2 / 2
    (partial(F.least_squares_generator, c=0.0), 2.5),
    (F.hinge_generator, -1.0),
    (F.wasserstein_generator, -1.0),
]


def name(value):
    return f"{value.func.__name__}-{value.keywords}" if isinstance(value, partial) else getattr(value, "__name__", "")


@pytest.mark.parametrize(("loss", "expected"), DISCRIMINATOR, ids=name)
def test_discriminator_loss_is_what_a_hand_computes(loss, expected):
    assert loss(REAL, FAKE).item() == pytest.approx(expected, abs=1e-11)


@pytest.mark.parametrize(("loss", "expected"), GENERATOR, ids=name)
def test_generator_loss_is_what_a_hand_computes(loss, expected):
    assert loss(FAKE).item() == pytest.approx(expected, abs=1e-11)


@pytest.mark.parametrize("target", [0.1, 0.5, 0.9, 1.0])
def test_cross_entropies_agree_with_torch(target):
    real, fake = torch.randn(7, dtype=torch.float64) * 5, torch.randn(9, dtype=torch.float64) * 5

    def reference(scores, label):
        return binary_cross_entropy_with_logits(scores, torch.full_like(scores, label))

    expected = reference(real, target) + reference(fake, 0.0)
    torch.testing.assert_close(F.minimax_discriminator(real, fake, target), expected)
    torch.testing.assert_close(F.non_saturating_generator(fake, target), reference(fake, target))
    torch.testing.assert_close(F.minimax_generator(fake, target), -reference(fake, 1.0 - target))


@pytest.mark.parametrize("score", [-7.0, -0.3, 0.0, 2.0, 9.0])
def test_cross_entropies_are_those_of_the_paper(score):
    d = 1 / (1 + math.exp(-score))
    scores = torch.tensor([score], dtype=torch.float64)
    assert F.minimax_discriminator(scores, scores).item() == pytest.approx(-math.log(d) - math.log(1 - d), rel=1e-9)
    assert F.minimax_generator(scores).item() == pytest.approx(math.log(1 - d), rel=1e-9)
    assert F.non_saturating_generator(scores).item() == pytest.approx(-math.log(d), rel=1e-9)


def test_least_squares_agrees_with_torch():
    real, fake = torch.randn(7, dtype=torch.float64), torch.randn(9, dtype=torch.float64)
    expected = mse_loss(real, torch.full_like(real, 2.0)) / 2 + mse_loss(fake, torch.full_like(fake, -0.5)) / 2
    torch.testing.assert_close(F.least_squares_discriminator(real, fake, a=-0.5, b=2.0), expected)
    torch.testing.assert_close(F.least_squares_generator(fake, c=0.25), mse_loss(fake, torch.full_like(fake, 0.25)) / 2)


@pytest.mark.parametrize(("loss", "expected"), DISCRIMINATOR + GENERATOR, ids=name)
def test_losses_and_gradients_stay_finite_at_extreme_scores(loss, expected):
    inputs = 2 if any(loss is entry[0] for entry in DISCRIMINATOR) else 1
    scores = [torch.tensor([-100.0, 100.0], requires_grad=True) for _ in range(inputs)]
    value = loss(*scores)
    value.backward()
    assert value.dtype == torch.float32
    assert value.isfinite()
    assert all(score.grad.isfinite().all() for score in scores)


@pytest.mark.parametrize(
    ("score", "saturating", "non_saturating"), [(-100.0, -math.exp(-100), 100.0), (100.0, -100.0, math.exp(-100))]
)
def test_extreme_scores_in_float32_have_the_exact_loss(score, saturating, non_saturating):
    scores = torch.tensor([score])
    # exp(-100) is a subnormal float32 of a few bits, and flushed to 0 on some machines: hence the absolute term.
    assert F.minimax_generator(scores).item() == pytest.approx(saturating, rel=1e-6, abs=1e-43)
    assert F.non_saturating_generator(scores).item() == pytest.approx(non_saturating, rel=1e-6, abs=1e-43)


def test_a_confident_score_keeps_its_digits_in_float32():
    scores = torch.tensor([30.0], requires_grad=True)
    loss = F.non_saturating_generator(scores)
    loss.backward()
    assert loss.item() == pytest.approx(math.exp(-30), rel=1e-5, abs=0.0)
    assert scores.grad.item() == pytest.approx(-math.exp(-30), rel=1e-5, abs=0.0)


@pytest.mark.parametrize(("loss", "expected"), DISCRIMINATOR + GENERATOR, ids=name)
def test_gradients_agree_with_finite_differences(loss, expected):
    inputs = 2 if any(loss is entry[0] for entry in DISCRIMINATOR) else 1
    scores = tuple((torch.randn(6, dtype=torch.float64) * 4).requires_grad_() for _ in range(inputs))
    assert torch.autograd.gradcheck(loss, scores)


def test_minimax_saturates_where_non_saturating_does_not():
    scores = torch.tensor([-9.0], dtype=torch.float64, requires_grad=True)
    (minimax,) = torch.autograd.grad(F.minimax_generator(scores), scores)
    (non_saturating,) = torch.autograd.grad(F.non_saturating_generator(scores), scores)
    assert -2e-4 < minimax.item() < 0.0  # -sigmoid(-9) = -.000123
    assert non_saturating.item() == pytest.approx(-0.999876605, abs=1e-9)  # sigmoid(-9) - 1


@pytest.mark.parametrize("target", [0.7, 0.9])
def test_the_smoothed_generator_wants_its_target(target):
    scores = torch.tensor([math.log(target / (1 - target))], dtype=torch.float64, requires_grad=True)
    (at_target,) = torch.autograd.grad(F.non_saturating_generator(scores, target), scores)
    assert at_target.item() == pytest.approx(0.0, abs=1e-12)


def test_the_relativistic_loss_judges_pairs():
    # Exchanging two fakes changes which real each is judged against: differences 3 - 0 and -1 - 4.
    real, fake = torch.tensor([0.0, 4.0], dtype=torch.float64), torch.tensor([3.0, -1.0], dtype=torch.float64)
    # log(1 + e^3) = 3.048587351574, log(1 + e^-5) = .006715348489; with the signs exchanged .048587351574 and
    # 5.006715348489.
    assert F.relativistic_discriminator(real, fake).item() == pytest.approx(1.5276513500315, abs=1e-11)
    assert F.relativistic_generator(fake, real).item() == pytest.approx(2.5276513500315, abs=1e-11)


def test_a_common_shift_of_all_scores_changes_no_relativistic_loss():
    assert F.relativistic_discriminator(REAL + 7, FAKE + 7).item() == pytest.approx(0.313261687518, abs=1e-11)
    assert F.relativistic_generator(FAKE + 7, REAL + 7).item() == pytest.approx(1.313261687518, abs=1e-11)
