"""StyleGAN2: published counts, constants, styles and noise, and both regularizations by hand."""

import math
from itertools import pairwise

import pytest
import torch
from ganzoo_stylegan2.model import _Block
from torch.nn.functional import conv2d, leaky_relu, softplus

from ganzoo import Adam, Batch, ClassLabels, ConfigError, DataSpec, HalfLife, Optimizers, plugins
from ganzoo.engine.optimizers import group_optimizers
from ganzoo.layers import MinibatchStddev, ModulatedConv2d, StyledConv2d

VARIANT = plugins.registry().find("stylegan2")
SMALL = {"latent_dim": 6, "fmap_base": 128, "fmap_max": 8, "group": 4, "batch_size": 8}
CLASSES = ("cat", "dog", "owl")


def spec(height=32, width=None, channels=3, count=100, classes=()):
    return DataSpec("images", (channels, height, width or height), count, ClassLabels(classes) if classes else None)


def config(data, preset="paper", **options):
    resolved = VARIANT.load_config().resolve(preset, options)
    resolved.check(data)
    return resolved.fitted(data)


def game(data=None, preset="paper", **options):
    data = data or spec()
    torch.manual_seed(0)
    return VARIANT.build(config(data, preset, **{**SMALL, **options}), data)


def scattered(network):
    """Away from a start where noise has no strength and biases are 0."""
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.3)
    return network


def size(network):
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


# Published by its authors' programs when they start: config F (30,370,060 and 29,012,513), `auto` at 1024 pixels.
@pytest.mark.parametrize(
    ("preset", "resolution", "generator", "discriminator"),
    [("paper", 1024, 30_370_060, 29_012_513), ("auto", 1024, 28_794_124, 29_012_513)],
)
def test_published_numbers_of_parameters(preset, resolution, generator, discriminator):
    data = spec(resolution)
    with torch.device("meta"):
        made = VARIANT.build(config(data, preset), data)
    assert (size(made.generator), size(made.discriminator)) == (generator, discriminator)
    noise = [buffer for name, buffer in made.generator.named_buffers() if name.endswith("noise")]
    # 4^2, then twice each of 8^2 to 1024^2: the published 2,797,104 less w's average and a filter of 16 a module.
    assert sum(buffer.numel() for buffer in noise) == 16 + 2 * sum(4**power for power in range(3, 11)) == 2_796_176
    assert made.generator.depth == 18


def conv(inputs, outputs, side=3, dim=512):
    """Weights, and the dense layer from w: one a map that comes in, and a bias."""
    return side * side * inputs * outputs + (dim + 1) * inputs


def test_numbers_of_parameters_at_256_pixels_by_hand():
    """Half the maps of 1024 pixels: 512 up to 32, then 256, 128, 64."""
    data = spec(256)
    with torch.device("meta"):
        made = VARIANT.build(config(data, "paper256"), data)
    maps = [512, 512, 512, 512, 256, 128, 64]
    generator = 8 * 512 * 513 + 512 * 16 + conv(512, 512) + 513
    generator += sum(conv(a, b) + conv(b, b) + 2 * (b + 1) for a, b in pairwise(maps))
    generator += sum(conv(count, 3, 1) + 3 for count in maps)
    discriminator = 3 * 64 + 64 + 9 * 513 * 512 + 512 + (512 * 16 + 1) * 512 + 513
    for coarse, fine in pairwise(maps):
        discriminator += 9 * fine * fine + fine + 9 * fine * coarse + coarse + fine * coarse
    assert (size(made.generator), size(made.discriminator)) == (generator, discriminator) == (24_767_458, 24_001_089)


def test_what_labels_add():
    """G: an embedding and a wider first layer. D: an embedding, eight layers, and a vector in place of a score."""
    plain, labeled = (game(spec(classes=CLASSES), labels=labels) for labels in (False, True))
    assert size(labeled.generator) - size(plain.generator) == (3 * 6 + 6) + 6 * 6
    assert size(labeled.discriminator) - size(plain.discriminator) == (3 * 8 + 8) + 8 * (8 * 8 + 8) + 7 * 9


