"""PacGAN: what a pack is, which batches can be packed, and the networks of the paper's table layer by layer."""

import pytest
import torch
from torch import nn

from ganzoo import Batch, ConfigError, DataSpec, Latent, Players, plugins
from ganzoo.layers import Maxout
from ganzoo.objectives import minimax_discriminator, non_saturating_generator

POINTS = DataSpec("points", (2,), 100, kind="vector")


def images(resolution=28, channels=1):
    return DataSpec("images", (channels, resolution, resolution), 100)


def resolve(preset, **options):
    return plugins.registry().find("pacgan").load_config().resolve(preset, options)


def build(data, preset="paper", **options):
    config = resolve(preset, **options)
    config.check(data)
    torch.manual_seed(0)
    return plugins.registry().find("pacgan").build(config, data)


def count(network):
    return sum(parameter.numel() for parameter in network.parameters())


def test_the_generator_of_points_is_four_layers_of_400_without_bias_and_an_output_with_one():
    generator = build(POINTS).generator
    assert [type(layer) for layer in generator.layers] == [nn.Linear, nn.BatchNorm1d, nn.ReLU] * 4 + [nn.Linear]
    linear = [layer for layer in generator.layers if isinstance(layer, nn.Linear)]
    assert [(layer.in_features, layer.out_features) for layer in linear] == [(2, 400), *[(400, 400)] * 3, (400, 2)]
    assert [layer.bias is not None for layer in linear] == [False] * 4 + [True]
    # 2 x 400, 3 x 400 x 400; 4 x (400 scales + 400 shifts); 400 x 2 + 2.
    assert count(generator) == 800 + 480_000 + 3_200 + 802
    assert generator.latent == Latent((2,), "normal")
    assert generator(torch.randn(7, 2)).shape == (7, 2)


@pytest.mark.parametrize("packing", [1, 2, 3, 4])
def test_the_discriminator_of_points_scores_packs(packing):
    discriminator = build(POINTS, packing=packing).discriminator
    assert [type(layer) for layer in discriminator.layers] == [Maxout] * 3 + [nn.Linear]
    # 2 m x 1000 + 1000; 2 x (200 x 1000 + 1000); 200 + 1.
    assert count(discriminator) == 2_000 * packing + 1_000 + 402_000 + 201


