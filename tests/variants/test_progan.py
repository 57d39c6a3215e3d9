"""ProGAN: the layer list, the number of parameters, and every constant of the paper and its authors' release."""

import math
import re
from itertools import pairwise

import pytest
import torch
from torch import nn
from torch.nn.functional import avg_pool2d

from ganzoo import Batch, ConfigError, DataSpec, Decay, HalfLife, Players, plugins
from ganzoo.core.data_spec import labels_named
from ganzoo.layers import EqualizedConv2d, EqualizedLinear, MinibatchStddev

# Maps by resolution: nf(level) = min(8192 / 2^level, 512), level = log2(resolution) - 1.
MAPS = {4: 512, 8: 512, 16: 512, 32: 512, 64: 256, 128: 128, 256: 64, 512: 32, 1024: 16}
# G and D by hand from table 2 of the paper; 23.1M each at 1024.
PARAMETERS = {
    4: (6_556_163, 6_561_793),
    8: (11_277_318, 11_283_457),
    16: (15_998_473, 16_005_121),
    32: (20_719_628, 20_726_785),
    64: (22_490_383, 22_498_049),
    128: (22_933_394, 22_941_313),
    256: (23_044_309, 23_052_353),
    512: (23_072_120, 23_080_225),
    1024: (23_079_115, 23_087_249),
}
SMALL = {"fmap_base": 64, "fmap_max": 8, "latent_dim": 6, "stage_images": 64}
NO_FADE = torch.zeros(())


def found():
    return plugins.registry().find("progan")


def spec(resolution=16, channels=3, classes=()):
    return DataSpec("images", (channels, resolution, resolution), 100, condition=labels_named(classes))


def configure(data, preset="paper", **options):
    config = found().load_config().resolve(preset, options).fitted(data)
    config.check(data)
    return config


def build(data, preset="paper", device="cpu", **options):
    torch.manual_seed(0)
    with torch.device(device):
        return found().build(configure(data, preset, **options), data)


def small(resolution=16, **options):
    return build(spec(resolution), **{**SMALL, **options})


def enter(game, resolution, fade=0.0):
    tensor = torch.tensor(fade)
    for network in (game.generator, game.discriminator):
        network.enter_stage(resolution, tensor)
    return tensor


@pytest.mark.parametrize("resolution", PARAMETERS)
def test_number_of_parameters(resolution):
    game = build(spec(resolution), device="meta")
    made = tuple(sum(p.numel() for p in player.parameters()) for player in (game.generator, game.discriminator))
    assert made == PARAMETERS[resolution]


def test_number_of_parameters_follows_from_table_2():
    """What the figures above are made of, written down once more from the table."""
    sizes = list(MAPS)

    def conv(inputs, outputs, kernel):
        return inputs * outputs * kernel**2 + outputs

    generator = 512 * 512 * 16 + 512 + conv(512, 512, 3) + conv(512, 3, 1)
    discriminator = conv(3, 512, 1) + conv(513, 512, 3) + (512 * 16 * 512 + 512) + (512 + 1)
    for coarse, fine in pairwise(sizes):
        a, b = MAPS[coarse], MAPS[fine]
        generator += conv(a, b, 3) + conv(b, b, 3) + conv(b, 3, 1)
        discriminator += conv(3, b, 1) + conv(b, b, 3) + conv(b, a, 3)
        assert PARAMETERS[fine] == (generator, discriminator)
    assert (round(generator / 1e6, 1), round(discriminator / 1e6, 1)) == (23.1, 23.1)


def layer_list(network, run):
    seen = []
    for module in network.modules():
        if isinstance(module, EqualizedConv2d | EqualizedLinear | MinibatchStddev):
            module.register_forward_hook(lambda m, _, out: seen.append((m, tuple(out.shape[1:]))))
    run()
    return [
        (
            type(m).__name__.removeprefix("Equalized").removeprefix("Minibatch"),
            shape,
            None if isinstance(m, MinibatchStddev) else m.weight.shape[-1],
        )
        for m, shape in seen
    ]


def test_generators_layers_are_those_of_table_2():
    game = build(spec(1024), device="meta")
    layers = layer_list(game.generator, lambda: game.generator(torch.empty(4, 512, device="meta")))
    expected = [("Linear", (8192,), 512), ("Conv2d", (512, 4, 4), 3)]
    for size in list(MAPS)[1:]:
        expected += 2 * [("Conv2d", (MAPS[size], size, size), 3)]
    assert layers == [*expected, ("Conv2d", (3, 1024, 1024), 1)]


