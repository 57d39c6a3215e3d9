"""The eight divergences against their definitions: suprema, 60 digits and quadrature; and f-GAN's networks."""

import math

import mpmath
import numpy as np
import pytest
import torch
from ganzoo_fgan.config import DIVERGENCES as OPTIONS
from ganzoo_fgan.config import FGANConfig
from ganzoo_fgan.model import build, discriminator
from scipy.integrate import quad
from scipy.optimize import minimize_scalar
from scipy.stats import norm

from ganzoo import Batch, ConfigError, DataSpec, Players
from ganzoo.objectives import DIVERGENCES, FDivergence, Minimax, NonSaturating

NAMES = list(DIVERGENCES)

# f of the paper's table 5, from its definition and not from the conjugates that are under test.
F = {
    "total_variation": lambda u: abs(u - 1) / 2,
    "kl": lambda u: u * math.log(u),
    "reverse_kl": lambda u: -math.log(u),
    "pearson": lambda u: (u - 1) ** 2,
    "neyman": lambda u: (1 - u) ** 2 / u,
    "squared_hellinger": lambda u: (math.sqrt(u) - 1) ** 2,
    "jensen_shannon": lambda u: -(u + 1) * math.log((1 + u) / 2) + u * math.log(u),
    "gan": lambda u: u * math.log(u) - (u + 1) * math.log(u + 1),
}
# g and f* as the table writes them, with 60 digits.
G = {
    "total_variation": lambda v: mpmath.tanh(v) / 2,
    "kl": lambda v: v,
    "reverse_kl": lambda v: -mpmath.exp(-v),
    "pearson": lambda v: v,
    "neyman": lambda v: 1 - mpmath.exp(-v),
    "squared_hellinger": lambda v: 1 - mpmath.exp(-v),
    "jensen_shannon": lambda v: mpmath.log(2) - mpmath.log(1 + mpmath.exp(-v)),
    "gan": lambda v: -mpmath.log(1 + mpmath.exp(-v)),
}
CONJUGATE = {
    "total_variation": lambda t: t,
    "kl": lambda t: mpmath.exp(t - 1),
    "reverse_kl": lambda t: -1 - mpmath.log(-t),
    "pearson": lambda t: t**2 / 4 + t,
    "neyman": lambda t: 2 - 2 * mpmath.sqrt(1 - t),
    "squared_hellinger": lambda t: t / (1 - t),
    "jensen_shannon": lambda t: -mpmath.log(2 - mpmath.exp(t)),
    "gan": lambda t: -mpmath.log(1 - mpmath.exp(t)),
}
SLOPE_AT_ONE = dict.fromkeys(F, 0.0) | {"kl": 1.0, "reverse_kl": -1.0, "gan": -math.log(2)}


def spec(shape=(1, 28, 28)):
    return DataSpec(
        "images" if len(shape) == 3 else "points", shape, 100, kind="image" if len(shape) == 3 else "vector"
    )


def supremum(name, t):
    """sup over u > 0 of u t - f(u), by search over log u; for Pearson over all real u, where a parabola is known."""
    if name == "pearson":
        return -minimize_scalar(lambda u: F[name](u) - u * t, bracket=(-1, 1), tol=1e-12).fun
    grid = np.linspace(-16, 16, 4001)
    values = [math.exp(x) * t - F[name](math.exp(x)) for x in grid]
    best = int(np.argmax(values))
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    found = minimize_scalar(
        lambda x: F[name](math.exp(x)) - math.exp(x) * t, bounds=(low, high), options={"xatol": 1e-9}
    )
    return max(-found.fun, max(values))


@pytest.mark.parametrize("name", NAMES)
def test_conjugate_is_the_supremum_of_its_definition(name):
    row = DIVERGENCES[name]
    for score in np.linspace(-4, 4, 33):
        v = torch.tensor(score, dtype=torch.float64)
        t = row.activation(v).item()
        # The best u of Neyman and of the total variation may lie on an end: their suprema are approached only.
        assert row.conjugate(v).item() == pytest.approx(supremum(name, t), abs=2e-6)