def test_presets():
    sizes = {"paper": 1024, "paper256": 256, "auto": 64, "cifar": 32, "laptop": 32}
    paper, paper256, auto, cifar, laptop = (config(spec(side), preset) for preset, side in sizes.items())
    assert [paper.maps(side) for side in (4, 64, 128, 1024)] == [512, 512, 256, 32]
    chosen = ("batch_size", "group", "gamma", "lr", "ema_images", "ema_ramp", "mapping_layers", "mixing", "path_length")
    presets = zip(sizes, (paper, paper256, auto, cifar, laptop), strict=True)
    values = {name: tuple(getattr(preset, key) for key in chosen) for name, preset in presets}
    assert values == {
        "paper": (32, 4, 10.0, 2e-3, 10_000, 0.0, 8, 0.9, 2.0),
        "paper256": (64, 8, 1.0, 2.5e-3, 20_000, 0.0, 8, 0.9, 2.0),
        "auto": (32, 4, 0.0256, 2.5e-3, 10_000, 0.05, 2, 0.9, 2.0),
        "cifar": (64, 32, 0.01, 2.5e-3, 500_000, 0.05, 2, 0.0, 0.0),
        "laptop": (8, 4, 10.0, 2.5e-3, 5000, 0.05, 2, 0.0, 0.0),
    }
    assert (paper.images, cifar.images) == (25_000_000, 100_000_000)
    assert [c.fmap_base for c in (paper, paper256, auto, cifar)] == [32768, 16384, 16384, 32768]
    assert [c.discriminator for c in (paper, auto, cifar)] == ["residual", "residual", "plain"]


@pytest.mark.parametrize(
    ("side", "expected"),
    [
        (32, (32, 0.0064, 2.5e-3, 10_000, 16384)),
        (128, (32, 0.1024, 2.5e-3, 10_000, 16384)),
        (256, (16, 0.8192, 2.5e-3, 5000, 16384)),
        (512, (8, 6.5536, 2.5e-3, 2500, 32768)),
        (1024, (4, 52.4288, 2e-3, 1250, 32768)),
    ],
)
def test_auto_follows_the_size(side, expected):
    fitted = config(spec(side), "auto")
    found = (fitted.batch_size, fitted.gamma, fitted.lr, fitted.ema_images, fitted.fmap_base)
    assert found == pytest.approx(expected)


def test_how_it_is_trained():
    made = game(ema_images=77, ema_ramp=0.05, lr=2.5e-3)
    assert made.optimizers == Optimizers.both(Adam(2.5e-3, (0.0, 0.99), 1e-8))
    assert made.ema == HalfLife(77, 0.05, buffers="copy")
    corrected = {name: optimizer.recipe for name, optimizer in group_optimizers(made).items()}
    assert corrected["discriminator"].lr == pytest.approx(0.002353, abs=1e-6)
    assert corrected["discriminator"].betas == pytest.approx((0.0, 0.990585), abs=1e-6)
    assert corrected["generator"].lr == pytest.approx(0.002)
    assert corrected["generator"].betas == pytest.approx((0.0, 0.991992), abs=1e-6)
    phases = [(phase.name, phase.every, phase.reals, phase.counts) for phase in made.objective.phases()]
    assert phases == [
        ("generator", 1, "none", False), ("path_length", 4, "none", False), ("discriminator", 1, "fresh", True),
        ("r1", 16, "last", False),
    ]  # fmt: skip
    without = game(path_length=0.0)
    assert [phase.name for phase in without.objective.phases()] == ["generator", "discriminator", "r1"]
    assert without.auxiliary is None


