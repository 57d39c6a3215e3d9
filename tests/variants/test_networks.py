"""What the papers fix of vanilla and dcgan. Shapes, ranges and gradients of all variants: `tests/conformance`."""

import pytest
import torch
from torch import nn

from ganzoo import ConfigError, DataSpec, plugins


def spec(resolution=28, channels=1):
    return DataSpec("images", (channels, resolution, resolution), 100)


def build(variant, data, **options):
    found = plugins.registry().find(variant)
    preset, narrow = ("classic", {"width": 4}) if variant == "dcgan" else ("laptop", {})
    config = found.load_config().resolve(options.pop("preset", preset), narrow | options)
    config.check(data)
    torch.manual_seed(0)
    return found.build(config, data)


def test_dcgan_has_the_layers_of_figure_1():
    """4x4x1024, 8x8x512, 16x16x256, 32x32x128, 64x64x3; no batch norm at G's output and D's input."""
    game = build("dcgan", spec(64, 3), width=128)
    shapes = []
    for layer in game.generator.layers:
        layer.register_forward_hook(lambda layer, _, out: shapes.append((type(layer), tuple(out.shape[1:]))))
    game.generator(game.generator.latent.sample(2))
    made = [shape for kind, shape in shapes if kind is nn.ConvTranspose2d]
    assert made == [(1024, 4, 4), (512, 8, 8), (256, 16, 16), (128, 32, 32), (3, 64, 64)]
    kinds = [type(layer) for layer in game.generator.layers]
    assert kinds[-2:] == [nn.ConvTranspose2d, nn.Tanh]
    assert kinds.count(nn.BatchNorm2d) == kinds.count(nn.ReLU) == 4
    judging = [type(layer) for layer in game.discriminator.layers]
    assert judging[:3] == [nn.Conv2d, nn.LeakyReLU, nn.Conv2d]
    assert judging[-2:] == [nn.Conv2d, nn.Flatten]
    assert judging.count(nn.BatchNorm2d) == 3
    assert nn.Linear not in kinds + judging


def test_dcgan_weights_start_from_a_narrow_normal():
    game = build("dcgan", spec(64, 3), width=64)
    for network in (game.generator, game.discriminator):
        weights = torch.cat(
            [m.weight.flatten() for m in network.modules() if isinstance(m, nn.Conv2d | nn.ConvTranspose2d)]
        )
        assert float(weights.mean().detach()) == pytest.approx(0.0, abs=2e-4)
        assert float(weights.std().detach()) == pytest.approx(0.02, rel=0.01)


def test_dcgan_laptop_has_a_layer_at_the_images_size_and_no_norm_in_the_discriminator():
    game = build("dcgan", spec(), preset="laptop", width=8, image_maps=3)
    shapes = []
    for network in (game.generator, game.discriminator):
        for layer in network.layers:
            if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                layer.register_forward_hook(lambda _, __, out: shapes.append(tuple(out.shape[1:])))
    game.discriminator(game.generator(game.generator.latent.sample(2)))
    assert shapes[:4] == [(16, 7, 7), (8, 14, 14), (3, 28, 28), (1, 28, 28)]
    assert shapes[4:] == [(3, 28, 28), (8, 14, 14), (16, 7, 7), (1, 1, 1)]
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in game.discriminator.modules())
    adam = game.optimizers.groups["discriminator"]
    assert (adam.betas, adam.schedule(0), adam.schedule(250_000)) == ((0.0, 0.99), 1.0, pytest.approx(0.1))
    assert [phase.name for phase in game.objective.phases()] == ["discriminator", "r1", "generator"]


def test_a_relativistic_loss_has_no_labels_to_smooth():
    with pytest.raises(ConfigError, match=r"--real-target \(=0.9\) .* leave them at 1, or give --loss non_saturating"):
        build("dcgan", spec(), preset="laptop", real_target=0.9)


def test_r1_needs_a_discriminator_without_batch_norm():
    with pytest.raises(ConfigError, match="give --gamma 0 or --discriminator-norm none"):
        build("dcgan", spec(), gamma=1.0)


def test_paper_presets_have_the_papers_numbers():
    dcgan = plugins.registry().find("dcgan").load_config().resolve("paper", {})
    assert (dcgan.loss, dcgan.discriminator_norm, dcgan.image_maps, dcgan.gamma) == ("non_saturating", "batch", 0, 0)
    assert (dcgan.final_lr, dcgan.beta2) == (1, 0.999)
    assert (dcgan.latent_dim, dcgan.latent, dcgan.lr, dcgan.beta1, dcgan.batch_size) == (100, "uniform", 2e-4, 0.5, 128)
    vanilla = plugins.registry().find("vanilla").load_config()
    paper, wide = vanilla.resolve("paper", {}), vanilla.resolve("wide", {})
    assert (paper.generator_widths, paper.discriminator_widths, paper.batch_size) == ((128,), (64,), 32)
    assert (paper.negative_slope, paper.lr, paper.images) == (0.01, 2e-4, 25 * 60_000)
    assert (wide.generator_widths, wide.batch_norm, wide.images) == ((256, 512, 1024), True, 30_000 * 128)


def test_vanilla_tutorial_form_has_its_number_of_parameters():
    """z 100 - 128 - 784, and 784 - 64 - 1."""
    found = plugins.registry().find("vanilla")
    game = found.build(found.load_config().resolve("paper", {}), spec())
    assert sum(p.numel() for p in game.generator.parameters()) == 100 * 128 + 128 + 128 * 784 + 784
    assert sum(p.numel() for p in game.discriminator.parameters()) == 784 * 64 + 64 + 64 + 1


def test_vanilla_makes_unbounded_vectors():
    game = build("vanilla", DataSpec("points", (2,), 100, kind="vector"))
    samples = game.generator(100 * game.generator.latent.sample(64))
    assert samples.shape == (64, 2)
    assert samples.abs().max() > 1
    assert game.discriminator(samples).shape == (64,)


@pytest.mark.parametrize("resolution", [8, 27, 48, 256])
def test_dcgan_refuses_other_resolutions_and_says_which_it_makes(resolution):
    with pytest.raises(ConfigError, match=rf"28, 32, 64, 128 pixels, and images has {resolution}: .* --res"):
        build("dcgan", spec(resolution))


def test_28_to_32_pixels_is_padding_recorded_in_the_spec():
    from ganzoo.data import DataOptions, inspect

    assert inspect(DataOptions(res=32)).fit == "padded from 28 to 32"
