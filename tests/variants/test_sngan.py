"""SN-GAN: spectral norms of one, their state through passes, files and resume, and the networks of table 3."""

import numpy
import pytest
import safetensors.torch
import torch
from engine.runs import assert_same_end
from torch import nn
from torch.nn.utils import parametrize

import ganzoo
from ganzoo import Adam, Batch, DataSpec, Players, plugins
from ganzoo.runs.observers.display import QuietDisplay


def game(preset="paper", resolution=28, channels=1, seed=0, **options):
    found = plugins.registry().find("sngan")
    config = found.load_config().resolve(preset, options)
    torch.manual_seed(seed)
    return found.build(config, DataSpec("images", (channels, resolution, resolution), 100))


def vectors(discriminator):
    """The left singular vectors that power iteration has reached, a copy of each."""
    return [value.clone() for name, value in discriminator.named_buffers() if name.endswith("_u")]


def weighted(network):
    return [layer for layer in network.modules() if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear)]


def test_every_weight_of_the_discriminator_is_normalized_and_none_of_the_generator():
    made = game(width=4)
    assert all(parametrize.is_parametrized(layer, "weight") for layer in weighted(made.discriminator))
    assert not any(parametrize.is_parametrized(layer) for layer in weighted(made.generator))
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in made.discriminator.modules())
    for _ in range(100):
        made.discriminator(torch.zeros(1, 1, 28, 28))
    for layer in weighted(made.discriminator.eval()):
        norm = torch.linalg.matrix_norm(layer.weight.detach().flatten(1), 2)
        assert norm.item() == pytest.approx(1.0, abs=1e-3)
        original = layer.parametrizations.weight.original.detach()
        torch.testing.assert_close(
            layer.weight * torch.linalg.matrix_norm(original.flatten(1), 2), original, rtol=2e-3, atol=1e-4
        )


def test_each_training_pass_is_one_power_iteration_and_evaluation_none():
    discriminator = game(width=4).discriminator
    layer = weighted(discriminator)[1]
    norm = layer.parametrizations.weight[0]
    matrix = layer.parametrizations.weight.original.detach().flatten(1)
    left, right = norm._u.clone(), norm._v.clone()
    for _ in range(2):
        discriminator(torch.zeros(1, 1, 28, 28))
        left = nn.functional.normalize(matrix @ right, dim=0, eps=1e-12)
        right = nn.functional.normalize(matrix.T @ left, dim=0, eps=1e-12)
        torch.testing.assert_close(norm._u, left)
        torch.testing.assert_close(norm._v, right)
    discriminator.eval()(torch.zeros(1, 1, 28, 28))
    torch.testing.assert_close(norm._u, left, rtol=0, atol=0)


def test_two_passes_in_the_discriminators_phase_and_one_in_the_generators():
    made = game(width=4)
    batch = Batch(torch.randn(2, 1, 28, 28), None, made.generator.latent.sample(2), None, torch.zeros(()))
    players, twin = Players(made.generator, made.discriminator), game(width=4).discriminator
    made.objective.discriminator_loss(players, batch)
    made.objective.generator_loss(players, batch)
    for _ in range(3):
        twin(torch.zeros(1, 1, 28, 28))
    for ours, expected in zip(vectors(made.discriminator), vectors(twin), strict=True):
        torch.testing.assert_close(ours, expected, rtol=0, atol=0)


def test_gradients_reach_the_unnormalized_weights_after_two_passes():
    """The second pass moves u in place; the backward of the first must not notice."""
    made = game(width=4)
    batch = Batch(torch.randn(2, 1, 28, 28), None, made.generator.latent.sample(2), None, torch.zeros(()))
    loss = made.objective.discriminator_loss(Players(made.generator, made.discriminator), batch).terms["adversarial"]
    loss.backward(inputs=list(made.discriminator.parameters()))
    for layer in weighted(made.discriminator):
        original = layer.parametrizations.weight.original
        assert original.grad.abs().sum() > 0
        # D does not change when a weight is scaled, so the gradient is orthogonal to the weight (section 2.1),
        # as far as u and v have converged.
        cosine = nn.functional.cosine_similarity(original.grad.flatten(), original.detach().flatten(), dim=0)
        assert abs(cosine.item()) < 0.05


