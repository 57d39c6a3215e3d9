"""SN-GAN with labels: projection and conditional batch norm (arXiv:1802.05637), and AC-GAN's classifier, by hand."""

import pytest
import torch
from ganzoo_sngan.model import ConditionalBatchNorm
from torch import nn
from torch.nn.functional import cross_entropy, log_softmax, relu
from torch.nn.utils import parametrize

from ganzoo import Batch, ClassLabels, ConfigError, DataSpec, Players, plugins
from ganzoo.objectives import AuxiliaryClassifier

CLASSES = ("cat", "dog", "owl")
LABELS = torch.tensor([0, 2, 1, 2])


def game(labels, seed=0, **options):
    found = plugins.registry().find("sngan")
    config = found.load_config().resolve("paper", {"labels": labels, "width": 4, "latent_dim": 6, **options})
    torch.manual_seed(seed)
    return found.build(config, DataSpec("images", (1, 28, 28), 100, ClassLabels(CLASSES)))


def settled(discriminator):
    """After so many power iterations that each weight is divided by its largest singular value; in evaluation."""
    for _ in range(200):
        discriminator(torch.randn(3, 1, 28, 28), torch.arange(3))
    return discriminator.eval()


def normalized(layer):
    original = layer.parametrizations.weight.original.detach()
    return original / torch.linalg.matrix_norm(original.flatten(1), 2)


def test_the_score_is_a_projection_on_the_classs_vector_and_a_dense_layer():
    discriminator = settled(game("projection").discriminator)
    images = torch.randn(4, 1, 28, 28)
    features = discriminator.features(images)
    assert features.shape == (4, 16 * 7 * 7)
    vectors, dense = normalized(discriminator.table), normalized(discriminator.dense)
    expected = [
        float(vectors[label] @ phi + dense[0] @ phi + discriminator.dense.bias[0].detach())
        for label, phi in zip(LABELS, features.detach(), strict=True)
    ]
    assert discriminator(images, LABELS).tolist() == pytest.approx(expected, abs=1e-3)


def test_two_classes_differ_by_the_projection_on_the_difference_of_their_vectors():
    discriminator = settled(game("projection").discriminator)
    images = torch.randn(4, 1, 28, 28)
    cats, dogs = (discriminator(images, torch.full((4,), label)) for label in (0, 1))
    vectors = normalized(discriminator.table)
    torch.testing.assert_close(
        cats - dogs, discriminator.features(images) @ (vectors[0] - vectors[1]), atol=1e-4, rtol=1e-3
    )


def test_the_table_of_the_projection_is_normalized_too():
    discriminator = settled(game("projection").discriminator)
    assert parametrize.is_parametrized(discriminator.table, "weight")
    assert torch.linalg.matrix_norm(discriminator.table.weight.detach(), 2).item() == pytest.approx(1.0, abs=1e-3)


def test_a_conditional_batch_norm_normalizes_with_all_and_scales_by_class():
    torch.manual_seed(0)
    norm, maps = ConditionalBatchNorm(2, 3), 5 * torch.randn(4, 2, 3, 3) + 1
    with torch.no_grad():
        norm.scale.weight.normal_()
        norm.shift.weight.normal_()
    mean, variance = maps.mean((0, 2, 3)), maps.var((0, 2, 3), correction=0)
    expected = torch.empty_like(maps)
    for sample, label in enumerate(LABELS):
        for channel in range(2):
            value = (maps[sample, channel] - mean[channel]) / (variance[channel] + 1e-5).sqrt()
            expected[sample, channel] = norm.scale.weight[label, channel] * value + norm.shift.weight[label, channel]
    torch.testing.assert_close(norm(maps, LABELS), expected)
    # Statistics are those of all classes; in evaluation they are the running ones.
    torch.testing.assert_close(norm.norm.running_mean, 0.1 * mean)
    one = norm.eval()(maps[:1], LABELS[:1])
    alone = (maps[:1] - norm.norm.running_mean[:, None, None]) / (norm.norm.running_var[:, None, None] + 1e-5).sqrt()
    torch.testing.assert_close(one[0, 0], norm.scale.weight[0, 0] * alone[0, 0] + norm.shift.weight[0, 0])


