"""pix2pix: the U-Net against a recursion, its size by hand, the losses by hand, and what evaluation does."""

from dataclasses import replace

import pytest
import torch
from ganzoo_pix2pix.model import UNet
from torch import nn
from torch.nn import functional

from ganzoo import Adam, Batch, ConfigError, DataSpec, ImageCondition, Latent, LinearDecay, plugins


def data(height=64, width=None, channels=3, sources=3):
    width = width or height
    return DataSpec("pairs", (channels, height, width), 100, ImageCondition((sources, height, width), paired=True))


def larger():
    return replace(data(64), condition=ImageCondition((3, 32, 32), paired=True))


def game(spec=None, preset="paper", **options):
    spec = spec or data()
    found = plugins.registry().find("pix2pix")
    config = found.load_config().resolve(preset, options)
    config.check(spec)
    torch.manual_seed(0)
    return found.build(config, spec)


def batch(count=2, size=64):
    reals, sources = torch.rand(2, count, 3, size, size) * 2 - 1
    return Batch(reals, sources, torch.zeros(count, 0), sources, torch.zeros((), dtype=torch.int64))


def parameters(network):
    return sum(p.numel() for p in network.parameters())


def test_the_papers_numbers():
    made = game(data(256))
    adam = made.optimizers.groups["generator"]
    assert made.optimizers.groups["discriminator"] == adam
    # 400 facades, 200 epochs, of which the second hundred decays.
    assert adam == Adam(2e-4, (0.5, 0.999), schedule=LinearDecay(40_000, 80_000))
    assert [adam.schedule(images) for images in (0, 40_000, 60_000, 80_000)] == [1.0, 1.0, 0.5, 0.0]
    assert (made.stages[0].batch_size, made.objective.l1_weight) == (1, 100.0)
    assert made.generator.latent == Latent((0,))


def test_the_papers_unet_has_its_number_of_parameters():
    """Figure 3 and section 6.1.1: 64-128-256-512-512-512-512-512 down, twice the inputs up; biases where no norm is."""
    down = 16 * (3 * 64 + 64 * 128 + 128 * 256 + 256 * 512 + 4 * 512 * 512)
    up = 16 * (512 * 512 + 3 * 1024 * 512 + 1024 * 256 + 512 * 128 + 256 * 64 + 128 * 3)
    norms = 2 * (128 + 256 + 512 + 3 * 512) + 2 * (4 * 512 + 256 + 128 + 64)
    biases = 64 + 512 + 3
    made = game(data(256))
    assert parameters(made.generator) == down + up + norms + biases == 54_414_531
    assert parameters(made.discriminator) == 2_768_705  # worked out in tests/layers/test_patches.py
    bottleneck = []
    made.generator.down[-1].register_forward_hook(lambda layer, _, out: bottleneck.append(tuple(out.shape[1:])))
    with torch.no_grad():
        assert made.generator(torch.zeros(1, 0), torch.zeros(1, 3, 256, 256)).shape == (1, 3, 256, 256)
    assert bottleneck == [(512, 1, 1)]


def test_dropout_is_in_the_first_three_levels_up():
    """CD512-CD512-CD512-C512-C256-C128-C64 (section 6.1.1); a shallower net drops where it has 512 maps."""
    dropping = lambda net: [any(isinstance(m, nn.Dropout) for m in level.modules()) for level in net.up]  # noqa: E731
    assert dropping(game(data(256), width=4).generator) == [True] * 3 + [False] * 5
    assert dropping(game(data(64), width=4).generator) == [True] * 2 + [False] * 4
    assert not any(dropping(game(width=4, dropout=0.0).generator))


def recursion(net, images, level, levels):
    """The U-Net as a level around the levels below it (figure 3), by functions alone."""
    outer, inner = level == 0, level == levels - 1
    down, up = net.down[level], net.up[levels - 1 - level]
    weights = down if outer else down[1]
    maps = images if outer else functional.leaky_relu(images, 0.2)
    maps = functional.conv2d(maps, weights.weight, weights.bias, stride=2, padding=1)
    if not (outer or inner):
        maps = functional.instance_norm(maps, weight=down[2].weight, bias=down[2].bias)
    if not inner:
        maps = torch.cat([recursion(net, maps, level + 1, levels), maps], 1)
    maps = functional.conv_transpose2d(functional.relu(maps), up[1].weight, up[1].bias, stride=2, padding=1)
    return torch.tanh(maps) if outer else functional.instance_norm(maps, weight=up[2].weight, bias=up[2].bias)