@pytest.mark.parametrize(
    ("shape", "grid", "depth"),
    [
        ((16, 16), (4, 4), 6), ((20, 20), (5, 5), 6), ((28, 28), (7, 7), 6), ((32, 32), (4, 4), 8),
        ((48, 32), (6, 4), 8), ((32, 48), (4, 6), 8), ((96, 64), (6, 4), 10), ((48, 20), (12, 5), 6),
    ],
)  # fmt: skip
def test_sizes(shape, grid, depth):
    data = spec(*shape, channels=1)
    made = game(data)
    assert made.generator.constant.shape[1:] == grid
    assert made.generator.depth == depth
    samples = made.generator(torch.randn(8, 6))
    assert samples.shape == (8, 1, *shape)
    assert made.discriminator(samples).shape == (8,)


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        (spec(8), {}, "and images has 8x8: give --res 16"),
        (spec(36), {}, "such as 16, 20, 24, 28, 32, 40 or 48 pixels, and images has 36x36: give --res 32"),
        (spec(2048), {}, "has 2048x2048: give --res 1024"),
        (spec(36, 32), {}, "has 32x36: give --res 32"),
        (spec(48, 100), {}, "has 100x48: give --res 96x48"),
        (spec(100, 50), {}, "has 50x100: give --res 48x96"),
        (spec(32, 1056), {}, "has 1056x32: give --res 1024x32"),
        (spec(32), {"batch_size": 30}, r"--batch-size \(=30\) must be a multiple of --group \(=4\), as 28 or 32"),
        (spec(32, count=1), {}, "needs two images or more, and images has 1"),
        (spec(32), {"labels": True}, "--labels needs labels, and images has none"),
    ],
)
def test_what_is_refused(data, options, message):
    with pytest.raises(ConfigError, match=message):
        config(data, **options)


def test_a_batch_smaller_than_a_group_is_one_group():
    fitted = config(spec(32), batch_size=3)
    assert fitted.group == 3


@pytest.mark.parametrize("native", [5, 16, 28, 30, 33, 100, 1000, 5000])
def test_the_size_that_is_taken_holds_the_data(native):
    taken = VARIANT.load_config().default_resolution(native)
    VARIANT.load_config()().check(spec(taken))
    assert taken == {5: 16, 16: 16, 28: 28, 30: 32, 33: 40, 100: 112, 1000: 1024, 5000: 1024}[native]


def test_a_layer_adds_noise_before_bias_and_activation():
    layer = scattered(StyledConv2d(3, 4, 6, (5, 7)))
    maps, w = torch.randn(2, 3, 5, 7), torch.randn(2, 6)
    convolved, bias = layer.conv(maps, w), layer.bias[:, None, None]
    for noise, added in (("stored", layer.noise * layer.strength), ("none", 0.0)):
        wanted = leaky_relu(convolved + added + bias, 0.2) * math.sqrt(2)
        torch.testing.assert_close(layer(maps, w, noise), wanted)
    torch.manual_seed(3)
    made = layer(maps, w, "random")
    torch.manual_seed(3)
    drawn = torch.randn(2, 1, 5, 7)
    torch.testing.assert_close(made, leaky_relu(convolved + drawn * layer.strength + bias, 0.2) * math.sqrt(2))


def test_noise_has_no_strength_at_first_and_layers_start_without_bias():
    generator = game().generator
    for name, parameter in generator.named_parameters():
        if name.endswith("strength") or (name.endswith("bias") and "affine" not in name):
            assert not parameter.any(), name
        if name.endswith("affine.bias"):
            assert bool((parameter == 1).all()), name


def test_noise_is_random_in_training_and_stored_in_evaluation():
    generator = scattered(game().generator)
    w = generator.map(torch.randn(2, 6))
    assert not torch.equal(generator.train().synthesize(w), generator.synthesize(w))
    generator.eval()
    assert torch.equal(generator.synthesize(w), generator.synthesize(w))
    assert not torch.equal(generator.synthesize(w), generator.synthesize(w, noise="none"))
    for layer in generator.layers:
        layer.strength.data.zero_()
    assert torch.equal(generator.synthesize(w), generator.synthesize(w, noise="none"))


