"""The losses inside one compiled region, with the backward, as the engine runs them."""

import pytest
import torch
from objectives.toys import random_batch, smooth_players

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
    Relativistic,
    Wasserstein,
)

OBJECTIVES = [
    AdversarialObjective(Wasserstein(), GradientPenalty(10.0), Drift(1e-3)),
    AdversarialObjective(Hinge(), R1(1.0), R2(2.0)),
    AdversarialObjective(Minimax(0.9, 0.9)),
    AdversarialObjective(NonSaturating(0.9), R1(1.0)),
    AdversarialObjective(LeastSquares()),
    AdversarialObjective(Relativistic(), R1(1.0), R2(1.0)),
]


@pytest.fixture(autouse=True)
def _forgotten_afterwards():
    yield
    torch._dynamo.reset()


def phase(loss, players, player):
    parameters = list(player.parameters())

    def run(data):
        losses = loss(players, data)
        sum(losses.terms.values()).backward(inputs=parameters)
        return {name: value.detach() for name, value in {**losses.terms, **losses.measures}.items()}

    return run


def compiled(function):
    patched = torch._dynamo.config.patch(trace_autograd_ops=True)
    return patched(torch.compile(function, backend="aot_eager", fullgraph=True))


@pytest.mark.parametrize("objective", OBJECTIVES, ids=repr)
def test_compiled_phases_match_eager_ones(objective):
    players, data = smooth_players(), random_batch()
    for player, loss in (
        (players.discriminator, objective.discriminator_loss),
        (players.generator, objective.generator_loss),
    ):
        results = []
        for wrap in (lambda function: function, compiled):
            players.discriminator.zero_grad()
            players.generator.zero_grad()
            torch.manual_seed(5)  # aot_eager draws the interpolates as eager does; inductor would not
            shown = wrap(phase(loss, players, player))(data)
            results.append((shown, [parameter.grad for parameter in player.parameters()]))
        assert any(gradient.abs().max() > 1e-4 for gradient in results[0][1])
        torch.testing.assert_close(results[0], results[1], rtol=1e-10, atol=1e-12)
