"""VAE-GAN: its three losses reach the parts they should and no other, exactly (arXiv:1512.09300, algorithm 1)."""

import pytest
import torch
from ganzoo_vaegan.config import VAEGANConfig
from ganzoo_vaegan.model import build, gaussian_divergence
from torch.nn.functional import logsigmoid

from ganzoo import Batch, ConfigError, DataSpec, EncodingGenerator, Players, RMSprop

SMALL = {"width": 4, "discriminator_width": 4, "latent_dim": 6}


def spec(resolution=28, channels=1):
    return DataSpec("images", (channels, resolution, resolution), 100)


def game(data=None, preset="laptop", **options):
    data = data or spec()
    config = VAEGANConfig.resolve(preset, {**SMALL, **options})
    config.check(data)
    torch.manual_seed(0)
    return build(config, data)


def double(made):
    """The players in float64, with weights large enough that nothing is lost in rounding."""
    players = Players(made.generator.double(), made.discriminator.double())
    for player in (players.generator, players.discriminator):
        for parameter in player.parameters():
            parameter.data.mul_(2.0)
    latents = torch.randn(8, 6).double()
    return players, Batch(torch.rand(8, 1, 28, 28).double() * 2 - 1, None, latents, None, torch.zeros(()))


def gradients(loss, network):
    return torch.autograd.grad(loss, list(network.parameters()), retain_graph=True)


def algorithm_1(players, batch, gamma, saturating):
    """L_prior, L_llike and the decoder's GAN loss, of one graph without any `detach`; the noise is drawn first."""
    g, d = players.generator, players.discriminator
    mean, log_variance = g.encoder(batch.reals).chunk(2, 1)
    z = mean + log_variance.exp().sqrt() * torch.randn_like(mean)
    posterior = torch.distributions.Normal(mean, log_variance.exp().sqrt())
    prior = torch.distributions.kl_divergence(posterior, torch.distributions.Normal(0.0, 1.0)).sum() / len(z)
    made, sampled = g(z), g(batch.latents)
    of_made, of_reals = d.features(torch.cat([made, batch.reals])).chunk(2)
    llike = ((of_made - of_reals) ** 2).sum() / 2 / len(z)
    scores = d(torch.cat([batch.reals, made, sampled])).chunk(3)
    gan = [logsigmoid(-s).mean() if saturating else -logsigmoid(s).mean() for s in scores[1:]]
    return prior, llike, sum(gan)


@pytest.mark.parametrize("level", [0, 1])
@pytest.mark.parametrize("loss", ["minimax", "non_saturating"])
@pytest.mark.parametrize("gamma", [1e-5, 0.3, 20.0])
def test_one_backward_gives_the_gradients_of_three(gamma, loss, level):
    made = game(gamma=gamma, loss=loss, feature_level=level)
    players, batch = double(made)
    g = players.generator
    torch.manual_seed(1)
    prior, llike, gan = algorithm_1(players, batch, gamma, loss == "minimax")
    encoder = gradients(prior + llike, g.encoder)
    decoder = gradients(gamma * llike + gan, g.decoder)

    for loss, network, expected, terms in (
        (made.objective.encoder_loss, g.encoder, encoder, [prior, llike]),
        (made.objective.decoder_loss, g.decoder, decoder, [gamma * llike, gan]),
    ):
        torch.manual_seed(1)
        found = loss(players, batch).terms
        torch.testing.assert_close([*found.values()], terms)
        sum(found.values()).backward(inputs=list(network.parameters()))
        for parameter, gradient in zip(network.parameters(), expected, strict=True):
            torch.testing.assert_close(parameter.grad, gradient, rtol=1e-6, atol=1e-9)
    assert all(parameter.grad is None for parameter in players.discriminator.parameters())


def test_each_loss_moves_its_own_part_and_encoder_and_decoder_move_at_once():
    discriminator, (encoder, decoder) = game().objective.phases()
    assert discriminator.updates == ("discriminator",)
    assert (encoder.updates, decoder.updates) == (("generator.encoder",), ("generator.decoder",))
    assert (encoder.reals, decoder.reals) == ("fresh", "last")


