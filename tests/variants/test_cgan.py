"""The conditional GAN: where the label enters each network, the paper's layers, and that training makes G obey."""

import numpy
import pytest
import torch
from torch import nn

import ganzoo
from ganzoo import Batch, ConfigError, DataSpec, Players, plugins
from ganzoo.core.data_spec import labels_named
from ganzoo.layers import Maxout
from ganzoo.runs.observers.display import QuietDisplay

CLASSES = 10
EMBEDDINGS = ("concatenated", "multiplied")
FORMS = [(network, embedding) for network in ("conv", "mlp") for embedding in EMBEDDINGS]


def spec(resolution=28, channels=1):
    names = tuple(map(str, range(CLASSES)))
    return DataSpec("images", (channels, resolution, resolution), 100, condition=labels_named(names))


def build(preset="laptop", data=None, **options):
    found = plugins.registry().find("cgan")
    data = data or spec()
    config = found.load_config().resolve(preset, {"width": 4, **options})
    config.check(data)
    torch.manual_seed(0)
    return found.build(config, data)


def watch(module):
    """What reaches a module, as a list that grows."""
    seen = []
    module.register_forward_pre_hook(lambda module, given: seen.append(given[0].detach()))
    return seen


@pytest.mark.parametrize(("network", "embedding"), FORMS)
@pytest.mark.parametrize(("resolution", "channels"), [(28, 1), (32, 3), (64, 1), (128, 3)])
def test_shapes_and_range(network, embedding, resolution, channels):
    game = build(data=spec(resolution, channels), network=network, embedding=embedding)
    labels = torch.tensor([0, 4, 9])
    samples = game.generator(100 * game.generator.latent.sample(3), labels)
    assert samples.shape == (3, channels, resolution, resolution)
    assert samples.abs().max() <= 1
    assert game.discriminator(samples, labels).shape == (3,)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_label_is_one_more_map_beside_the_image_or_multiplies_it(channels):
    labels = torch.tensor([7, 0, 7])
    images = torch.rand(3, channels, 32, 32)
    beside = build(data=spec(32, channels)).discriminator
    seen = watch(beside.network.after)
    beside(images, labels)
    assert torch.equal(seen[0][:, :channels], images)
    assert torch.equal(seen[0][:, channels:], beside.network.table.weight[labels].reshape(3, 1, 32, 32))
    times = build(data=spec(32, channels), embedding="multiplied").discriminator
    seen = watch(times.network.after)
    times(images, labels)
    assert torch.equal(seen[0], images * times.network.table.weight[labels].reshape(3, channels, 32, 32))


def test_a_label_stands_beside_z_or_multiplies_it():
    labels = torch.tensor([7, 0, 7])
    beside = build(embedding_dim=5, latent_dim=6).generator
    seen = watch(beside.network.after)
    latents = beside.latent.sample(3)
    beside(latents, labels)
    assert torch.equal(seen[0], torch.cat([latents, beside.network.table.weight[labels]], 1))
    assert seen[0].shape == (3, 11)
    times = build(embedding="multiplied", latent_dim=6).generator
    seen = watch(times.network.after)
    times(latents, labels)
    assert torch.equal(seen[0], latents * times.network.table.weight[labels])


@pytest.mark.parametrize(("network", "embedding"), FORMS)
def test_each_player_gets_a_gradient_in_every_parameter_and_the_other_none(network, embedding):
    game = build(network=network, embedding=embedding)
    players = Players(game.generator, game.discriminator)
    labels = torch.arange(CLASSES)
    for player, other, loss in (
        (game.discriminator, game.generator, game.objective.discriminator_loss),
        (game.generator, game.discriminator, game.objective.generator_loss),
    ):
        latents = game.generator.latent.sample(CLASSES)
        batch = Batch(torch.randn(CLASSES, 1, 28, 28), labels, latents, labels.flip(0), torch.zeros(()))
        (term,) = loss(players, batch).terms.values()
        assert torch.isfinite(term)
        term.backward(inputs=list(player.parameters()))
        assert all(parameter.grad.abs().sum() > 0 for parameter in player.parameters())
        # Every class has a row of its own.
        assert (player.network.table.weight.grad.abs().sum(1) > 0).all()
        assert all(parameter.grad is None for parameter in other.parameters())
        for parameter in player.parameters():
            parameter.grad = None


