"""WGAN-GP: a critic whose samples do not mix, the penalty's weight and the paper's numbers."""

import pytest
import torch
from torch import nn

from ganzoo import Adam, Batch, DataSpec, Players, plugins


def game(preset="paper", **options):
    found = plugins.registry().find("wgan-gp")
    config = found.load_config().resolve(preset, options)
    torch.manual_seed(0)
    return found.build(config, DataSpec("images", (1, 28, 28), 100))


def test_the_papers_numbers():
    made = game()
    assert (made.optimizers.groups["generator"], made.optimizers.groups["discriminator"]) == (
        Adam(1e-4, (0.0, 0.9)),
    ) * 2
    assert made.stages[0].batch_size == 64
    assert made.objective.phases()[0].repeats(0) == made.objective.phases()[0].repeats(999) == 5
    assert "GradientPenalty(weight=10.0, target=1.0)" in repr(made.objective)


@pytest.mark.parametrize("norm", ["none", "layer"])
def test_no_score_depends_on_another_sample(norm):
    """What batch norm would break: the penalty is of each sample's own gradient (section 4)."""
    critic = game(width=4, critic_norm=norm).discriminator
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in critic.modules())
    samples = torch.randn(4, 1, 28, 28, requires_grad=True)
    (gradient,) = torch.autograd.grad(critic(samples)[0], samples)
    assert gradient[0].abs().sum() > 0
    assert (gradient[1:] == 0).all()


def test_the_layer_norm_is_over_a_whole_sample():
    critic = game(width=4, critic_norm="layer").discriminator
    norms = [layer for layer in critic.modules() if isinstance(layer, nn.GroupNorm)]
    maps = 5 + 3 * torch.randn(2, 8, 7, 7) * torch.arange(1.0, 9)[:, None, None]
    assert len(norms) == 1
    nn.init.ones_(norms[0].weight)
    torch.testing.assert_close(norms[0](maps), nn.functional.layer_norm(maps, (8, 7, 7)))


def test_the_penalty_is_that_of_a_loop_over_samples():
    made = game(width=4)
    reals, latents = torch.randn(3, 1, 28, 28), made.generator.latent.sample(3)
    players = Players(made.generator.eval(), made.discriminator)
    torch.manual_seed(5)
    terms = made.objective.discriminator_loss(players, Batch(reals, None, latents, None, torch.zeros(()))).terms
    torch.manual_seed(5)
    factors = torch.rand(3, 1, 1, 1).flatten().tolist()
    fakes = made.generator(latents).detach()
    expected = 0.0
    for real, fake, factor in zip(reals, fakes, factors, strict=True):
        between = (factor * real + (1 - factor) * fake)[None].requires_grad_()
        (gradient,) = torch.autograd.grad(made.discriminator(between).sum(), between)
        expected += 10.0 * (float(gradient.square().sum()) ** 0.5 - 1) ** 2 / 3
    assert terms["gradient_penalty"].item() == pytest.approx(expected, rel=1e-4)
