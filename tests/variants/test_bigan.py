"""BiGAN: D judges pairs, and G and E share the blame (arXiv:1605.09782)."""

import math

import pytest
import torch
from ganzoo_bigan.config import BiGANConfig
from ganzoo_bigan.model import ExponentialDecay, build
from torch import nn
from torch.nn.functional import logsigmoid

from ganzoo import Batch, ConfigError, DataSpec, EncodingGenerator, Players

FORMS = [
    {"networks": "mlp", "widths": "16,16"},
    {"networks": "mlp", "widths": "16", "latent": "normal"},
    {"networks": "conv", "widths": "16", "width": 4},
    {"networks": "conv", "widths": "16,8", "width": 4, "latent": "normal"},
]


def spec(resolution=28, channels=1):
    return DataSpec("images", (channels, resolution, resolution), 100)


def game(data=None, preset="laptop", **options):
    data = data or spec()
    config = BiGANConfig.resolve(preset, {"latent_dim": 5, **options})
    config.check(data)
    torch.manual_seed(0)
    return build(config, data)


def setting(made):
    """Players in float64, and a batch."""
    players = Players(made.generator.double(), made.discriminator.double())
    reals = torch.rand(8, 1, 28, 28).double() * 2 - 1
    return players, Batch(reals, None, made.generator.latent.sample(8).double(), None, torch.zeros(()))


@pytest.mark.parametrize("form", FORMS)
def test_losses_are_those_of_the_joint_game(form):
    """D maximizes V = E log D(x, E(x)) + E log(1 - D(G(z), z)); G and E maximize V with the labels swapped."""
    made = game(r1_weight=0.0, **form)
    players, batch = setting(made)
    g, d = players.generator, players.discriminator
    encoded, generated = d(batch.reals, g.encode(batch.reals)), d(g(batch.latents), batch.latents)
    value = logsigmoid(encoded).mean() + logsigmoid(-generated).mean()
    swapped = logsigmoid(-encoded).mean() + logsigmoid(generated).mean()
    for loss, expected, player, other in (
        (made.objective.discriminator_loss, -value, d, g),
        (made.objective.generator_loss, -swapped, g, d),
    ):
        total = sum(loss(players, batch).terms.values())
        torch.testing.assert_close(total, expected)
        gradients = torch.autograd.grad(expected, list(player.parameters()), retain_graph=True)
        total.backward(inputs=list(player.parameters()))
        for parameter, gradient in zip(player.parameters(), gradients, strict=True):
            torch.testing.assert_close(parameter.grad, gradient)
            assert parameter.grad.abs().sum() > 0
            parameter.grad = None
        assert all(parameter.grad is None for parameter in other.parameters())


@pytest.mark.parametrize("form", FORMS)
def test_the_discriminator_looks_at_both_halves_of_a_pair(form):
    made = game(**form)
    d = made.discriminator.double().eval()
    images, latents = torch.randn(4, 1, 28, 28).double(), torch.randn(4, 5).double()
    scores = d(images, latents)
    assert scores.shape == (4,)
    assert not torch.allclose(d(images.flip(0), latents), scores, rtol=1e-9, atol=0)
    assert not torch.allclose(d(images, latents.flip(0)), scores, rtol=1e-9, atol=0)


@pytest.mark.parametrize("form", FORMS)
def test_shapes_and_ranges(form):
    made = game(**form)
    g = made.generator
    assert isinstance(g, EncodingGenerator)
    images = g(g.latent.sample(4))
    assert images.shape == (4, 1, 28, 28)
    assert images.abs().max() <= 1
    for parameter in g.encoder.parameters():
        parameter.data.mul_(50.0)
    codes = g.encode(images)
    assert codes.shape == (4, 5)
    # The range of z and no more, or D would know E(x) by it; a normal z has no bounds.
    assert (codes.abs().max() <= 1) == (g.latent.distribution == "uniform")


@pytest.mark.parametrize("form", FORMS)
def test_reconstruction_distance_is_measured_without_a_trace(form):
    made = game(**form)
    players, batch = setting(made)
    g = players.generator
    with torch.no_grad():
        rebuilt = g(g.encode(batch.reals))
    norms = [float((x - y).square().sum().sqrt()) for x, y in zip(batch.reals, rebuilt, strict=True)]
    # What a generator phase without the measure does to the running statistics.
    before = {name: buffer.clone() for name, buffer in g.named_buffers()}
    g.encode(batch.reals), g(batch.latents)
    expected = {name: buffer.clone() for name, buffer in g.named_buffers()}
    g.load_state_dict(before, strict=False)
    measures = made.objective.generator_loss(players, batch).measures
    assert measures["reconstruction_distance"].item() == pytest.approx(sum(norms) / len(norms))
    assert not measures["reconstruction_distance"].requires_grad
    for name, buffer in g.named_buffers():
        torch.testing.assert_close(buffer, expected[name], msg=name)


