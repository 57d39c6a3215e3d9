from typing import ClassVar

import pytest
import torch
from objectives.toys import (
    Echo,
    LinearCritic,
    QuadraticCritic,
    SmoothDiscriminator,
    batch,
    central_differences,
    random_batch,
    smooth_players,
)
from torch import nn
from torch.nn.functional import softplus

from ganzoo.core.objective import Players
from ganzoo.errors import ConfigError
from ganzoo.objectives import (
    R1,
    R2,
    AdversarialObjective,
    Drift,
    GradientPenalty,
    Hinge,
    LeastSquares,
    Minimax,
    NonSaturating,
    Regularizer,
    Relativistic,
    Wasserstein,
    WeightClip,
)

LOSSES = [Minimax(0.9, 0.9), NonSaturating(), LeastSquares(), Hinge(), Wasserstein(), Relativistic()]


def test_terms_and_measures_of_a_whole_phase():
    # D(x) = x1 + 2 x2. Reals score 5 and 1, fakes 2 and 2; ||w|| = sqrt(5).
    players = Players(Echo(), LinearCritic(torch.tensor([1.0, 2.0])))
    reals, fakes = torch.tensor([[1.0, 2.0], [1.0, 0.0]]), torch.tensor([[2.0, 0.0], [0.0, 1.0]])
    objective = AdversarialObjective(Wasserstein(), GradientPenalty(10.0), R1(2.0), R2(4.0), Drift(0.1), WeightClip())
    losses = objective.discriminator_loss(players, batch(reals, fakes))
    assert {name: term.item() for name, term in losses.terms.items()} == pytest.approx(
        {
            "adversarial": -1.0,  # 2 - 3
            "gradient_penalty": 15.2786405,  # 10 * (sqrt(5) - 1)^2
            "r1": 5.0,
            "r2": 10.0,
            "drift": 1.3,  # .1 * (25 + 1) / 2
        },
        abs=1e-5,
    )
    shown = {name: value.item() for name, value in losses.measures.items()}
    assert shown == {"real_score": 3.0, "fake_score": 2.0, "wasserstein_distance": 1.0}
    assert not any(value.requires_grad for value in losses.measures.values())
    assert objective.generator_loss(players, batch(None, fakes)).terms["adversarial"].item() == -2.0


def test_measures_with_a_threshold_are_accuracies():
    players = Players(Echo(), LinearCritic(torch.tensor([1.0])))
    reals, fakes = torch.tensor([[1.0], [-1.0], [2.0], [3.0]]), torch.tensor([[-1.0], [-2.0], [4.0], [-3.0]])
    measures = AdversarialObjective(Hinge()).discriminator_loss(players, batch(reals, fakes)).measures
    assert set(measures) == {"real_score", "fake_score", "real_accuracy", "fake_accuracy"}
    assert (measures["real_accuracy"].item(), measures["fake_accuracy"].item()) == (0.75, 0.75)


@pytest.mark.parametrize("loss", LOSSES, ids=repr)
def test_gradients_of_both_players_agree_with_finite_differences(loss):
    players, data, objective = smooth_players(), random_batch(), AdversarialObjective(loss, R1(0.5), R2(0.5))
    for player, phase in (
        (players.discriminator, objective.discriminator_loss),
        (players.generator, objective.generator_loss),
    ):
        parameters = list(player.parameters())

        def total(phase=phase):
            with torch.enable_grad():
                return sum(phase(players, data).terms.values())

        gradients = torch.autograd.grad(total(), parameters, allow_unused=True, materialize_grads=True)
        expected = central_differences(lambda total=total: total().item(), parameters)
        for ours, reference in zip(gradients, expected, strict=True):
            torch.testing.assert_close(ours, reference, rtol=1e-5, atol=1e-8)


def test_each_phase_gives_gradients_to_its_own_player():
    players, data = smooth_players(), random_batch()
    generator, discriminator = list(players.generator.parameters()), list(players.discriminator.parameters())
    objective = AdversarialObjective(NonSaturating(), R1(1.0), R2(1.0), GradientPenalty(), Drift())

    objective.generator_loss(players, data).terms["adversarial"].backward(inputs=generator)
    assert all(parameter.grad.abs().sum() > 0 for parameter in generator)
    assert all(parameter.grad is None and parameter.requires_grad for parameter in discriminator)

    players.generator.zero_grad()
    sum(objective.discriminator_loss(players, data).terms.values()).backward()
    assert all(parameter.grad is not None for parameter in discriminator)
    assert all(parameter.grad is None for parameter in generator)
    assert data.reals.grad is None
    assert not data.reals.requires_grad


def test_generator_loss_is_made_from_the_current_weights():
    players, data, objective = smooth_players(), random_batch(), AdversarialObjective(NonSaturating())
    objective.discriminator_loss(players, data)
    stale = objective.generator_loss(players, data).terms["adversarial"]
    with torch.no_grad():
        for parameter in players.discriminator.parameters():
            parameter.mul_(-2.0)
        scores = players.discriminator(players.generator(data.latents))
    fresh = objective.generator_loss(players, data).terms["adversarial"]
    torch.testing.assert_close(fresh, softplus(-scores).mean())
    assert abs(fresh.item() - stale.item()) > 1e-3