@pytest.mark.parametrize(("height", "width", "levels"), [(64, 64, 6), (32, 96, 5), (24, 40, 3)])
def test_the_unet_equals_a_recursion(height, width, levels):
    net = game(data(height, width), width=6, patch_halvings=1).generator.eval()
    sources = torch.rand(2, 3, height, width) * 2 - 1
    assert len(net.down) == len(net.up) == levels
    found = net(torch.zeros(2, 0), sources)
    torch.testing.assert_close(found, recursion(net, sources, 0, levels), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("norm", ["instance", "batch"])
def test_evaluation_depends_on_the_source_alone(norm):
    """Training drops, at random; evaluation does not, and an image's companions do not matter."""
    net = game(width=8, norm=norm, patch_halvings=1).generator
    sources = torch.rand(4, 3, 64, 64) * 2 - 1
    assert not torch.equal(net(torch.zeros(4, 0), sources), net(torch.zeros(4, 0), sources))
    net.eval()
    together = net(torch.zeros(4, 0), sources)
    assert torch.equal(together, net(torch.zeros(4, 0), sources))
    torch.testing.assert_close(together[:1], net(torch.zeros(1, 0), sources[:1]), rtol=1e-4, atol=1e-5)


def test_at_a_batch_of_one_both_norms_are_one_in_training():
    nets = [game(width=6, dropout=0.0, norm=norm).generator.train() for norm in ("instance", "batch")]
    source = torch.rand(1, 3, 64, 64) * 2 - 1
    torch.testing.assert_close(*(net(torch.zeros(1, 0), source) for net in nets), rtol=1e-4, atol=1e-5)


def test_losses_of_constant_players():
    """All scores are .25 and all images tanh(.5): cross-entropies with sigmoid(.25), halved for D, and 100 times L1."""
    made = game(width=4, patch_halvings=1)
    with torch.no_grad():
        for last, value in ((made.discriminator.layers[-1], 0.25), (made.generator.up[-1][1], 0.5)):
            last.weight.zero_()
            last.bias.fill_(value)
    given = batch()
    real, fake = torch.tensor(0.25).sigmoid().log(), (1 - torch.tensor(0.25).sigmoid()).log()
    losses = made.objective.discriminator_loss(made.players, given)
    assert losses.terms["adversarial"].item() == pytest.approx((-real - fake).item() / 2)
    assert losses.measures["real_accuracy"].item() == 1.0
    assert losses.measures["fake_accuracy"].item() == 0.0
    made.objective.jitter = lambda images: images
    terms = made.objective.generator_loss(made.players, given).terms
    assert terms["adversarial"].item() == pytest.approx(-real.item())
    distance = (given.reals - torch.tensor(0.5).tanh()).abs().mean().item()
    assert terms["l1"].item() == pytest.approx(100 * distance, rel=1e-5)


def test_source_and_target_share_their_jitter():
    made = game(width=4, patch_halvings=1)
    images = torch.rand(8, 3, 64, 64) * 2 - 1
    given = Batch(images, images, torch.zeros(8, 0), images, torch.zeros(()))
    sources, targets = made.objective._pairs(given)
    assert torch.equal(sources, targets)
    assert not torch.equal(sources, images)


def test_the_discriminator_sees_the_source():
    made = game(width=4, patch_halvings=1)
    images, one, other = torch.rand(3, 2, 3, 64, 64)
    assert not torch.equal(made.discriminator(images, one), made.discriminator(images, other))


def test_gray_sources_of_colored_images():
    made = game(data(32, channels=3, sources=1), width=4, patch_halvings=1)
    fakes = made.generator(torch.zeros(2, 0), torch.zeros(2, 1, 32, 32))
    assert fakes.shape == (2, 3, 32, 32)
    assert made.discriminator(fakes, torch.zeros(2, 1, 32, 32)).shape == (2, 1, 14, 14)


@pytest.mark.parametrize(
    ("spec", "options", "sentence"),
    [
        (data(28), {}, r"sides are multiples of 8 pixels.* and pairs has 28x28: give --res 32x32"),
        (data(64, 100), {}, r"pairs has 64x100: give --res 64x96"),
        (
            larger(),
            {},
            r"pix2pix makes images as large as their sources, and pairs has 64x64 of 32x32: make both of one size",
        ),
        (data(4), {}, r"pairs has 4x4: give --res 8x8"),
        (data(16), {}, r"--patch-halvings \(=3\) needs images of 24 pixels at least, and pairs has 16x16"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(spec, options, sentence):
    with pytest.raises(ConfigError, match=sentence):
        game(spec, **options)


def test_fewer_levels_than_could_be():
    assert len(game(data(64), width=4, halvings=4).generator.down) == 4


def test_a_unet_is_a_generator_without_latents():
    assert UNet(1, 1, 2, 3, norm="batch", dropout=0.5).latent.sample(5).shape == (5, 0)
