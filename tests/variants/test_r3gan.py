"""R3GAN: the blocks of config E and how they start, the resampling, and the objective by hand."""

import numpy
import pytest
import torch
from engine.runs import assert_same_end
from ganzoo_r3gan.config import levels
from ganzoo_r3gan.model import Doubling, ResidualBlock
from torch import nn
from torch.nn.functional import interpolate, softplus

import ganzoo
from ganzoo import Adam, Batch, ConfigError, CosineDecay, DataSpec, Optimizers, Players, plugins
from ganzoo.runs.observers.display import QuietDisplay


def config(resolution=28, preset="paper", **options):
    resolved = plugins.registry().find("r3gan").load_config().resolve(preset, options)
    resolved.check(spec(resolution))
    return resolved


def spec(resolution=28, channels=1):
    return DataSpec("images", (channels, resolution, resolution), 100)


def game(resolution=28, channels=1, preset="paper", **options):
    torch.manual_seed(0)
    chosen = config(resolution, preset, **options)
    return plugins.registry().find("r3gan").build(chosen, spec(resolution, channels))


def scattered(network):
    """Move every parameter, so that no block is the identity."""
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    return network


@pytest.mark.parametrize(
    ("resolution", "sides"), [(28, (7, 14, 28)), (32, (4, 8, 16, 32)), (256, (4, 8, 16, 32, 64, 128, 256))]
)
def test_levels(resolution, sides):
    assert levels(resolution) == sides


def test_a_block_is_an_inverted_bottleneck_with_groups_of_sixteen():
    block = ResidualBlock(64, config(), 8)
    assert block.outwards.weight.shape == (128, 64, 1, 1)
    assert block.grouped.weight.shape == (128, 16, 3, 3)
    assert block.grouped.groups == 8
    assert block.back.weight.shape == (64, 128, 1, 1)
    assert block.back.bias is None


def test_a_block_computes_what_it_says():
    block = scattered(ResidualBlock(16, config(), 8))
    maps = torch.randn(2, 16, 5, 5)
    inner = torch.einsum("oi,nihw->nohw", block.outwards.weight[:, :, 0, 0], maps) + block.outwards.bias[:, None, None]
    inner = torch.where(inner > 0, inner, 0.2 * inner)
    halves = [
        nn.functional.conv2d(inner[:, part], block.grouped.weight[part], block.grouped.bias[part], padding=1)
        for part in (slice(0, 16), slice(16, 32))
    ]
    inner = torch.cat(halves, 1)
    inner = torch.where(inner > 0, inner, 0.2 * inner)
    expected = maps + torch.einsum("oi,nihw->nohw", block.back.weight[:, :, 0, 0], inner)
    torch.testing.assert_close(block(maps), expected, rtol=1e-4, atol=1e-5)


def test_fix_up_initialization():
    """The last convolution is 0, so a block starts as the identity; the others are He's, times L^(-1/4)."""
    torch.manual_seed(0)
    block = ResidualBlock(256, config(), 16)
    maps = torch.randn(2, 256, 4, 4)
    torch.testing.assert_close(block(maps), maps, rtol=0, atol=0)
    he = (2 / (1 + 0.2**2)) ** 0.5
    assert block.outwards.weight.std().item() == pytest.approx(he / 256**0.5 / 2, rel=0.02)
    assert block.grouped.weight.std().item() == pytest.approx(he / (16 * 9) ** 0.5 / 2, rel=0.02)
    assert not block.outwards.bias.any()
    assert not block.grouped.bias.any()


def test_every_block_of_a_network_counts_in_its_depth():
    """Six blocks for 28 pixels with two at each of three levels."""
    made = game(width=256)
    for network in (made.generator, made.discriminator):
        blocks = [module for module in network.modules() if isinstance(module, ResidualBlock)]
        assert len(blocks) == 6
        for block in blocks:
            expected = (2 / 1.04) ** 0.5 / 256**0.5 * 6**-0.25
            assert block.outwards.weight.std().item() == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize("side", [1, 2, 7])
def test_doubling_is_bilinear_interpolation(side):
    maps = torch.randn(2, 3, side, side, dtype=torch.float64)
    expected = interpolate(maps, scale_factor=2, mode="bilinear", align_corners=False)
    torch.testing.assert_close(Doubling()(maps), expected)


