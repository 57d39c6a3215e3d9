"""LSGAN: both sets of targets through the whole objective, by hand."""

import pytest
import torch

from ganzoo import Adam, Batch, DataSpec, Players, plugins


def game(preset="paper", **options):
    found = plugins.registry().find("lsgan")
    config = found.load_config().resolve(preset, options)
    torch.manual_seed(0)
    return found.build(config, DataSpec("images", (1, 28, 28), 100))


def test_the_papers_numbers():
    made = game()
    assert (made.optimizers.groups["generator"], made.optimizers.groups["discriminator"]) == (
        Adam(2e-4, (0.5, 0.999)),
    ) * 2
    assert (made.objective.loss.a, made.objective.loss.b, made.objective.loss.c) == (0.0, 1.0, 1.0)
    assert made.generator.latent.distribution == "uniform"


@pytest.mark.parametrize(
    ("targets", "discriminator", "generator"),
    # All scores are .25: ((.25 - b)^2 + (.25 - a)^2) / 2 and (.25 - c)^2 / 2.
    [("binary", (0.5625 + 0.0625) / 2, 0.5625 / 2), ("pearson", (0.5625 + 1.5625) / 2, 0.0625 / 2)],
)
def test_losses_of_a_constant_discriminator(targets, discriminator, generator):
    made = game(width=4, targets=targets)
    last = made.discriminator.layers[-2]
    with torch.no_grad():
        last.weight.zero_()
        last.bias.fill_(0.25)
    players = Players(made.generator, made.discriminator)
    batch = Batch(torch.randn(4, 1, 28, 28), None, made.generator.latent.sample(4), None, torch.zeros(()))
    losses = made.objective.discriminator_loss(players, batch)
    assert losses.terms["adversarial"].item() == pytest.approx(discriminator)
    assert made.objective.generator_loss(players, batch).terms["adversarial"].item() == pytest.approx(generator)
    # .25 is nearer to the fakes' 0 than to the reals' 1, but above 0, midway between -1 and 1.
    called_real = 1.0 if targets == "pearson" else 0.0
    assert losses.measures["real_accuracy"].item() == called_real
