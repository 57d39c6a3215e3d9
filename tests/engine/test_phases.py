"""What a round can be: each game equals the plain loop bit for bit, resumes anywhere, or is refused."""

import numpy
import pytest
import safetensors.torch
import torch
from conformance.plain_loop import PlainLoop
from engine.games import ADAM, GAMES, Judge, Points, game
from torch import nn

from ganzoo import Adam, ConfigError, Losses, Objective, Optimizers, Phase
from ganzoo.data.dataset import Dataset
from ganzoo.engine.training import Training

ROUNDS = 20


@pytest.fixture(autouse=True)
def _one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def points():
    return Dataset.from_arrays(numpy.random.RandomState(0).randn(64, 3).astype(numpy.float32))


def built(name, seed=3):
    torch.manual_seed(seed)
    return GAMES[name]()


def training_of(made, **options):
    return Training(made, points(), torch.device("cpu"), seed=5, conditional=False, warn=pytest.fail, **options)


def states(networks):
    return {f"{name}/{key}": value for name, net in networks.items() for key, value in net.state_dict().items()}


@pytest.mark.parametrize("name", GAMES)
def test_twenty_rounds_equal_a_plain_loop(name):
    plain = PlainLoop(built(name), points(), 5, False)
    for _ in range(ROUNDS):
        plain.round()
    training, seen = training_of(built(name)), []
    training.tally.add = lambda phase, losses: seen.extend((phase, n, float(t)) for n, t in losses.terms.items())
    for _ in range(ROUNDS):
        training.round()
    assert seen == plain.losses
    assert (training.images, training.rounds) == (plain.images, plain.rounds)
    wanted, found = states({**plain.networks, "ema": plain.average}), states(training.networks())
    assert wanted.keys() == found.keys()
    assert [key for key in wanted if not torch.equal(wanted[key], found[key])] == []


@pytest.mark.parametrize("rounds", [5, 12])
@pytest.mark.parametrize("name", GAMES)
def test_resume_is_bit_identical_at_uneven_rounds(name, rounds):
    unbroken = training_of(built(name))
    for _ in range(rounds):
        unbroken.round()
    tensors, counters = unbroken.state()
    saved = {
        file: safetensors.torch.save({k: v.contiguous() for k, v in group.items()}) for file, group in tensors.items()
    }
    for _ in range(17 - rounds):
        unbroken.round()
    resumed = training_of(built(name, seed=4))
    resumed.restore({file: safetensors.torch.load(group) for file, group in saved.items()}, counters)
    for _ in range(17 - rounds):
        resumed.round()
    (wanted, _), (found, _) = unbroken.state(), resumed.state()
    assert [f"{f} {k}" for f, g in wanted.items() for k, v in g.items() if not torch.equal(v, found[f][k])] == []


def test_lazy_phases_run_in_every_kth_round_from_the_first():
    training, seen = training_of(built("path-length")), []
    training.tally.add = lambda phase, losses: seen.append((training.rounds, phase))
    for _ in range(7):
        training.round()
    assert [round for round, phase in seen if phase == "r1"] == [0, 3, 6]
    assert [round for round, phase in seen if phase == "path_length"] == [0, 2, 4, 6]
    # The first round: D, its penalty, G, its penalty.
    assert [phase for round, phase in seen if round == 0] == ["discriminator", "r1", "generator", "path_length"]


def test_adam_is_corrected_for_a_lazy_phase():
    training = training_of(built("lazy-r1"))
    (group,) = training.optimizers["discriminator"].optimizer.param_groups
    assert group["lr"] == pytest.approx(1e-2 * 3 / 4)
    assert group["betas"] == pytest.approx((0.5**0.75, 0.9**0.75))
    (other,) = training.optimizers["generator"].optimizer.param_groups
    assert (other["lr"], other["betas"]) == (1e-2, (0.5, 0.9))


def test_a_lazy_term_is_multiplied_by_its_period():
    made, batch = built("lazy-r1"), None
    training = training_of(made)
    discriminator, lazy, _ = made.objective.phases()
    batch = training._batch(discriminator, 8)
    reals = batch.reals.detach().requires_grad_()
    (gradients,) = torch.autograd.grad(made.discriminator(reals).sum(), reals)
    by_hand = 3 * 2.0 / 2 * gradients.square().sum(1).mean()
    assert lazy.loss(made.players, batch).terms["r1"].item() == pytest.approx(by_hand.item())