def test_there_are_no_norms_and_the_head_is_global():
    made = game(32, 3, width=32)
    for network in (made.generator, made.discriminator):
        kinds = {type(module).__name__ for module in network.modules()}
        assert not any("Norm" in kind or kind == "Tanh" for kind in kinds)
    assert made.generator.basis.shape == (32, 4, 4)
    head, _, last = list(made.discriminator.layers)[-3:]
    assert (head.kernel_size, head.groups, last.in_features, last.bias) == ((4, 4), 32, 32, None)


def test_the_basis_is_weighted_by_the_latents():
    generator = game(width=16, latent_dim=3).generator
    seen = []
    generator.layers.register_forward_pre_hook(lambda module, arguments: seen.append(arguments[0]))
    latents = torch.randn(2, 3)
    generator(latents)
    expected = torch.einsum("chw,ck,nk->nchw", generator.basis, generator.weights.weight, latents)
    torch.testing.assert_close(seen[0], expected)


def test_the_objective_by_hand():
    made = game(width=16, gamma=3.0)
    scattered(made.generator)
    players = Players(made.generator, scattered(made.discriminator))
    reals, latents = torch.randn(3, 1, 28, 28), made.generator.latent.sample(3)
    batch = Batch(reals, None, latents, None, torch.zeros(()))
    terms = made.objective.discriminator_loss(players, batch).terms
    real, fake = reals.requires_grad_(), made.generator(latents).detach().requires_grad_()
    real_scores, fake_scores = made.discriminator(real), made.discriminator(fake)
    torch.testing.assert_close(terms["adversarial"], softplus(-(real_scores - fake_scores)).mean())
    for name, scores, samples in (("r1", real_scores, real), ("r2", fake_scores, fake)):
        (gradient,) = torch.autograd.grad(scores.sum(), samples, retain_graph=True)
        torch.testing.assert_close(terms[name], 1.5 * gradient.square().flatten(1).sum(1).mean())
    generated = made.objective.generator_loss(players, batch).terms["adversarial"]
    torch.testing.assert_close(generated, softplus(-(fake_scores - real_scores)).mean())
    assert not made.objective.simultaneous


def test_the_papers_numbers():
    made = game(32, 3)
    adam = Adam(2e-4, (0.0, 0.99), schedule=CosineDecay(20_000_000, 0.25))
    assert made.optimizers == Optimizers.both(adam)
    assert made.stages[0].batch_size == 512
    blocks = [module for module in made.generator.modules() if isinstance(module, ResidualBlock)]
    assert [block.grouped.out_channels for block in blocks] == 8 * [1536]


def test_taper_halves_the_maps():
    made = game(32, width=64, taper=True, blocks=1)
    for network, expected in ((made.generator, [64, 32, 16, 8]), (made.discriminator, [8, 16, 32, 64])):
        blocks = [module for module in network.modules() if isinstance(module, ResidualBlock)]
        assert [block.back.out_channels for block in blocks] == expected


@pytest.mark.parametrize(
    "options", [{"width": 20}, {"width": 36, "taper": True}, {"width": 24, "taper": True, "group_size": 32}]
)
def test_widths_that_groups_do_not_divide_are_refused(options):
    message = r"must be a multiple of --group-size \(=\d+\): give another --width or --group-size"
    with pytest.raises(ConfigError, match=message):
        config(**options)


@pytest.mark.parametrize(("resolution", "channels"), [(28, 1), (32, 3), (64, 1), (128, 3)])
def test_shapes(resolution, channels):
    made = game(resolution, channels, width=8, group_size=8, blocks=1)
    samples = made.generator(made.generator.latent.sample(2))
    assert samples.shape == (2, channels, resolution, resolution)
    assert made.discriminator(samples).shape == (2,)


def test_resume_is_bit_identical(tmp_path):
    images = numpy.random.RandomState(0).randint(0, 256, (40, 28, 28), dtype=numpy.uint8)
    numpy.savez(tmp_path / "tiny.npz", images=images)
    options = {
        "data": str(tmp_path / "tiny.npz"), "device": "cpu", "width": 8, "group_size": 8, "blocks": 1, "batch_size": 4,
        "preset": "paper", "latent_dim": 4, "final_lr": 1, "display": QuietDisplay(),
    }  # fmt: skip
    straight = ganzoo.train("r3gan", out=tmp_path / "straight", images=48, **options)
    half = ganzoo.train("r3gan", out=tmp_path / "half", images=24, **options)
    ganzoo.resume(half.path, images=48, display=QuietDisplay())
    assert_same_end(straight.path, half.path)