@pytest.mark.parametrize("data", [POINTS, images(), images(32, 3)], ids=["points", "gray", "color"])
@pytest.mark.parametrize("packing", [1, 2, 3, 4])
def test_m_samples_in_a_row_are_one_pack(data, packing):
    # In evaluation mode, because batch norm joins all packs of a batch.
    discriminator = build(data, width=4, packing=packing).discriminator.eval()
    samples = torch.randn(5 * packing, *data.shape)
    with torch.no_grad():
        scores = discriminator(samples)
        assert scores.shape == (5,)
        # A score depends on its own pack alone, on every sample of it, and on nothing else.
        for index in range(len(samples)):
            moved = samples.clone()
            moved[index] += 10
            changed = discriminator(moved) != scores
            assert changed.nonzero().flatten().tolist() == [index // packing]


def test_images_of_a_pack_are_stacked_along_channels():
    discriminator = build(images(28, 3), "laptop", width=4).discriminator
    seen = []
    discriminator.layers.register_forward_pre_hook(lambda layers, given: seen.append(given[0]))
    samples = torch.randn(6, 3, 28, 28)
    discriminator(samples)
    expected = torch.stack([torch.cat([samples[2 * pack], samples[2 * pack + 1]]) for pack in range(3)])
    assert torch.equal(seen[0], expected)
    assert expected.shape == (3, 6, 28, 28)


def test_maxout_is_the_largest_of_its_pieces():
    layer = Maxout(2, 2, 3)
    assert layer.linear.weight.shape == (6, 2)
    with torch.no_grad():
        # Pieces 0, 1, 2 of output 0 are x, y, 0; of output 1: -x, -y, x + y. Pieces lie one after another.
        layer.linear.weight.copy_(torch.tensor([[1.0, 0], [-1, 0], [0, 1], [0, -1], [0, 0], [1, 1]]))
        layer.linear.bias.copy_(torch.tensor([0.0, 0, 0, 0, 0, 0.5]))
    values = layer(torch.tensor([[3.0, -2.0], [-1.0, -4.0], [2.0, 5.0]]))
    # max(3, -2, 0), max(-3, 2, 1.5); max(-1, -4, 0), max(1, 4, -4.5); max(2, 5, 0), max(-2, -5, 7.5).
    assert values.tolist() == [[3.0, 2.0], [0.0, 4.0], [5.0, 7.5]]


@pytest.mark.parametrize(("data", "preset"), [(POINTS, "paper"), (images(), "laptop")], ids=["points", "images"])
def test_first_weights_are_those_of_the_authors(data, preset):
    game = build(data, preset)
    for network in (game.generator, game.discriminator):
        for layer in network.modules():
            if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
                # Five standard errors of a standard deviation of n numbers: sigma / sqrt(2 n) each.
                slack = 5 * 0.02 / (2 * layer.weight.numel()) ** 0.5
                assert abs(layer.weight.std(correction=0).item() - 0.02) < slack
            if isinstance(layer, nn.Linear):
                assert layer.bias is None or not layer.bias.any()


@pytest.mark.parametrize("packing", [1, 3])
def test_preset_paper_is_the_game_of_its_table(packing):
    game = build(POINTS, packing=packing)
    assert game.objective.simultaneous
    assert game.stages[0].batch_size == 100 * packing
    for recipe in (game.optimizers.groups["generator"], game.optimizers.groups["discriminator"]):
        assert (recipe.lr, recipe.betas, recipe.eps) == (1e-4, (0.8, 0.999), 1e-8)
    # No average: a kept share of 0.
    assert game.ema.decay(10**9, 100) == 0


def test_data_decides_the_preset_and_the_length_of_z():
    config = plugins.registry().find("pacgan").load_config()
    assert [config.default_preset(device, POINTS) for device in ("cpu", "cuda")] == ["paper", "paper"]
    assert [config.default_preset(device, images()) for device in ("cpu", "cuda")] == ["laptop", "images"]
    line = DataSpec("line", (1,), 100, kind="vector")
    assert build(line).generator.latent.shape == (1,)
    assert build(images(), "laptop", width=4).generator.latent.shape == (100,)
    assert build(images(), "laptop", width=4, latent_dim=7).generator.latent.shape == (7,)


def test_another_packing_keeps_the_number_of_packs_and_a_given_batch_is_kept():
    assert [resolve("paper", packing=m).batch_size for m in (1, 2, 3, 4)] == [100, 200, 300, 400]
    assert [resolve("images", packing=m).batch_size for m in (1, 2, 3, 4)] == [64, 128, 192, 256]
    assert resolve("paper", packing=4, batch_size="1k").batch_size == 1000
    # What a run recorded is what it goes on with.
    recorded = resolve("laptop", packing=3).model_dump(mode="json")
    assert type(resolve("paper")).parse(recorded).model_dump(mode="json") == recorded


@pytest.mark.parametrize(
    ("packing", "batch", "sizes"), [(3, 64, "63 or 66"), (2, 33, "32 or 34"), (4, 2, "4"), (4, 401, "400 or 404")]
)
def test_a_batch_that_is_not_whole_packs_is_refused(packing, batch, sizes):
    says = rf"^--batch-size \(={batch}\) must be a multiple of --packing \(={packing}\): give {sizes}$"
    for data in (POINTS, images()):
        with pytest.raises(ConfigError, match=says):
            build(data, packing=packing, batch_size=batch)


@pytest.mark.parametrize("packing", [0, 5])
def test_other_packings_are_refused(packing):
    with pytest.raises(ConfigError, match=rf"--packing \(={packing}\) must be (greater|less) than or equal to"):
        resolve("laptop", packing=packing)


def test_other_resolutions_are_refused():
    with pytest.raises(ConfigError, match=r"28, 32, 64, 128 pixels, and images has 48: .* --res"):
        build(images(48), "laptop")


@pytest.mark.parametrize("data", [POINTS, images()], ids=["points", "images"])
def test_losses_are_means_over_packs_and_reach_one_player_each(data):
    game = build(data, "paper", width=4, packing=3)
    generator, discriminator = game.generator, game.discriminator
    latents = generator.latent.sample(6)
    batch = Batch(torch.randn(6, *data.shape), None, latents, None, torch.zeros(()))
    players = Players(generator, discriminator)
    with torch.no_grad():
        fakes = generator(latents)
        real_scores, fake_scores = discriminator(batch.reals), discriminator(fakes)
    assert real_scores.shape == fake_scores.shape == (2,)
    expected = {
        "discriminator": minimax_discriminator(real_scores, fake_scores),
        "generator": non_saturating_generator(fake_scores),
    }
    for name, player, other in (
        ("discriminator", discriminator, generator),
        ("generator", generator, discriminator),
    ):
        (term,) = getattr(game.objective, f"{name}_loss")(players, batch).terms.values()
        torch.testing.assert_close(term.detach(), expected[name])
        term.backward(inputs=list(player.parameters()))
        assert all(parameter.grad.abs().sum() > 0 for parameter in player.parameters())
        assert all(parameter.grad is None for parameter in other.parameters())
        for parameter in player.parameters():
            parameter.grad = None


@pytest.mark.parametrize("data", [POINTS, images()], ids=["points", "images"])
def test_evaluation_does_not_depend_on_the_batch_size(data):
    generator = build(data, width=4).generator
    with torch.no_grad():
        for _ in range(3):
            generator(generator.latent.sample(16))
        latents = generator.latent.sample(8)
        together = generator.eval()(latents)
        alone = torch.cat([generator(latent[None]) for latent in latents])
    torch.testing.assert_close(together, alone, rtol=0, atol=1e-5)


def test_images_stay_in_range_and_points_do_not():
    game = build(images(), "laptop", width=4)
    assert game.generator(100 * game.generator.latent.sample(4)).abs().max() <= 1
    game = build(POINTS)
    with torch.no_grad():
        game.generator.layers[-1].weight.mul_(1000)
    assert game.generator(game.generator.latent.sample(64)).abs().max() > 1