def test_micro_batches_have_the_gradient_of_the_whole_batch():
    """Of a game without batch norm: the mean over parts is the mean over all."""
    whole, parts = training_of(built("lazy-r1")), training_of(built("lazy-r1"))
    object.__setattr__(parts.clock.stage, "micro_batches", 4)
    parts._enter_stage()
    for training in (whole, parts):
        training.players.generator.eval()
        torch.manual_seed(1)
        (step,) = training._phases[0]
        training._backward(step)
    for one, other in zip(
        whole.players.discriminator.parameters(), parts.players.discriminator.parameters(), strict=True
    ):
        torch.testing.assert_close(one.grad, other.grad)


def test_groups_take_the_longest_prefix_and_auxiliary_state_is_saved():
    training = training_of(built("groups"))
    assert training.optimizers["generator.mapping"].names == ["mapping.weight", "mapping.bias"]
    assert all(not name.startswith("mapping") for name in training.optimizers["generator"].names)
    tensors, _ = training_of(built("path-length")).state()
    assert list(tensors["auxiliary"]) == ["mean"]
    assert "generator.mapping_optimizer" in training.state()[0]


def test_gradients_are_clipped_to_their_norm():
    made = game(
        GAMES["code"]().objective,
        Optimizers({**ADAM.groups, "auxiliary": Adam(1e-2, clip_norm=1e-3)}),
        auxiliary=nn.Linear(3, 1),
    )
    training = training_of(made)
    training.round()
    norm = torch.stack([p.grad.norm() for p in made.auxiliary.parameters()]).norm()
    assert norm.item() <= 1e-3 * 1.0001


class Given(Objective):
    def __init__(self, *phases):
        self.given = phases

    def phases(self):
        return self.given


def loss(players, batch):
    return Losses({"a": players.discriminator(batch.reals).mean()})


D = Phase("d", loss, ("discriminator",), counts=True)
G = Phase("g", loss, ("generator",), reals="none")


@pytest.mark.parametrize(
    ("phases", "message"),
    [
        ((G,), "has 0 phases that count images"),
        ((D, Phase("e", loss, ("generator",), counts=True)), r"has 2 phases that count images \(d, e\)"),
        ((Phase("d", loss, ("discriminator",), every=2, counts=True), G), "every=1"),
        ((D, Phase("d", loss, ("generator",))), "two phases of Given have one name: d, d"),
        ((D, Phase("g", loss, ("generator.body",))), "updates generator.body, and the parameter groups are"),
        ((D,), "no phase updates the parameter group generator"),
        (((D, Phase("e", loss, ("discriminator", "generator"))), G), "update one group twice"),
        ((Phase("g", loss, ("generator",), reals="last"), D), "has reals='last', and no phase before it has any"),
    ],
)
def test_rounds_that_cannot_be(phases, message):
    with pytest.raises(ConfigError, match=message):
        game(Given(*phases))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"updates": ()}, "updates nothing"),
        ({"updates": ("generator",), "every": 0}, "every=0, which must be at least 1"),
        ({"updates": ("generator",), "repeat": 0}, "repeat=0, which must be at least 1"),
    ],
)
def test_phases_that_cannot_be(arguments, message):
    with pytest.raises(ConfigError, match=message):
        Phase("p", loss, **arguments)


@pytest.mark.parametrize(
    ("optimizers", "message"),
    [
        ({"generator": Adam(1e-2), "discriminator": Adam(1e-2), "critic": Adam(1e-2)}, "must begin with one of"),
        ({"generator.mapping": Adam(1e-2), "discriminator": Adam(1e-2)}, "generator.synthesis.*is in no group"),
    ],
)
def test_groups_that_cannot_be(optimizers, message):
    with pytest.raises(ConfigError, match=message):
        training_of(
            game(
                Given(
                    D,
                    Phase("g", loss, tuple(name for name in optimizers if name.startswith("generator")), reals="none"),
                ),
                Optimizers(optimizers),
                generator=Points(),
                discriminator=Judge(),
            )
        )