def test_discriminators_layers_are_those_of_table_2():
    game = build(spec(1024), device="meta")
    layers = layer_list(game.discriminator, lambda: game.discriminator(torch.empty(4, 3, 1024, 1024, device="meta")))
    expected = [("Conv2d", (16, 1024, 1024), 1)]
    sizes = list(MAPS)[::-1]
    for fine, coarse in pairwise(sizes):
        expected += [("Conv2d", (MAPS[fine], fine, fine), 3), ("Conv2d", (MAPS[coarse], fine, fine), 3)]
    head = [("Stddev", (513, 4, 4), None), ("Conv2d", (512, 4, 4), 3), ("Linear", (512,), 8192)]
    assert layers == [*expected, *head, ("Linear", (1,), 512)]


def test_gains():
    """sqrt(2) / sqrt(fan_in) everywhere but: sqrt(2)/4 of G's dense layer, 1 of its RGB layers and of D's last."""
    game = build(spec(64), device="meta")
    gains = {}
    for player, network in (("G", game.generator), ("D", game.discriminator)):
        for name, module in network.named_modules():
            if isinstance(module, EqualizedConv2d | EqualizedLinear):
                gains[f"{player}.{name}"] = module.scale * math.sqrt(module.weight[0].numel())
    for name, gain in gains.items():
        special = {"G.first.dense": math.sqrt(2) / 4, "D.last.dense1": 1.0}
        expected = 1.0 if name.startswith("G.to_rgb") else special.get(name, math.sqrt(2))
        assert gain == pytest.approx(expected), name
    assert len(gains) == (2 + 2 * 4 + 5) + (5 + 2 * 4 + 3)


def test_no_tanh_and_no_norm_layers():
    game = small()
    kinds = {type(module) for player in (game.generator, game.discriminator) for module in player.modules()}
    assert not kinds & {nn.Tanh, nn.BatchNorm2d, nn.LayerNorm, nn.GroupNorm, nn.InstanceNorm2d}
    game.generator.to_rgb[-1].bias.data.fill_(5.0)
    assert game.generator(torch.randn(4, 6)).max() > 1


def test_latents_are_normalized_in_the_generator():
    generator = small().generator
    latents = torch.randn(4, 6)
    assert (generator.latent.distribution, build(spec(4), device="meta").generator.latent.shape) == ("normal", (512,))
    torch.testing.assert_close(generator(latents), generator(7 * latents), rtol=1e-4, atol=1e-5)


def test_every_hidden_map_of_the_generator_is_normalized_and_no_map_of_the_discriminator_is():
    game, seen = small(), []
    for block in (game.generator.first, *game.generator.blocks):
        block.register_forward_hook(lambda _, __, out: seen.append(out))
    images = game.generator(torch.randn(4, 6))
    for maps in seen:
        torch.testing.assert_close(maps.square().mean(1), torch.ones(4, *maps.shape[2:]), rtol=1e-3, atol=1e-3)
    seen.clear()
    for block in game.discriminator.blocks:
        block.register_forward_hook(lambda _, __, out: seen.append(out))
    game.discriminator(images)
    assert all((maps.square().mean(1) - 1).abs().mean() > 0.1 for maps in seen)