@pytest.mark.parametrize("form", FORMS)
def test_evaluation_does_not_depend_on_the_batch_size(form):
    g = game(**form).generator
    with torch.no_grad():
        for _ in range(3):
            g.encode(g(g.latent.sample(16)))
        g.eval()
        images = g(g.latent.sample(6))
        alone = torch.cat([g.encode(image[None]) for image in images])
    torch.testing.assert_close(g.encode(images), alone, rtol=0, atol=1e-5)


def test_conv_takes_the_sizes_it_says():
    for resolution, channels in ((28, 3), (32, 1), (64, 3)):
        made = game(spec(resolution, channels), networks="conv", width=4, widths="8")
        images = made.generator(made.generator.latent.sample(2))
        assert images.shape == (2, channels, resolution, resolution)
        assert made.discriminator(images, made.generator.encode(images)).shape == (2,)


def test_paper_preset_has_the_papers_networks_and_numbers():
    config = BiGANConfig.resolve("paper", {})
    assert (config.networks, config.widths, config.latent_dim, config.latent) == ("mlp", (1024, 1024), 50, "uniform")
    assert (config.lr, config.beta1, config.batch_size, config.images) == (2e-4, 0.5, 128, 400 * 60_000)
    made = build(config, spec())
    kinds = {name: [type(layer) for layer in net] for name, net in (
        ("G", made.generator.decoder), ("E", made.generator.encoder), ("D", made.discriminator.joint))}  # fmt: skip
    linear, norm = nn.Linear, nn.BatchNorm1d
    assert kinds["G"] == [linear, norm, nn.ReLU, linear, norm, nn.ReLU, linear, nn.Unflatten, nn.Tanh]
    hidden = [linear, nn.LeakyReLU, linear, norm, nn.LeakyReLU, linear]
    assert kinds["E"] == [nn.Flatten, *hidden, nn.Tanh]
    assert kinds["D"] == [*hidden, nn.Flatten]
    assert made.discriminator.joint[0].in_features == 784 + 50
    assert made.objective.simultaneous
    assert game(simultaneous=False).objective.simultaneous is False


def test_learning_rate_falls_exponentially_over_the_second_half():
    decay = ExponentialDecay(1000, 0.01)
    assert [decay(images) for images in (0, 500)] == [1.0, 1.0]
    assert decay(750) == pytest.approx(0.1)
    assert decay(1000) == decay(2000) == pytest.approx(0.01)
    assert game(final_lr=1).optimizers.groups["generator"].schedule(10**9) == 1.0
    recipe = game(images=1000, final_lr=0.25).optimizers.groups["generator"]
    assert math.isclose(recipe.schedule(750), 0.5)


def test_mlp_takes_any_size_and_conv_refuses_with_both_ways_out():
    assert game(spec(20), networks="mlp", widths="8").generator.encode(torch.zeros(2, 1, 20, 20)).shape == (2, 5)
    with pytest.raises(ConfigError, match=r"28, 32, 64, 128 pixels, and images has 20: .*--res, or --networks mlp"):
        game(spec(20), networks="conv")


class Linear(nn.Module):
    """Scores a . x + b . z, whose gradient is known."""

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Parameter(torch.full((784,), 0.1)), nn.Parameter(torch.full((5,), 2.0))

    def forward(self, samples, latents):
        return samples.flatten(1).float() @ self.a + latents.float() @ self.b


def test_r1_is_the_squared_gradient_over_image_and_code():
    made = game(r1_weight=0.5)
    reals = torch.rand(8, 1, 28, 28) * 2 - 1
    d = Linear()
    batch = Batch(reals, None, made.generator.latent.sample(8), None, torch.zeros(()))
    term = made.objective.discriminator_loss(Players(made.generator, d), batch).terms["r1"]
    assert term.item() == pytest.approx(0.25 * (784 * 0.1**2 + 5 * 2.0**2), rel=1e-5)
    term.backward()
    assert d.b.grad.tolist() == pytest.approx([0.5 * 2.0] * 5)
    assert all(parameter.grad is None for parameter in made.generator.parameters())
    assert not reals.requires_grad
    assert "r1" not in game(r1_weight=0.0).objective.discriminator_loss(Players(made.generator, d), batch).terms