def test_discriminator_judges_real_reconstructed_and_sampled():
    made = game()
    players, batch = double(made)
    g, d = players.generator, players.discriminator
    torch.manual_seed(1)
    mean, log_variance = g.encoder(batch.reals).chunk(2, 1)
    z = mean + log_variance.exp().sqrt() * torch.randn_like(mean)
    real, rebuilt, sampled = d(torch.cat([batch.reals, g(z), g(batch.latents)])).chunk(3)
    l_gan = logsigmoid(real).mean() + logsigmoid(-rebuilt).mean() + logsigmoid(-sampled).mean()
    expected = gradients(-l_gan, d)

    torch.manual_seed(1)
    losses = made.objective.discriminator_loss(players, batch)
    sum(losses.terms.values()).backward()
    for parameter, gradient in zip(d.parameters(), expected, strict=True):
        torch.testing.assert_close(parameter.grad, gradient, rtol=1e-6, atol=1e-9)
    assert all(parameter.grad is None for parameter in g.parameters())
    assert losses.measures["fake_score"].item() == pytest.approx(torch.cat([rebuilt, sampled]).mean().item())


def test_reconstruction_distance_is_the_mean_norm():
    made = game()
    players, batch = double(made)
    torch.manual_seed(1)
    mean, log_variance = players.generator.posterior(batch.reals)
    rebuilt = players.generator(mean + (0.5 * log_variance).exp() * torch.randn_like(mean))
    norms = [float((x - y).square().sum().sqrt()) for x, y in zip(batch.reals, rebuilt.detach(), strict=True)]
    torch.manual_seed(1)
    measures = made.objective.encoder_loss(players, batch).measures
    assert measures["reconstruction_distance"].item() == pytest.approx(sum(norms) / len(norms))


def test_divergence_of_known_gaussians():
    """KL(N(m, s^2) || N(0, 1)) = (m^2 + s^2 - 1) / 2 - log s; 0 for the prior itself."""
    assert gaussian_divergence(torch.zeros(3, 2), torch.zeros(3, 2)).item() == 0.0
    mean, log_variance = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 2.0]])
    expected = 0.5 + (2.718281828**2 - 1) / 2 - 1.0
    assert gaussian_divergence(mean, log_variance).item() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(("resolution", "channels"), [(28, 1), (32, 3), (64, 3), (128, 1)])
def test_shapes(resolution, channels):
    made = game(spec(resolution, channels))
    assert isinstance(made.generator, EncodingGenerator)
    images = made.generator(made.generator.latent.sample(3))
    assert images.shape == (3, channels, resolution, resolution)
    assert images.abs().max() <= 1
    assert made.generator.encode(images).shape == (3, 6)
    assert made.discriminator(images).shape == (3,)


@pytest.mark.parametrize(("level", "shape"), [(1, (4, 16, 16)), (2, (8, 8, 8)), (3, (16, 4, 4)), (0, (16, 4, 4))])
def test_feature_level_names_a_hidden_map(level, shape):
    made = game(spec(32), feature_level=level)
    images = torch.randn(2, 1, 32, 32)
    features = made.discriminator.features(images)
    assert features.shape == (2, *shape)
    # The map that the score is made from, after its activation: a leaky ReLU of slope 0.2 keeps a fifth below zero.
    torch.testing.assert_close(made.discriminator.head(features).flatten(0), made.discriminator(images))


def test_encode_is_the_posterior_mean_and_has_no_noise():
    generator = game().generator.eval()
    images = torch.rand(3, 1, 28, 28) * 2 - 1
    assert torch.equal(generator.encode(images), generator.encode(images))
    assert torch.equal(generator.encode(images), generator.encoder(images)[:, :6])


def test_every_parameter_gets_a_gradient():
    for preset in ("laptop", "paper"):
        made = game(preset=preset)
        players = Players(made.generator, made.discriminator)
        batch = Batch(torch.randn(4, 1, 28, 28), None, torch.randn(4, 6), None, torch.zeros(()))
        for part, loss in (
            (made.discriminator, made.objective.discriminator_loss),
            (made.generator.encoder, made.objective.encoder_loss),
            (made.generator.decoder, made.objective.decoder_loss),
        ):
            sum(loss(players, batch).terms.values()).backward(inputs=list(part.parameters()))
            assert all(parameter.grad.abs().sum() > 0 for parameter in part.parameters())


def test_paper_preset_has_the_papers_numbers():
    config = VAEGANConfig.resolve("paper", {})
    assert (config.latent_dim, config.lr, config.batch_size, config.loss) == (128, 3e-4, 64, "minimax")
    made = build(config, spec(64, 3))
    assert set(made.optimizers.groups.values()) == {RMSprop(3e-4)}
    assert set(made.optimizers.groups) == {"generator.encoder", "generator.decoder", "discriminator"}


def test_refusals():
    with pytest.raises(ConfigError, match=r"28, 32, 64, 128 pixels, and images has 48"):
        game(spec(48))
    with pytest.raises(ConfigError, match=r"--feature-level \(=3\) must be at most 2 for images of 28 pixels"):
        game(feature_level=3)
    with pytest.raises(ConfigError, match=r"--gamma \(=0\) must be greater than 0"):
        game(gamma=0)