class NormalizedDiscriminator(SmoothDiscriminator):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.BatchNorm1d(4, affine=False), nn.Linear(4, 1))


def test_batch_norm_sees_reals_and_fakes_apart():
    players = Players(Echo(), NormalizedDiscriminator())
    reals, fakes = torch.randn(8, 4) + 5, torch.randn(8, 4) - 5
    measures = AdversarialObjective(Wasserstein()).discriminator_loss(players, batch(reals, fakes)).measures
    # Normalized apart, both batches have mean 0, and so the mean score is the bias. Together they would not.
    bias = players.discriminator.net[1].bias.item()
    assert measures["real_score"].item() == pytest.approx(bias, abs=1e-5)
    assert measures["fake_score"].item() == pytest.approx(bias, abs=1e-5)


def test_labels_go_with_their_samples():
    critic = QuadraticCritic()
    labels, fake_labels = torch.tensor([0, 1]), torch.tensor([1, 0])
    data = batch(torch.ones(2, 2), torch.zeros(2, 2), labels, fake_labels)
    objective = AdversarialObjective(Hinge())
    objective.discriminator_loss(Players(Echo(), critic), data)
    objective.generator_loss(Players(Echo(), critic), data)
    assert [samples.sum().item() for samples, _ in critic.calls] == [4.0, 0.0, 0.0]
    assert all(
        given is expected for (_, given), expected in zip(critic.calls, (labels, fake_labels, fake_labels), strict=True)
    )


def test_a_relativistic_loss_is_given_the_reals_scores():
    players, data = smooth_players(), random_batch()
    objective = AdversarialObjective(Relativistic())
    assert objective.phases()[1].reals == "fresh"
    assert AdversarialObjective(Hinge()).phases()[1].reals == "none"
    real = players.discriminator(data.reals)
    fake = players.discriminator(players.generator(data.latents))
    torch.testing.assert_close(
        objective.generator_loss(players, data).terms["adversarial"], softplus(real - fake).mean()
    )


class Spy(Regularizer):
    name: ClassVar[str] = "spy"

    def __init__(self):
        self.seen, self.stepped = [], 0

    def term(self, scored):
        self.seen.append(scored)
        return torch.zeros(())

    def after_discriminator_step(self, players):
        self.stepped += 1


def test_every_regularizer_acts_after_the_step_and_only_then():
    players, spy = smooth_players(), Spy()
    objective = AdversarialObjective(Wasserstein(), spy, WeightClip(0.05))
    before = [parameter.detach().clone() for parameter in players.discriminator.parameters()]
    objective.discriminator_loss(players, random_batch())
    assert spy.stepped == 0
    assert all(torch.equal(*pair) for pair in zip(players.discriminator.parameters(), before, strict=True))
    objective.phases()[0].after(players, None)
    assert spy.stepped == 1
    assert all(parameter.abs().max() <= 0.05 for parameter in players.discriminator.parameters())


def test_scores_and_penalties_stay_in_float32_under_autocast():
    players, data, spy = smooth_players(torch.float32), random_batch(64, torch.float32), Spy()
    objective = AdversarialObjective(NonSaturating(), R1(1.0), R2(1.0), GradientPenalty(), Drift(1.0), spy)
    torch.manual_seed(3)
    exact = objective.discriminator_loss(players, data).terms
    torch.manual_seed(3)
    with torch.autocast("cpu", torch.bfloat16):
        assert players.discriminator(data.reals).dtype == torch.bfloat16
        rounded = objective.discriminator_loss(players, data).terms
        generator = objective.generator_loss(players, data).terms["adversarial"]
    assert generator.dtype == torch.float32
    scored = spy.seen[-1]
    assert {scored.reals.dtype, scored.fakes.dtype, scored.real_scores.dtype, scored.fake_scores.dtype} == {
        torch.float32
    }
    for name, term in exact.items():
        assert rounded[name].dtype == torch.float32
        torch.testing.assert_close(rounded[name], term, rtol=0.02, atol=0.0)


def test_options_reach_the_engine():
    objective = AdversarialObjective(Wasserstein(), simultaneous=True, discriminator_steps=5)
    ((discriminator, generator),) = objective.phases()
    assert [discriminator.repeats(round) for round in (0, 1, 500)] == [5, 5, 5]
    assert generator.repeats(0) == 1
    default = AdversarialObjective(Wasserstein())
    assert [phase.repeats(0) for phase in default.phases()] == [1, 1]


@pytest.mark.parametrize("steps", [0, -1, 2.0, True, "5"])
def test_a_number_of_steps_below_one_is_refused(steps):
    with pytest.raises(ConfigError, match=r"discriminator_steps \(=.*\) must be a whole number of at least 1"):
        AdversarialObjective(Wasserstein(), discriminator_steps=steps)


def test_two_regularizers_of_one_name_are_refused():
    with pytest.raises(ConfigError, match=r"regularizers \(=r1, r1\) must have different names"):
        AdversarialObjective(Hinge(), R1(1.0), R1(2.0))


def test_repr_shows_what_is_played():
    shown = repr(AdversarialObjective(Hinge(), R1(1.0), discriminator_steps=2))
    assert shown == "AdversarialObjective(Hinge(), R1(gamma=1.0), simultaneous=False, discriminator_steps=2)"