@pytest.mark.parametrize("name", NAMES)
def test_threshold_is_the_slope_of_f_at_one(name):
    row = DIVERGENCES[name]
    step = 1e-6
    slope = (F[name](1 + step) - F[name](1 - step)) / (2 * step)
    t = row.activation(torch.tensor(row.threshold, dtype=torch.float64)).item()
    assert t == pytest.approx(slope, abs=1e-9) == pytest.approx(SLOPE_AT_ONE[name], abs=1e-9)
    assert FDivergence(name).threshold == row.threshold


def scores(dtype):
    """From -50 to 50, and close to 0 and to Pearson's roots, where digits cancel."""
    small = 10.0 ** torch.arange(-12, 0, dtype=torch.float64)
    near = torch.cat([small, -small, -4 + small, torch.tensor([0.999, 1.001, -0.999, -1.001])])
    return torch.cat([torch.linspace(-50, 50, 401, dtype=torch.float64), near]).to(dtype)


@pytest.mark.parametrize(("dtype", "digits"), [(torch.float32, 1e-6), (torch.float64, 1e-14)], ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_values_keep_their_digits_up_to_fifty(name, dtype, digits):
    points = scores(dtype)
    row = DIVERGENCES[name]
    with mpmath.workdps(60):
        for mine, exact in (
            (row.activation(points), G[name]),
            (row.conjugate(points), lambda v: CONJUGATE[name](G[name](v))),
        ):
            assert torch.isfinite(mine).all()
            for value, v in zip(mine.tolist(), points.tolist(), strict=True):
                expected = float(exact(mpmath.mpf(v)))
                assert value == pytest.approx(expected, rel=digits, abs=1e-30), (v, value, expected)


@pytest.mark.parametrize("name", NAMES)
def test_gradients_are_finite_and_right_up_to_fifty(name):
    points = scores(torch.float32).requires_grad_()
    row = DIVERGENCES[name]
    for function, exact in (
        (row.activation, G[name]),
        (row.conjugate, lambda v: CONJUGATE[name](G[name](v))),
    ):
        (gradient,) = torch.autograd.grad(function(points).sum(), points)
        with mpmath.workdps(60):
            for mine, v in zip(gradient.tolist(), points.tolist(), strict=True):
                assert mine == pytest.approx(float(mpmath.diff(exact, mpmath.mpf(v))), rel=1e-5, abs=1e-6), v


def divergence(name, p, q):
    """D_f(P || Q) by quadrature over the density of Q."""

    def integrand(x):
        return q.pdf(x) * F[name](math.exp(p.logpdf(x) - q.logpdf(x)))

    return quad(integrand, -12, 12, limit=200)[0]


# All eight are finite here: Pearson's is infinite where P has twice the variance of Q, Neyman's the other way round.
PAIRS = [(norm(0, 1), norm(1, 1)), (norm(0.3, 1), norm(-0.4, 1.1))]


def test_quadrature_knows_closed_forms():
    p, q = PAIRS[0]
    assert divergence("kl", p, q) == pytest.approx(0.5)
    assert divergence("pearson", p, q) == pytest.approx(math.e - 1)
    assert divergence("squared_hellinger", p, q) == pytest.approx(2 - 2 * math.exp(-1 / 8))
    assert divergence("total_variation", p, q) == pytest.approx(2 * norm.cdf(0.5) - 1)
    # GAN is Jensen-Shannon (twice the usual) less log 4.
    assert divergence("gan", p, q) == pytest.approx(divergence("jensen_shannon", p, q) - math.log(4))


def trained_bound(name, p, q, steps=400):
    """The bound that f-GAN's own discriminator reaches between P and Q, on fresh points, by its own loss."""
    torch.manual_seed(0)
    critic = discriminator(FGANConfig.resolve("toy", {"discriminator_widths": (32, 32)}), spec((1,)))
    loss, optimizer = FDivergence(name), torch.optim.Adam(critic.parameters(), lr=5e-3)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.02, steps)
    (p_mean, p_std), (q_mean, q_std) = (map(float, (side.mean(), side.std())) for side in (p, q))
    for _ in range(steps):
        real, fake = p_mean + p_std * torch.randn(1000, 1), q_mean + q_std * torch.randn(1000, 1)
        optimizer.zero_grad()
        loss.discriminator(critic(real), critic(fake)).backward()
        optimizer.step()
        schedule.step()
    # Both expectations by quadrature too: of a sample, those of exponentials would be noise.
    line = np.linspace(-8, 8, 4001)
    with torch.no_grad():
        s = critic(torch.from_numpy(line).float()[:, None]).double()
    row, cell = DIVERGENCES[name], line[1] - line[0]
    e_p = (row.activation(s).numpy() * p.pdf(line)).sum() * cell
    e_q = (row.conjugate(s).numpy() * q.pdf(line)).sum() * cell
    return e_p - e_q