def test_it_begins_as_a_batch_norm():
    maps = torch.randn(4, 2, 3, 3)
    torch.testing.assert_close(ConditionalBatchNorm(2, 3)(maps, LABELS), nn.BatchNorm2d(2)(maps))


def test_every_batch_norm_of_the_generator_is_conditional():
    layers = game("projection").generator.layers
    assert sum(isinstance(layer, ConditionalBatchNorm) for layer in layers) == 3
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in layers)


def batch_of(made):
    torch.manual_seed(1)
    reals = torch.randn(4, 1, 28, 28)
    return Batch(reals, LABELS, made.generator.latent.sample(4), LABELS.flip(0), torch.tensor(0))


def test_reals_and_fakes_are_judged_with_their_own_labels():
    made = game("projection")
    for network in (made.generator, made.discriminator):
        network.eval()
    batch = batch_of(made)
    found = made.objective.discriminator_loss(Players(made.generator, made.discriminator), batch).terms
    fakes = made.generator(batch.latents, LABELS.flip(0))
    real, fake = made.discriminator(batch.reals, LABELS), made.discriminator(fakes, LABELS.flip(0))
    assert found.keys() == {"adversarial"}
    torch.testing.assert_close(found["adversarial"], relu(1 - real).mean() + relu(1 + fake).mean())


def test_the_classifier_is_a_second_head_on_the_same_features():
    discriminator = settled(game("classifier").discriminator)
    images = torch.randn(4, 1, 28, 28)
    scores, logits = discriminator.judge(images)
    features = discriminator.features(images)
    torch.testing.assert_close(
        logits, features @ normalized(discriminator.classes).T + discriminator.classes.bias, atol=1e-4, rtol=1e-3
    )
    torch.testing.assert_close(scores, discriminator(images))
    # The score knows no class: that is the classifier's.
    torch.testing.assert_close(discriminator(images, LABELS), discriminator(images, LABELS.flip(0)))


def test_ac_gans_terms_are_weighted_cross_entropies_of_both_players():
    made = game("classifier", class_weight=0.25)
    assert made.objective.classifier == AuxiliaryClassifier(0.25)
    for network in (made.generator, made.discriminator):
        network.eval()
    batch, players = batch_of(made), Players(made.generator, made.discriminator)
    fakes = made.generator(batch.latents, batch.fake_condition)
    of_reals, of_fakes = (made.discriminator.judge(samples)[1] for samples in (batch.reals, fakes))
    by_hand = -log_softmax(of_reals, 1)[range(4), LABELS].mean() / 4
    terms = made.objective.discriminator_loss(players, batch).terms
    torch.testing.assert_close(terms["real_class"], by_hand)
    torch.testing.assert_close(terms["fake_class"], cross_entropy(of_fakes, LABELS.flip(0)) / 4)
    torch.testing.assert_close(made.objective.generator_loss(players, batch).terms["fake_class"], terms["fake_class"])


def test_without_labels_the_networks_are_what_they_were():
    names = set(game("none").generator.state_dict())
    assert {"layers.0.weight", "layers.2.weight", "layers.2.running_mean"} <= names
    assert not any("scale" in name for name in names)


def test_a_set_without_labels_is_refused_in_a_sentence():
    config = plugins.registry().find("sngan").load_config().resolve("paper", {"labels": "projection"})
    with pytest.raises(
        ConfigError, match="--labels projection needs labels, and images has none: leave it out, or sort"
    ):
        config.check(DataSpec("images", (1, 28, 28), 100))
    assert plugins.registry().find("sngan").takes_labels(config, DataSpec("x", (1, 28, 28), 9, ClassLabels(CLASSES)))