def plain_synthesis(generator, styles):
    """The skip generator of figure 7b, with w by layer: conv, to RGB; then for each size two convs, to RGB."""
    maps = generator.constant.repeat(len(styles), 1, 1, 1)
    maps = generator.layers[0](maps, styles[:, 0], "none")
    images = generator.to_rgb[0](maps, styles[:, 1])
    for level in (1, 2, 3):
        maps = generator.layers[2 * level - 1](maps, styles[:, 2 * level - 1], "none")
        maps = generator.layers[2 * level](maps, styles[:, 2 * level], "none")
        images = generator.upsample(images) + generator.to_rgb[level](maps, styles[:, 2 * level + 1])
    return images


def test_the_skip_generator_and_which_layer_has_which_w():
    generator = scattered(game().generator).eval()
    styles = torch.randn(3, 8, 6)
    torch.testing.assert_close(generator.synthesize(styles, noise="none"), plain_synthesis(generator, styles))
    w = torch.randn(3, 6)
    torch.testing.assert_close(generator.synthesize(w), generator.synthesize(w[:, None].repeat(1, 8, 1)))


def test_the_to_rgb_layers_are_not_demodulated():
    generator = game().generator
    kinds = [(m.weight.shape[-1], m.demodulate) for m in generator.modules() if isinstance(m, ModulatedConv2d)]
    assert kinds == 7 * [(3, True)] + 4 * [(1, False)]


@pytest.mark.parametrize("residual", [True, False])
def test_a_block_of_the_discriminator(residual):
    block = scattered(_Block(3, 5, residual))
    maps = torch.randn(2, 3, 8, 6)
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0])
    kernel = (torch.outer(taps, taps) / 64).expand(3, 1, 4, 4)

    def active(values):
        return leaky_relu(values, 0.2) * math.sqrt(2)

    inner = active(conv2d(maps, block.conv0.weight / math.sqrt(27), block.conv0.bias, padding=1))
    inner = conv2d(inner, kernel, padding=2, groups=3)
    wanted = active(conv2d(inner, block.conv1.weight / math.sqrt(27), block.conv1.bias, stride=2))
    if residual:
        halved = conv2d(maps, kernel, padding=1, stride=2, groups=3)
        wanted = (wanted + conv2d(halved, block.skip[1].weight / math.sqrt(3))) / math.sqrt(2)
    assert wanted.shape == (2, 5, 4, 3)
    torch.testing.assert_close(block(maps), wanted)


def test_the_end_of_the_discriminator_by_hand():
    discriminator = scattered(game(spec(16), labels=False).discriminator)
    images = torch.randn(8, 3, 16, 16)
    maps = leaky_relu(discriminator.from_rgb(images), 0.2) * math.sqrt(2)
    for block in discriminator.blocks:
        maps = block(maps)
    deviations = torch.stack(
        [maps[[i, i + 2, i + 4, i + 6]].var(0, correction=0).add(1e-8).sqrt().mean() for i in (0, 1)]
    )
    maps = torch.cat([maps, deviations.repeat(4)[:, None, None, None].expand(-1, 1, 4, 4)], 1)
    maps = leaky_relu(discriminator.conv(maps), 0.2) * math.sqrt(2)
    hidden = leaky_relu(discriminator.dense(maps.flatten(1)), 0.2) * math.sqrt(2)
    torch.testing.assert_close(discriminator(images), discriminator.score(hidden)[:, 0])
    (stddev,) = [module for module in discriminator.modules() if isinstance(module, MinibatchStddev)]
    assert stddev.group == 4