@pytest.mark.parametrize("pair", range(len(PAIRS)))
@pytest.mark.parametrize("name", NAMES)
def test_the_bound_between_two_gaussians_is_reached(name, pair):
    p, q = PAIRS[pair]
    exact, bound = divergence(name, p, q), trained_bound(name, p, q)
    assert bound == pytest.approx(exact, rel=0.05)
    assert bound <= exact + 1e-3 * abs(exact)


REAL, FAKE = torch.tensor([0.0, 4.0], dtype=torch.float64), torch.tensor([-1.0, 3.0], dtype=torch.float64)

# By hand: E g(real) - E f*(g(fake)), and for the generator -E f*(g(fake)) and -E g(fake).
LOSSES = {
    "kl": (2 - (math.exp(-2) + math.exp(2)) / 2, -(math.exp(-2) + math.exp(2)) / 2, -1.0),
    "reverse_kl": (-(1 + math.exp(-4)) / 2 - 0.0, -0.0, (math.e + math.exp(-3)) / 2),
    "pearson": (2 - (-0.75 + 5.25) / 2, -2.25, -1.0),
    "squared_hellinger": (
        (1 - math.exp(-4)) / 2 - (math.exp(-1) + math.exp(3) - 2) / 2,
        -(math.exp(-1) + math.exp(3) - 2) / 2,
        -(2 - math.e - math.exp(-3)) / 2,
    ),
}


@pytest.mark.parametrize("name", LOSSES)
def test_losses_of_both_players(name):
    bound, minimax, alternative = LOSSES[name]
    assert FDivergence(name).discriminator(REAL, FAKE).item() == pytest.approx(-bound)
    assert FDivergence(name, "minimax").generator(FAKE).item() == pytest.approx(minimax)
    assert FDivergence(name, "alternative").generator(FAKE).item() == pytest.approx(alternative)


def test_gan_is_the_gan():
    """The row `gan` is arXiv:1406.2661: eq. 1, and with the alternative goal the loss of its section 3."""
    for goal, theirs in (("minimax", Minimax()), ("alternative", NonSaturating())):
        mine = FDivergence("gan", goal)
        torch.testing.assert_close(mine.discriminator(REAL, FAKE), theirs.discriminator(REAL, FAKE))
        torch.testing.assert_close(mine.generator(FAKE), theirs.generator(FAKE))


def test_measures_show_the_bound_and_use_the_threshold():
    shown = FDivergence("kl").measures(REAL, FAKE)
    assert shown["divergence_bound"].item() == pytest.approx(LOSSES["kl"][0])
    # KL calls a sample real above 1, not above 0.
    assert (shown["real_accuracy"].item(), shown["fake_accuracy"].item()) == (0.5, 0.5)
    assert FDivergence("kl").measures(torch.tensor([0.5]), torch.tensor([0.5]))["real_accuracy"] == 0.0
    assert FDivergence("gan").measures(torch.tensor([0.5]), torch.tensor([0.5]))["real_accuracy"] == 1.0


