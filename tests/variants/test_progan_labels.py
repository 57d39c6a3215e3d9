"""ProGAN with labels: one-hot labels joined to z, and AC-GAN's term (arXiv:1610.09585)."""

import pytest
import torch
from torch.nn.functional import cross_entropy

from ganzoo import Batch, ConfigError, DataSpec, Players, plugins
from ganzoo.core.data_spec import labels_named

CLASSES = ("a", "b", "c")
SMALL = {"fmap_base": 64, "fmap_max": 8, "latent_dim": 6, "stage_images": 64, "labels": True}


def build(classes=CLASSES, **options):
    data = DataSpec("images", (3, 8, 8), 100, condition=labels_named(classes))
    found = plugins.registry().find("progan")
    config = found.load_config().resolve("paper", {**SMALL, **options}).fitted(data)
    config.check(data)
    torch.manual_seed(0)
    return found.build(config, data)


def batch_of(game, count=8):
    labels = torch.arange(count) % 3
    return Batch(torch.randn(count, 3, 8, 8), labels, game.generator.latent.sample(count), 2 - labels, torch.zeros(()))


def test_labels_are_joined_to_the_latent_before_it_is_normalized():
    game = build()
    dense = game.generator.first.dense
    assert dense.weight.shape[1] == 6 + 3
    entered = []
    dense.register_forward_pre_hook(lambda _, given: entered.append(given[0]))
    latents = torch.randn(2, 6)
    game.generator(latents, torch.tensor([2, 0]))
    joined = torch.cat([latents, torch.tensor([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])], 1)
    torch.testing.assert_close(entered[0], joined / joined.square().mean(1, keepdim=True).sqrt())


def test_the_label_changes_the_image():
    game = build()
    latents = torch.randn(1, 6)
    images = [game.generator(latents, torch.tensor([label])) for label in range(3)]
    assert (images[0] - images[1]).abs().mean() > 1e-2
    assert (images[1] - images[2]).abs().mean() > 1e-2


@pytest.mark.parametrize("weight", [1.0, 0.5])
def test_both_players_want_the_class_to_be_right_of_reals_and_of_fakes(weight):
    game = build(class_weight=weight)
    players, batch = Players(game.generator, game.discriminator), batch_of(game)
    fakes = game.generator(batch.latents, batch.fake_condition)
    real_scores, real_classes = game.discriminator.judge(batch.reals)
    fake_scores, fake_classes = game.discriminator.judge(fakes)
    assert real_classes.shape == (8, 3)
    torch.testing.assert_close(game.discriminator(batch.reals), real_scores)
    losses = game.objective.discriminator_loss(players, batch)
    torch.testing.assert_close(losses.terms["adversarial"], fake_scores.mean() - real_scores.mean())
    torch.testing.assert_close(losses.terms["real_class"], weight * cross_entropy(real_classes, batch.condition))
    torch.testing.assert_close(losses.terms["fake_class"], weight * cross_entropy(fake_classes, batch.fake_condition))
    assert {"gradient_penalty", "drift"} < set(losses.terms)
    right = sum(int(row.argmax()) == int(label) for row, label in zip(real_classes, batch.condition, strict=True)) / 8
    assert losses.measures["class_accuracy"] == pytest.approx(right)
    terms = game.objective.generator_loss(players, batch).terms
    torch.testing.assert_close(terms["adversarial"], -fake_scores.mean())
    torch.testing.assert_close(terms["fake_class"], weight * cross_entropy(fake_classes, batch.fake_condition))


def test_each_player_gets_a_gradient_in_every_parameter_and_the_other_none():
    game = build()
    fade = torch.tensor(0.5)
    for network in (game.generator, game.discriminator):
        network.enter_stage(8, fade)
    players = Players(game.generator, game.discriminator)
    for player, other, loss in (
        (game.discriminator, game.generator, game.objective.discriminator_loss),
        (game.generator, game.discriminator, game.objective.generator_loss),
    ):
        sum(loss(players, batch_of(game)).terms.values()).backward(inputs=list(player.parameters()))
        assert all(parameter.grad.abs().sum() > 0 for parameter in player.parameters())
        assert all(parameter.grad is None for parameter in other.parameters())
        for parameter in player.parameters():
            parameter.grad = None


def test_without_the_option_labels_are_left_alone():
    from ganzoo.data.options import DataOptions
    from ganzoo.runs.options import TrainOptions
    from ganzoo.runs.plan import Plan

    data = DataSpec("images", (3, 8, 8), 100, condition=labels_named(CLASSES))
    found = plugins.registry().find("progan")
    for labels in (False, True):
        config = found.load_config().resolve("paper", {"labels": labels})
        plan = Plan(found, "paper", {}, config, DataOptions(), TrainOptions())
        assert plan.conditional(data) == labels
    assert build(labels=False).generator.first.dense.weight.shape[1] == 6


def test_labels_that_the_data_does_not_have_are_refused():
    with pytest.raises(ConfigError, match="--labels needs labels, and images has none: leave it out, or sort"):
        build(classes=())