def test_labels_are_projected():
    discriminator = scattered(game(spec(classes=CLASSES), labels=True).discriminator)
    images, labels, seen = torch.randn(4, 3, 32, 32), torch.tensor([0, 1, 2, 1]), []
    discriminator.score.register_forward_hook(lambda module, inputs, output: seen.append(output))
    scores = discriminator(images, labels)
    mapped = discriminator.label_mapping(None, labels)
    torch.testing.assert_close(scores, (seen[0] * mapped).sum(1) / math.sqrt(8))
    assert len(discriminator.label_mapping.layers) == 8


def test_the_average_of_w_follows_in_training_alone():
    generator = game(mixing=0.0).generator
    average = torch.zeros(6)
    for _ in range(3):
        latents = torch.randn(5, 6)
        average = 0.995 * average + 0.005 * generator.map(latents).mean(0)
        generator(latents)
        torch.testing.assert_close(generator.w_average, average.detach())
    generator.eval()(torch.randn(5, 6))
    torch.testing.assert_close(generator.w_average, average.detach())


def test_psi_moves_w_towards_its_average():
    generator = scattered(game().generator)
    generator(torch.randn(64, 6))
    generator.eval()
    latents = torch.randn(3, 6)
    w, mean = generator.map(latents), generator.w_average
    torch.testing.assert_close(generator(latents, psi=0.3), generator.synthesize(mean + 0.3 * (w - mean)))
    assert torch.equal(generator(latents), generator.synthesize(w))
    one = generator(latents, psi=0.0)
    torch.testing.assert_close(one, one[:1].expand_as(one))


def test_mixing():
    generator = game(latent_dim=4, mixing=0.9).generator
    latents = torch.randn(20_000, 4)
    w = generator.map(latents)
    styles = generator.styles(latents)
    own = (styles == w[:, None]).all(2)
    assert bool(own[:, 0].all())
    # Never back: from the cut on all layers have the other w, the same in all of them.
    assert bool((own.int().diff(dim=1) <= 0).all())
    mixed = ~own[:, -1]
    assert mixed.float().mean().item() == pytest.approx(0.9, abs=0.01)
    assert torch.equal(styles[mixed][own[mixed][:, 7] == 0][:, 7], styles[mixed][:, 7])
    cuts = own[mixed].sum(1)
    shares = torch.bincount(cuts, minlength=9)[1:8] / len(cuts)
    assert (int(cuts.min()), int(cuts.max())) == (1, 7)
    torch.testing.assert_close(shares, torch.full((7,), 1 / 7), rtol=0, atol=0.01)
    none = game(latent_dim=4, mixing=0.0).generator
    assert torch.equal(none.styles(latents), none.map(latents)[:, None].expand(-1, 8, -1))


def test_the_losses_by_hand():
    made = game(spec(16), mixing=0.0, gamma=3.0)
    scattered(made.generator).eval()
    scattered(made.discriminator)
    reals, latents = torch.randn(8, 3, 16, 16), torch.randn(8, 6)
    batch = Batch(reals, None, latents, None, torch.zeros(()))
    generator, _, discriminator, r1 = made.objective.phases()
    fakes = made.generator(latents)
    real_scores, fake_scores = made.discriminator(reals), made.discriminator(fakes)
    assert generator.loss(made.players, batch).terms["adversarial"].item() == pytest.approx(
        softplus(-fake_scores).mean().item()
    )
    assert discriminator.loss(made.players, batch).terms["adversarial"].item() == pytest.approx(
        (softplus(fake_scores).mean() + softplus(-real_scores).mean()).item()
    )
    leaf = reals.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(made.discriminator(leaf).sum(), leaf)
    wanted = 16 * 3.0 / 2 * gradient.square().flatten(1).sum(1).mean()
    torch.testing.assert_close(r1.loss(made.players, batch).terms["penalty"], wanted)


