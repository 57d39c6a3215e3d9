"""One round: who is trained, how often, and on which weights."""

import numpy
import pytest
import torch
from torch import nn

from ganzoo import (
    SGD,
    Decay,
    Discriminator,
    Game,
    Generator,
    Latent,
    Losses,
    Objective,
    Optimizers,
    Phase,
    Stage,
    two_phases,
)
from ganzoo.data.dataset import Dataset
from ganzoo.engine.training import Training


class Scale(Generator):
    def __init__(self):
        super().__init__()
        self.latent, self.weight = Latent((1,), "uniform", 1.0, 1.0), nn.Parameter(torch.tensor(3.0))

    def forward(self, latents, condition=None):
        return latents * self.weight


class Slope(Discriminator):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(2.0))

    def forward(self, samples, condition=None):
        return (samples * self.weight).flatten()


class Bilinear(Objective):
    """D minimizes D(fake) - D(real), G minimizes -D(fake); the seen gradients and weights are kept for the test."""

    def __init__(self, steps=1, simultaneous=False):
        self.steps, self.simultaneous = steps, simultaneous
        self.rounds, self.seen, self.after = [], [], 0

    def phases(self):
        return two_phases(
            self.discriminator_loss,
            self.generator_loss,
            simultaneous=self.simultaneous,
            discriminator_steps=self.discriminator_steps,
            after_discriminator_step=self.after_discriminator_step,
        )

    def discriminator_steps(self, round):
        self.rounds.append(round)
        return self.steps

    def discriminator_loss(self, players, batch):
        self.seen.append(("d", players.discriminator.weight.item(), int(batch.images)))
        # The fakes are not detached on purpose: the engine alone must keep G from collecting gradients.
        fakes = players.generator(batch.latents)
        return Losses({"a": players.discriminator(fakes).mean(), "b": -players.discriminator(batch.reals).mean()})

    def generator_loss(self, players, batch):
        assert batch.reals is None
        self.seen.append(("g", players.discriminator.weight.item(), int(batch.images)))
        return Losses({"a": -players.discriminator(players.generator(batch.latents)).mean()})

    def after_discriminator_step(self, players, batch):
        self.after += 1


class DiscriminatorAlone(Bilinear):
    def phases(self):
        return (Phase("discriminator", self.discriminator_loss, ("discriminator",), counts=True),)


def training_of(objective, stage=None):
    # Reals are 1 everywhere, fakes are G's weight: with rates of 0.1 every step is a sum done by hand.
    dataset = Dataset.from_arrays(numpy.ones((6, 1), numpy.float32))
    optimizers = Optimizers.both(SGD(0.1))
    game = Game(Scale(), Slope(), objective, optimizers, (stage or Stage(4),), Decay(0.5))
    return Training(game, dataset, torch.device("cpu"), seed=0, conditional=False, warn=pytest.fail)


def weights(training):
    return training.players.generator.weight.item(), training.players.discriminator.weight.item()


def test_alternating_updates_by_hand():
    training = training_of(Bilinear())
    training.round()
    # D: 2 - 0.1 * (3 - 1) = 1.8; then G: 3 + 0.1 * 1.8.
    assert weights(training) == pytest.approx((3.18, 1.8))
    assert training.ema.generator.weight.item() == pytest.approx((3 + 3.18) / 2)


def test_simultaneous_updates_use_the_weights_before_either_step():
    objective = Bilinear(simultaneous=True)
    training = training_of(objective)
    training.round()
    # D: 2 - 0.1 * 2 as before; G: 3 + 0.1 * 2, with D's old weight.
    assert weights(training) == pytest.approx((3.2, 1.8))
    assert [weight for _, weight, _ in objective.seen] == [2.0, 2.0]
    assert objective.after == 1


def test_simultaneous_with_two_steps_holds_back_the_last_alone():
    training = training_of(Bilinear(steps=2, simultaneous=True))
    training.round()
    # D: 2 -> 1.8 -> 1.6; G sees 1.8.
    assert weights(training) == pytest.approx((3.18, 1.6))


def test_gradients_reach_the_trained_player_only():
    training = training_of(Bilinear())
    (discriminator,), (generator,) = training._phases
    training._backward(discriminator)
    assert training.players.generator.weight.grad is None
    assert training.players.discriminator.weight.grad.item() == pytest.approx(2.0)
    training._backward(generator)
    # Still that of its own phase: G's loss has added nothing.
    assert training.players.discriminator.weight.grad.item() == pytest.approx(2.0)
    assert training.players.generator.weight.grad.item() == pytest.approx(-2.0)


@pytest.mark.parametrize("steps", [1, 3])
def test_discriminator_steps_and_images(steps):
    objective = Bilinear(steps)
    training = training_of(objective)
    training.round()
    training.round()
    assert [player for player, *_ in objective.seen] == (["d"] * steps + ["g"]) * 2
    assert objective.rounds == [0, 1]
    assert objective.after == 2 * steps
    # Counted once a discriminator phase, and shown to the objective before the phase.
    assert [images for player, _, images in objective.seen if player == "d"] == [4 * i for i in range(2 * steps)]
    assert training.images == 8 * steps


def test_a_stage_of_the_discriminator_alone_leaves_generator_and_average():
    training = training_of(Bilinear(), Stage(4, objective=DiscriminatorAlone()))
    training.round()
    assert weights(training) == pytest.approx((3.0, 1.8))
    assert training.ema.generator.weight.item() == 3.0


def test_a_stages_learning_rates_are_used():
    training = training_of(Bilinear(), Stage(4, lr={"generator": 1.0, "discriminator": 0.5}))
    training.round()
    assert weights(training) == pytest.approx((4.0, 1.0))


def test_the_tally_is_the_mean_since_the_last_drain():
    training = training_of(Bilinear(steps=2), Stage(4, lr={"generator": 0.0, "discriminator": 0.5}))
    training.round()
    # D's weight is 2 and then 1, its fakes 3 and its reals 1.
    assert training.tally.drain() == pytest.approx(
        {"discriminator/a": (6 + 3) / 2, "discriminator/b": -(2 + 1) / 2, "generator/a": 0.0}, abs=1e-6
    )
    assert training.tally.drain() == {}