@pytest.mark.parametrize("network", ["conv", "mlp"])
def test_reals_are_judged_with_their_own_labels_and_fakes_with_theirs(network):
    game = build(network=network)
    seen = []
    game.discriminator.register_forward_pre_hook(lambda module, given: seen.append(given[1].tolist()))
    reals, fakes = torch.arange(8), torch.arange(8).flip(0)
    batch = Batch(torch.randn(8, 1, 28, 28), reals, game.generator.latent.sample(8), fakes, torch.zeros(()))
    players = Players(game.generator, game.discriminator)
    game.objective.discriminator_loss(players, batch)
    game.objective.generator_loss(players, batch)
    assert seen == [reals.tolist(), fakes.tolist(), fakes.tolist()]


@pytest.mark.parametrize(("network", "embedding"), FORMS)
def test_evaluation_does_not_depend_on_the_batch_size(network, embedding):
    generator = build(network=network, embedding=embedding, dropout=0.5).generator
    labels = torch.arange(8)
    with torch.no_grad():
        for _ in range(3):
            generator(generator.latent.sample(16), torch.arange(16) % CLASSES)
        latents = generator.latent.sample(8)
        together = generator.eval()(latents, labels)
        alone = torch.cat([generator(latents[i : i + 1], labels[i : i + 1]) for i in range(8)])
    torch.testing.assert_close(together, alone, rtol=0, atol=1e-5)


def count(network):
    return sum(parameter.numel() for parameter in network.parameters())


def test_preset_paper_has_the_layers_and_numbers_of_section_4_1():
    game = build("paper")
    # z 100 to 200; 10 rows of 1000; 1200 to 1200; 1200 to 784.
    assert count(game.generator) == 20_200 + 10_000 + (1200 * 1200 + 1200) + (1200 * 784 + 784)
    # 784 to 240 x 5; 10 rows of 50; 290 to 240 x 4; 240 to 1.
    assert count(game.discriminator) == (784 * 1200 + 1200) + 500 + (290 * 960 + 960) + 241
    assert [layer.pieces for layer in game.discriminator.modules() if isinstance(layer, Maxout)] == [5, 4]
    drops = [m.p for p in (game.generator, game.discriminator) for m in p.modules() if isinstance(m, nn.Dropout)]
    assert drops == [0.5] * 4
    latents = game.generator.latent.sample(1000)
    assert latents.shape == (1000, 100)
    assert 0 <= latents.min() < 0.01
    assert 0.99 < latents.max() <= 1
    assert game.stages[0].batch_size == 100


@pytest.mark.parametrize("resolution", [8, 27, 48])
def test_only_convolutions_mind_the_size(resolution):
    with pytest.raises(ConfigError, match=rf"28, 32, 64, 128 pixels, and images has {resolution}: .* --res"):
        build(data=spec(resolution))
    game = build(data=spec(resolution), network="mlp")
    assert game.generator(game.generator.latent.sample(2), torch.tensor([0, 1])).shape[-1] == resolution


def test_data_without_labels_is_refused(tmp_path):
    numpy.savez(tmp_path / "plain.npz", images=numpy.zeros((20, 28, 28), dtype=numpy.uint8))
    says = "^cgan needs labels, and plain has none: sort the images into one folder a class$"
    with pytest.raises(ConfigError, match=says):
        ganzoo.train("cgan", data=str(tmp_path / "plain.npz"), out=tmp_path / "run", display=QuietDisplay())
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("embedding", EMBEDDINGS)
def test_training_makes_the_generator_obey(tmp_path, embedding, monkeypatch):
    """Two classes of flat images, dark and light: whether a sample is of its class is the sign of its mean."""
    monkeypatch.setenv("GANZOO_HOME", str(tmp_path / "home"))
    random = numpy.random.RandomState(0)
    labels = random.randint(0, 2, 600)
    images = (55 + 145 * labels[:, None, None] + random.randint(-20, 21, (600, 8, 8))).astype(numpy.uint8)
    numpy.savez(tmp_path / "flat.npz", images=images, labels=labels)
    run = ganzoo.train(
        "cgan", data=str(tmp_path / "flat.npz"), preset="laptop", out=tmp_path / "run", display=QuietDisplay(),
        device="cpu", seed=0, network="mlp", embedding=embedding, images=4_000, batch_size=32, ema_images=500,
    )  # fmt: skip
    asked = torch.tensor([0, 1] * 100)
    means = ganzoo.load(run.path).sample(200, labels=asked.tolist()).mean(dim=(1, 2, 3))
    assert ((means > 0) == asked.bool()).float().mean() > 0.95