def test_path_lengths_by_the_jacobian():
    """The penalty from all of J_w, one row an output, where the loss multiplies by a vector alone (eq. 4)."""
    made = game(spec(16, channels=1), mixing=0.0, path_length=2.0)
    generator = scattered(made.generator).double()
    for layer in generator.layers:
        layer.strength.data.zero_()
    made.auxiliary.mean.fill_(0.5)
    latents = torch.randn(5, 6, dtype=torch.float64)
    phase = made.objective.phases()[1]
    torch.manual_seed(11)
    losses = phase.loss(made.players, Batch(None, None, latents, None, torch.zeros(())))
    # Half of five are two. In the loss, noise of layers is drawn before y.
    torch.manual_seed(11)
    for side in (4, 8, 8, 16, 16):
        torch.randn(2, 1, side, side, dtype=torch.float64)
    y = torch.randn(2, 1, 16, 16, dtype=torch.float64) / math.sqrt(256)
    styles = generator.map(latents[:2])[:, None].repeat(1, 6, 1)
    lengths = []
    for style, noise in zip(styles, y, strict=True):
        jacobian = torch.autograd.functional.jacobian(lambda s: generator.synthesize(s[None])[0].flatten(), style)
        product = torch.einsum("p,pld->ld", noise.flatten(), jacobian)
        lengths.append((product.square().sum() / 6).sqrt())
    lengths = torch.stack(lengths)
    mean = 0.99 * 0.5 + 0.01 * lengths.mean()
    assert made.auxiliary.mean.item() == pytest.approx(mean.item(), rel=1e-6)
    assert losses.measures["mean"].item() == pytest.approx(mean.item(), rel=1e-6)
    wanted = 4 * 2.0 * (lengths - mean).square().mean()
    assert losses.terms["penalty"].item() == pytest.approx(wanted.item(), rel=1e-5)


def test_evaluation_is_deterministic_and_draws_nothing():
    made = game(spec(classes=CLASSES), labels=True)
    generator = scattered(made.generator).eval()
    latents, labels = torch.randn(3, 6), torch.tensor([0, 1, 2])
    state = torch.get_rng_state()
    first = generator(latents, labels, psi=0.7)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(first, generator(latents, labels, psi=0.7))
    assert not torch.equal(first, generator(latents, torch.tensor([1, 1, 2]), psi=0.7))


def gradients_of(phase, made, batch, *, compiled):
    """Gradients that a phase leaves, and what it made of the buffers."""
    torch.manual_seed(5)
    networks = [*made.trained().values()]
    root = getattr(made, phase.updates[0])
    reached = [p for name, p in root.named_parameters()]

    def run(batch):
        losses = phase.loss(made.players, batch)
        sum(losses.terms.values()).backward(inputs=reached)

    run(batch)
    reached = [p for p in reached if p.grad is not None]
    for network in networks:
        network.zero_grad(set_to_none=True)
    made.generator.w_average.zero_()
    made.auxiliary.mean.zero_()
    patched = torch._dynamo.config.patch(trace_autograd_ops=True)
    torch.manual_seed(5)
    (patched(torch.compile(run, backend="aot_eager", fullgraph=True)) if compiled else run)(batch)
    buffers = [made.generator.w_average.clone(), made.auxiliary.mean.clone()]
    return [parameter.grad for parameter in reached], buffers


@pytest.mark.slow
@pytest.mark.parametrize("number", range(4), ids=("generator", "path_length", "discriminator", "r1"))
def test_phases_are_traced_whole(number):
    results = []
    for compiled in (False, True):
        made = game(spec(16, classes=CLASSES), labels=True)
        scattered(made.generator)
        scattered(made.discriminator)
        torch.manual_seed(1)
        batch = Batch(
            torch.randn(8, 3, 16, 16), torch.arange(8) % 3, torch.randn(8, 6), torch.arange(8) % 3, torch.tensor(0)
        )
        results.append(gradients_of(made.objective.phases()[number], made, batch, compiled=compiled))
    torch._dynamo.reset()
    torch.testing.assert_close(results[0], results[1], rtol=1e-3, atol=1e-5)
    if number < 3:
        assert results[0][1][0].any()