@pytest.mark.parametrize("given", [{"divergence": "wasserstein"}, {"goal": "maximin"}])
def test_unknown_names_are_refused(given):
    (name, value), *_ = given.items()
    with pytest.raises(ConfigError, match=rf"{name} \(={value}\) must be one of "):
        FDivergence(**given)


def test_the_option_knows_all_divergences_and_forgives_spelling():
    assert tuple(DIVERGENCES) == OPTIONS
    for typed in ("reverse_kl", "reverse-kl", "Reverse-KL", " reverse kl "):
        assert FGANConfig.resolve("paper", {"divergence": typed}).divergence == "reverse_kl"


@pytest.mark.parametrize(
    ("typed", "meant"), [("pearsn", "pearson"), ("jenson_shannon", "jensen_shannon"), ("helinger", None), ("w", None)]
)
def test_a_typo_is_answered_with_what_is_allowed(typed, meant):
    with pytest.raises(ConfigError) as refused:
        FGANConfig.resolve("paper", {"divergence": typed})
    message = str(refused.value)
    assert message.startswith(f"--divergence (={typed}) must be one of total_variation, kl, reverse_kl, ")
    assert all(name in message for name in NAMES)
    if meant:
        assert message.endswith(f"(did you mean {meant}?)")


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32), (2,), (1,)])
@pytest.mark.parametrize("preset", ["paper", "laptop", "toy"])
def test_shapes_range_and_gradients(shape, preset):
    if preset == "laptop" and len(shape) == 1:
        return
    torch.manual_seed(0)
    config = FGANConfig.resolve(preset, {"width": 4} if preset == "laptop" else {})
    config.check(spec(shape))
    game = build(config, spec(shape))
    latents = game.generator.latent.sample(6)
    assert latents.abs().max() <= 1
    samples = game.generator(latents)
    assert samples.shape == (6, *shape)
    assert game.discriminator(samples).shape == (6,)
    if len(shape) == 3:
        assert samples.abs().max() <= 1
    players = Players(game.generator, game.discriminator)
    batch = Batch(torch.randn(6, *shape), None, latents, None, torch.zeros(()))
    for player, loss in (
        (game.discriminator, game.objective.discriminator_loss),
        (game.generator, game.objective.generator_loss),
    ):
        gradients = torch.autograd.grad(sum(loss(players, batch).terms.values()), list(player.parameters()))
        assert all(gradient.abs().sum() > 0 for gradient in gradients)


def test_the_paper_preset_is_section_4_2():
    config = FGANConfig.resolve("paper", {})
    assert (config.latent_dim, config.batch_size, config.lr, config.beta1) == (100, 4096, 2e-4, 0.5)
    game = build(config, spec())
    kinds = [type(layer).__name__ for layer in game.generator.layers]
    assert kinds == ["Linear", "BatchNorm1d", "ReLU"] * 2 + ["Linear", "Unflatten", "Tanh"]
    assert [layer.out_features for layer in game.generator.layers if hasattr(layer, "out_features")] == [
        1200,
        1200,
        784,
    ]
    judging = [type(layer).__name__ for layer in game.discriminator.layers]
    assert judging == ["Flatten", "Linear", "ELU", "Linear", "ELU", "Linear"]
    assert (game.generator.latent.distribution, game.generator.latent.low) == ("uniform", -1.0)


def test_convolutions_refuse_points_and_odd_sizes():
    config = FGANConfig.resolve("laptop", {})
    with pytest.raises(ConfigError, match=r"=conv\) makes images, and points is vectors: give --network mlp"):
        config.check(spec((2,)))
    with pytest.raises(ConfigError, match="28, 32, 64, 128 pixels"):
        config.check(spec((1, 48, 48)))
    FGANConfig.resolve("paper", {}).check(spec((1, 48, 48)))
    assert FGANConfig.default_preset("cpu", spec((2,))) == "toy"
    assert FGANConfig.default_preset("cpu", spec()) == "laptop"