@pytest.mark.parametrize("resolution", [8, 16])
def test_fade_blends_the_levels(resolution):
    """At fade 1 both networks are those of the level below, at 0 those of this one, between them linear."""
    game, latents = small(), torch.randn(4, 6)
    images = torch.randn(4, 3, resolution, resolution)
    made, scored = {}, {}
    for fade in (0.0, 0.25, 1.0):
        enter(game, resolution, fade)
        made[fade] = game.generator(latents)
    enter(game, resolution // 2)
    below = game.generator(latents).repeat_interleave(2, 2).repeat_interleave(2, 3)
    torch.testing.assert_close(made[1.0], below)
    torch.testing.assert_close(made[0.25], 0.75 * made[0.0] + 0.25 * made[1.0])
    assert (made[0.0] - made[1.0]).abs().mean() > 0.1
    scored["below"] = game.discriminator(avg_pool2d(images, 2))
    for fade in (0.0, 1.0):
        enter(game, resolution, fade)
        scored[fade] = game.discriminator(images)
    torch.testing.assert_close(scored[1.0], scored["below"])
    assert (scored[0.0] - scored[1.0]).abs().max() > 1e-3


def test_the_discriminator_blends_after_from_rgb():
    game, images = small(8), torch.randn(4, 3, 8, 8)
    enter(game, 8, 0.25)
    entered = []
    game.discriminator.last.register_forward_pre_hook(lambda _, given: entered.append(given[0]))
    game.discriminator(images)
    d = game.discriminator
    fine = d.blocks[0](nn.functional.leaky_relu(d.from_rgb[1](images), 0.2))
    coarse = nn.functional.leaky_relu(d.from_rgb[0](avg_pool2d(images, 2)), 0.2)
    torch.testing.assert_close(entered[0], 0.75 * fine + 0.25 * coarse)


def test_the_engine_fills_the_fade_in_place():
    game, latents = small(8), torch.randn(4, 6)
    fade = enter(game, 8, 1.0)
    before = game.generator(latents)
    fade.fill_(0.5)
    during = game.generator(latents)
    fade.fill_(0.0)
    torch.testing.assert_close(during, 0.5 * before + 0.5 * game.generator(latents))


@pytest.mark.parametrize(("resolution", "fade"), [(4, 0.0), (8, 0.5), (8, 0.0), (16, 0.5), (16, 0.0)])
def test_only_the_levels_in_use_get_a_gradient(resolution, fade):
    game = small(16)
    enter(game, resolution, fade)
    players = Players(game.generator, game.discriminator)
    depth = {4: 0, 8: 1, 16: 2}[resolution]
    rgb = {depth, depth - 1} if fade else {depth}
    reals = torch.randn(4, 3, resolution, resolution)
    batch = Batch(reals, None, torch.randn(4, 6), None, torch.zeros(()))
    for player, loss in (
        (game.discriminator, game.objective.discriminator_loss),
        (game.generator, game.objective.generator_loss),
    ):
        sum(loss(players, batch).terms.values()).backward(inputs=list(player.parameters()))
        for name, parameter in player.named_parameters():
            part, _, rest = name.partition(".")
            index = int(rest.split(".")[0]) if part in ("blocks", "from_rgb", "to_rgb") else None
            used = index is None or (index < depth if part == "blocks" else index in rgb)
            assert (parameter.grad is not None) == used, name
            assert not used or parameter.grad.abs().sum() > 0, name


def test_schedule_of_the_paper():
    """Stabilize 600k at 4; then fade over 600k and stabilize 600k; 12M in all at 1024."""
    game = build(spec(1024), device="meta")
    first, *grown = game.stages
    assert (first.resolution, first.images, first.fade_images) == (4, 600_000, 0)
    batches = {4: 128, 8: 128, 16: 128, 32: 64, 64: 32, 128: 16, 256: 8, 512: 4, 1024: 4}
    assert [stage.resolution for stage in grown] == [size for size in list(batches)[1:] for _ in "fs"]
    assert [stage.fade_images for stage in grown] == [600_000, 0] * 8
    assert [stage.images for stage in grown] == [600_000] * 15 + [None]
    for stage in game.stages:
        assert stage.batch_size == batches[stage.resolution]
        rate = 0.0015 if stage.resolution == 1024 else 0.001
        assert stage.lr["generator"] == pytest.approx(rate)
        assert stage.lr["discriminator"] == pytest.approx(rate)
        assert stage.reset_optimizers
    assert configure(spec(1024)).images == 12_000_000


def test_optimizers_average_and_weights_of_the_terms():
    game = build(spec(8), device="meta")
    for recipe in (game.optimizers.groups["generator"], game.optimizers.groups["discriminator"]):
        assert (recipe.lr, recipe.betas, recipe.eps) == (0.001, (0.0, 0.99), 1e-8)
    assert game.ema == Decay(0.999)
    assert small(ema_images=500).ema == HalfLife(500)
    penalty, drift = game.objective.regularizers
    assert (penalty.weight, penalty.target, drift.weight) == (10.0, 1.0, 0.001)
    assert game.objective.phases()[0].repeats(0) == 1
    assert not game.objective.simultaneous


def test_losses_are_those_of_the_release():
    """D: D(fake) - D(real) + 10 (||grad|| - 1)^2 + .001 D(real)^2, means over the batch; G: -D(fake)."""
    game = small(8)
    players = Players(game.generator, game.discriminator)
    batch = Batch(torch.randn(8, 3, 8, 8), None, torch.randn(8, 6), None, torch.zeros(()))
    fakes = game.generator(batch.latents).detach()
    real, fake = game.discriminator(batch.reals), game.discriminator(fakes)
    torch.manual_seed(1)
    terms = game.objective.discriminator_loss(players, batch).terms
    torch.testing.assert_close(terms["adversarial"], fake.mean() - real.mean())
    torch.testing.assert_close(terms["drift"], 0.001 * (real**2).mean())
    torch.manual_seed(1)
    factors = torch.rand(8, 1, 1, 1)
    between = (factors * batch.reals + (1 - factors) * fakes).requires_grad_()
    (gradient,) = torch.autograd.grad(game.discriminator(between).sum(), between)
    norms = gradient.square().sum((1, 2, 3)).sqrt()
    torch.testing.assert_close(terms["gradient_penalty"], 10 * ((norms - 1) ** 2).mean(), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(game.objective.generator_loss(players, batch).terms["adversarial"], -fake.mean())


@pytest.mark.parametrize(
    ("resolution", "options", "images", "stage_images"),
    [
        (4, {}, 4 * 600_000, 600_000),
        (64, {}, 12 * 600_000, 600_000),
        (32, {"stage_images": "1k"}, 10_000, 1_000),
        (32, {"stage_images": "1k", "images": "50k"}, 50_000, 1_000),
        (32, {"images": "50k"}, 50_000, 5_000),
        (32, {"images": 3}, 3, 1),
        (32, {"images": "50k", "growing": False}, 50_000, 5_000),
        (32, {"images": "50k", "full_size_stages": 14}, 50_000, 2_500),
    ],
)
def test_length_and_schedule_fit_each_other(resolution, options, images, stage_images):
    config = configure(spec(resolution), **options)
    assert (config.images, config.stage_images) == (images, stage_images)
    assert config.fitted(spec(resolution)) == config


def test_laptop_has_fewer_maps_and_a_shorter_schedule():
    paper, laptop = (configure(spec(64), preset) for preset in ("paper", "laptop"))
    assert [laptop.maps(size) for size in (4, 8, 16, 32, 64)] == [64, 64, 64, 32, 16]
    assert (paper.images, laptop.images) == (12 * 600_000, 10 * 16_000)


def test_without_growing_the_same_networks_train_at_full_size():
    grown, whole = small(32), small(32, growing=False)
    for name in ("generator", "discriminator"):
        shapes = [{k: v.shape for k, v in getattr(g, name).state_dict().items()} for g in (grown, whole)]
        # The RGB layers of smaller levels are never used there, and all other layers are the same.
        unused = {name for name in shapes[0] if re.match(r"(to|from)_rgb\.[012]\.", name)}
        assert len(unused) == 6
        assert {name: shape for name, shape in shapes[0].items() if name not in unused} == shapes[1]
    (stage,) = whole.stages
    last = grown.stages[-1]
    assert (stage.resolution, stage.images, stage.fade_images) == (32, None, 0)
    assert (stage.batch_size, stage.lr) == (last.batch_size, last.lr)
    assert configure(spec(32)).images == configure(spec(32), growing=False).images


@pytest.mark.parametrize(
    ("native", "taken"), [(1, 4), (4, 4), (28, 32), (32, 32), (33, 64), (1024, 1024), (3000, 1024)]
)
def test_without_res_the_power_of_two_that_holds_the_data(native, taken):
    assert found().load_config().default_resolution(native) == taken


@pytest.mark.parametrize("resolution", [2, 28, 48, 2048])
def test_other_resolutions_are_refused_with_those_that_are_allowed(resolution):
    with pytest.raises(ConfigError, match=rf"4, 8, 16, .*, 1024 pixels, and images has {resolution}: .*--res"):
        configure(spec(resolution))


@pytest.mark.parametrize("size", [5, 6, 30, 127])
def test_a_batch_that_cannot_be_grouped_is_refused_with_sizes_that_are_allowed(size):
    below = size // 4 * 4
    with pytest.raises(
        ConfigError, match=rf"--batch-size \(={size}\) must be a multiple of 4, as {below} or {below + 4}"
    ):
        configure(spec(), batch_size=size)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 12, 200])
def test_every_batch_of_an_allowed_size_can_be_grouped(size):
    config = configure(spec(), batch_size=size)
    for resolution in MAPS:
        batch = config.batch(resolution)
        assert batch <= 4 or batch % 4 == 0
        MinibatchStddev()(torch.zeros(batch, 1, 4, 4))


def test_a_set_of_one_image_is_refused():
    with pytest.raises(ConfigError, match="progan needs two images or more, and images has 1"):
        configure(DataSpec("images", (3, 16, 16), 1))