def test_a_safetensors_round_trip_keeps_vectors_and_scores():
    one, other = game(width=4).discriminator, game(width=4, seed=1).discriminator
    one(torch.randn(2, 1, 28, 28))
    samples = torch.randn(3, 1, 28, 28)
    stored = safetensors.torch.load(safetensors.torch.save(dict(one.state_dict())))
    assert sum(name.endswith(("_u", "_v")) for name in stored) == 2 * len(weighted(one))
    other.load_state_dict(stored, strict=True)
    for _ in range(2):
        torch.testing.assert_close(other(samples), one(samples), rtol=0, atol=0)


def test_resume_is_bit_identical(tmp_path):
    images = numpy.random.RandomState(0).randint(0, 256, (40, 28, 28), dtype=numpy.uint8)
    numpy.savez(tmp_path / "tiny.npz", images=images)
    options = {
        "data": str(tmp_path / "tiny.npz"), "device": "cpu", "width": 2, "batch_size": 4, "preset": "paper",
        "latent_dim": 4, "discriminator_steps": 2, "display": QuietDisplay(),
    }  # fmt: skip
    straight = ganzoo.train("sngan", out=tmp_path / "straight", images=48, **options)
    half = ganzoo.train("sngan", out=tmp_path / "half", images=24, **options)
    ganzoo.resume(half.path, images=48, display=QuietDisplay())
    assert_same_end(straight.path, half.path)


def test_the_networks_are_those_of_table_3():
    """For 32 pixels: dense 4x4x512, 256, 128, 64 with batch norm, 3x3; and 64 64 128 128 256 256 512, dense."""
    made = game(resolution=32, channels=3)
    generator, discriminator = weighted(made.generator), weighted(made.discriminator)
    assert [type(layer).__name__ for layer in generator] == ["Linear"] + 3 * ["ConvTranspose2d"] + ["Conv2d"]
    assert generator[0].out_features == 4 * 4 * 512
    assert [layer.out_channels for layer in generator[1:]] == [256, 128, 64, 3]
    assert sum(isinstance(layer, nn.BatchNorm2d) for layer in made.generator.modules()) == 4
    assert [layer.out_channels for layer in discriminator[:-1]] == [64, 64, 128, 128, 256, 256, 512]
    assert [(layer.kernel_size[0], layer.stride[0]) for layer in discriminator[:-1]] == 3 * [(3, 1), (4, 2)] + [(3, 1)]
    assert (discriminator[-1].in_features, discriminator[-1].out_features) == (4 * 4 * 512, 1)
    assert {layer.negative_slope for layer in made.discriminator.modules() if isinstance(layer, nn.LeakyReLU)} == {0.1}


def test_the_papers_numbers():
    made, five = game(width=4), game("five-steps", width=4)
    assert made.optimizers.groups["discriminator"] == made.optimizers.groups["generator"] == Adam(2e-4, (0.5, 0.999))
    assert five.optimizers.groups["discriminator"] == five.optimizers.groups["generator"] == Adam(1e-4, (0.5, 0.9))
    assert (made.objective.phases()[0].repeats(0), five.objective.phases()[0].repeats(0)) == (1, 5)
    assert repr(made.objective.loss) == "Hinge()"


@pytest.mark.parametrize(("resolution", "channels"), [(28, 1), (32, 3), (64, 3), (128, 1)])
def test_shapes_and_range(resolution, channels):
    made = game(width=2, resolution=resolution, channels=channels)
    samples = made.generator(made.generator.latent.sample(2))
    assert samples.shape == (2, channels, resolution, resolution)
    assert samples.abs().max() <= 1
    assert made.discriminator(samples).shape == (2,)
