"""Augmentation: each operation by its formula, the pipeline's promises, and p that follows the discriminator."""

import math

import numpy
import pytest
import torch
from torch import nn

from ganzoo import Adam, ConfigError, Discriminator, Game, Generator, Latent, Optimizers
from ganzoo.data.dataset import Dataset
from ganzoo.engine.augmentation.ada import (
    SYM6,
    AdaptiveAugmentation,
    blit,
    recolor,
    warp,
)
from ganzoo.engine.augmentation.adaptation import Augmentation
from ganzoo.engine.augmentation.diffaugment import DiffAugment, brightness, contrast, cut_out, saturation, translate
from ganzoo.engine.augmentation.policy import AugmentationSettings, Policy
from ganzoo.engine.training import Training
from ganzoo.objectives import R1, AdversarialObjective, NonSaturating, Wasserstein

MANY = 20_000


def images(count=8, channels=3, height=12, width=10, dtype=torch.float32):
    return torch.rand(count, channels, height, width, generator=torch.Generator().manual_seed(1), dtype=dtype) * 2 - 1


def smooth(height, width):
    """An image without fine detail, as a function of places about the center."""

    def at(x, y):
        return torch.sin(x / 5 + 0.4) * torch.cos(y / 6 - 0.3)

    y, x = torch.meshgrid(torch.arange(height) - (height - 1) / 2, torch.arange(width) - (width - 1) / 2, indexing="ij")
    return at, x, y


# DiffAugment


def drawn(operation, x):
    """The result of an operation, and the u that each image got."""
    torch.manual_seed(4)
    result = operation(x)
    torch.manual_seed(4)
    return result.double().numpy(), torch.rand(len(x), 1, 1, 1).double().numpy(), x.double().numpy()


def test_brightness():
    found, u, x = drawn(brightness, images())
    numpy.testing.assert_allclose(found, x + u - 0.5, atol=1e-6)


def test_saturation():
    found, u, x = drawn(saturation, images())
    gray = x.sum(1, keepdims=True) / 3
    numpy.testing.assert_allclose(found, gray + 2 * u * (x - gray), atol=1e-6)
    assert torch.equal(saturation(images(channels=1)), images(channels=1))


def test_contrast():
    found, u, x = drawn(contrast, images())
    mean = x.reshape(8, -1).mean(1).reshape(8, 1, 1, 1)
    numpy.testing.assert_allclose(found, mean + (u + 0.5) * (x - mean), atol=1e-6)


def test_translation_is_a_shift_by_whole_pixels_up_to_an_eighth():
    x = images(200, height=16, width=24)
    found, seen = translate(x), set()
    for before, after in zip(x, found, strict=True):
        fitting = []
        for down in range(-2, 3):
            for right in range(-3, 4):
                shifted = torch.zeros_like(before)
                rows = slice(max(down, 0), 16 + min(down, 0)), slice(max(-down, 0), 16 + min(-down, 0))
                columns = slice(max(right, 0), 24 + min(right, 0)), slice(max(-right, 0), 24 + min(-right, 0))
                shifted[:, rows[0], columns[0]] = before[:, rows[1], columns[1]]
                if torch.equal(shifted, after):
                    fitting.append((down, right))
        assert len(fitting) == 1
        seen.update(fitting)
    assert len(seen) == 5 * 7


@pytest.mark.parametrize("size", [(16, 16), (9, 14)])
def test_cutout_is_a_square_of_half_the_side_that_may_hang_over(size):
    found = cut_out(torch.ones(2000, 2, *size))
    holes = (found == 0).all(1)
    assert torch.equal(holes, (found == 0).any(1))
    for axis, side in ((2, size[0]), (1, size[1])):
        extent = holes.any(axis).sum(1)
        most = int(side * 0.5 + 0.5)
        assert int(extent.max()) == most
        assert 0 < int(extent.min()) <= (most + 1) // 2
    assert int(holes.sum((1, 2)).max()) == int(size[0] * 0.5 + 0.5) * int(size[1] * 0.5 + 0.5)


def test_diffaugment_applies_what_it_was_asked_for():
    x = images(64)
    assert torch.equal(DiffAugment(())(x), x)
    torch.manual_seed(0)
    found = DiffAugment(("color", "translation", "cutout"))(x)
    torch.manual_seed(0)
    assert torch.equal(found, cut_out(translate(contrast(saturation(brightness(x))))))


# ADA


def test_the_filter_is_orthonormal_to_its_even_shifts():
    taps = numpy.array(SYM6)
    assert sum(taps) == pytest.approx(math.sqrt(2), abs=1e-12)
    for shift in range(6):
        product = (taps[2 * shift :] * taps[: 12 - 2 * shift]).sum()
        assert product == pytest.approx(1.0 if shift == 0 else 0.0, abs=1e-11)


def test_blitting_is_what_numpy_does():
    x = images(32, height=10, width=10)
    flips = torch.arange(32) % 2
    turns = torch.arange(32) // 2 % 4
    shifts = torch.stack([torch.arange(32) % 5 - 2, torch.arange(32) % 3 - 1], 1)
    results = blit(x, flips, turns, shifts)
    for image, flip, turn, (right, down), found in zip(x, flips, turns, shifts, results, strict=True):
        wanted = image.numpy()[:, :, ::-1] if flip else image.numpy()
        wanted = numpy.rot90(wanted, int(turn), (1, 2))
        wanted = numpy.pad(wanted, ((0, 0), (2, 2), (2, 2)), "symmetric")
        wanted = wanted[:, 2 - down : 12 - down, 2 - right : 12 - right]
        numpy.testing.assert_array_equal(found.numpy(), wanted)


@pytest.mark.parametrize("size", [(20, 20), (24, 18)])
def test_warping_by_nothing_or_by_whole_pixels_is_exact_inside(size):
    x = images(2, height=size[0], width=size[1], dtype=torch.float64)
    inside = (..., slice(5, -5), slice(5, -5))
    torch.testing.assert_close(warp(x, torch.eye(3).double().expand(2, 3, 3))[inside], x[inside], atol=1e-9, rtol=0)
    undo = torch.tensor([[1.0, 0, -2], [0, 1, 1], [0, 0, 1]]).double().expand(2, 3, 3)
    shifted = torch.roll(x, (-1, 2), (2, 3))
    torch.testing.assert_close(warp(x, undo)[inside], shifted[inside], atol=1e-9, rtol=0)


@pytest.mark.parametrize(
    "undo",
    [
        [[1.0, 0, -0.37], [0, 1, 0.81]],
        [[math.cos(0.5), math.sin(0.5), 0], [-math.sin(0.5), math.cos(0.5), 0]],
        [[-1.0, 0, 0], [0, 1, 0]],
        [[0.8, 0, 0], [0, 1.25, 0]],
    ],
)
def test_warping_a_smooth_function_gives_the_function_elsewhere(undo):
    at, x, y = smooth(40, 48)
    matrix = torch.tensor([*undo, [0, 0, 1]]).double()
    found = warp(at(x, y).double()[None, None], matrix[None])[0, 0]
    sources = torch.einsum("ij,jhw->ihw", matrix, torch.stack([x, y, torch.ones_like(x)]).double())
    wanted = at(sources[0], sources[1])
    # Where it comes from the inside.
    within = (sources[0].abs() < 20) & (sources[1].abs() < 16)
    within[:4] = within[-4:] = within[:, :4] = within[:, -4:] = False
    assert within.sum() > 300
    assert float((found - wanted)[within].abs().max()) < 0.01


def colors_of(operations=("c",), p=1.0, count=MANY, channels=3):
    torch.manual_seed(7)
    matrices, hit = AdaptiveAugmentation(operations, p)._colors(torch.zeros(count, channels, 1, 1))
    return matrices, hit


def test_recoloring_is_a_matrix_product():
    x = images(5)
    matrices, _ = colors_of(count=5)
    wanted = torch.einsum("nij,njhw->nihw", matrices[:, :3, :3], x) + matrices[:, :3, 3, None, None]
    torch.testing.assert_close(recolor(x, matrices), wanted, atol=1e-5, rtol=0)


def test_a_gray_image_stays_gray_and_gets_the_mean():
    x = images(5, channels=1)
    matrices, _ = colors_of(count=5, channels=1)
    wanted = recolor(x.expand(-1, 3, -1, -1), matrices).mean(1, keepdim=True)
    torch.testing.assert_close(recolor(x, matrices), wanted, atol=1e-5, rtol=0)


def test_a_third_of_a_turn_of_hue_exchanges_the_channels():
    from ganzoo.engine.augmentation.ada import _hue_rotation

    turned = _hue_rotation(torch.tensor([2 * math.pi / 3]))[0, :3, :3]
    torch.testing.assert_close(turned, torch.tensor([[0.0, 0, 1], [1, 0, 0], [0, 1, 0]]), atol=1e-6, rtol=0)


def close(found, wanted, sigmas, deviation):
    """A mean over `MANY` draws of a known deviation."""
    assert abs(float(found) - wanted) < sigmas * deviation / math.sqrt(MANY)


@pytest.mark.parametrize("p", [0.2, 1.0])
def test_what_is_drawn_has_the_papers_distributions(p):
    torch.manual_seed(3)
    pipeline = AdaptiveAugmentation(("b", "g", "c"), p)
    x = torch.zeros(MANY, 3, 32, 32)[..., :1, :1].expand(-1, -1, 32, 32)
    flips, turns, shifts = pipeline._blitting(x)
    close(flips.double().mean(), p / 2, 5, 0.5)
    for quarter in (1, 2, 3):
        close((turns == quarter).double().mean(), p / 4, 5, 0.45)
    assert int(shifts.abs().max()) == 4
    close((shifts[:, 0] != 0).double().mean(), p * 7 / 8, 5, 0.5)
    inverse, moved = pipeline._geometry(x)
    close(moved.double().mean(), 1 - (1 - p) ** 4, 5, 0.5)
    # The stretch and the rotations keep areas, so the determinant is the isotropic scale's: 1 / size ** 2.
    sizes = -torch.linalg.det(inverse.double()).log2() / 2
    close((sizes.abs() > 1e-5).double().mean(), p, 5, 0.5)
    close((sizes**2).mean(), p * 0.2**2, 6, 0.08)
    colors, _ = pipeline._colors(x)
    determinants = torch.linalg.det(colors[:, :3, :3].double())
    # The luma flip alone turns the sign; contrast scales three axes, saturation two.
    close((determinants < 0).double().mean(), p / 2, 5, 0.5)
    close((determinants.abs().log2() ** 2).mean(), p * (9 * 0.5**2 + 4 * 1.0**2), 8, 12)
    # Brightness is the offset before contrast and flip scale it along the gray axis.
    offset = colors[:, :3, 3].double().mean(1).abs() / (colors[:, :3, :3].double().sum((1, 2)) / 3).abs()
    close((offset**2).mean(), p * 0.2**2, 6, 0.08)


@pytest.mark.parametrize("channels", [1, 3])
def test_p_of_zero_is_the_identity_bit_for_bit(channels):
    x = images(64, channels)
    assert torch.equal(AdaptiveAugmentation(("b", "g", "c"), 0.0)(x), x)
    assert not torch.equal(AdaptiveAugmentation(("b", "g", "c"), 1.0)(x), x)


def test_images_are_hit_one_by_one():
    x = images(2000)
    found = AdaptiveAugmentation(("g",), 0.1)(x)
    untouched = torch.tensor([torch.equal(a, b) for a, b in zip(x, found, strict=True)])
    assert float(untouched.double().mean()) == pytest.approx(0.9**4, abs=0.05)


@pytest.mark.parametrize(
    "module",
    [
        DiffAugment(("color", "translation", "cutout")),
        AdaptiveAugmentation(("b", "g"), 0.6),
        AdaptiveAugmentation(("c",), 0.6),
    ],
    ids=["diffaug", "ada:bg", "ada:c"],
)
def test_gradients_of_both_orders_are_those_of_finite_differences(module):
    x = images(2, height=8, width=8, dtype=torch.float64).requires_grad_()

    def again(values):
        with torch.random.fork_rng():
            torch.manual_seed(11)
            return module(values)

    assert torch.autograd.gradcheck(again, (x,), fast_mode=True)
    assert torch.autograd.gradgradcheck(again, (x,), fast_mode=True)


# At work


class Painter(Generator):
    def __init__(self, channels=1):
        super().__init__()
        self.latent = Latent((4,))
        self.layers = nn.Sequential(nn.Linear(4, channels * 64), nn.Tanh(), nn.Unflatten(1, (channels, 8, 8)))

    def forward(self, latents, condition=None):
        return self.layers(latents)


class Critic(Discriminator):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(64, 1))

    def forward(self, samples, condition=None):
        return self.layers(self.augment(samples)).squeeze(1)


def training_of(settings, objective=None, batch=8, **options):
    torch.manual_seed(0)
    from ganzoo import HalfLife, Stage

    game = Game(
        Painter(),
        Critic(),
        objective or AdversarialObjective(NonSaturating(), R1(0.1)),
        Optimizers.both(Adam(1e-2)),
        (Stage(batch),),
        HalfLife(1000),
    )
    pixels = numpy.random.RandomState(0).randint(0, 256, (64, 8, 8, 1)).astype(numpy.uint8)
    data = Dataset.from_arrays(pixels)
    return Training(
        game, data, torch.device("cpu"), seed=5, conditional=False, augmentation=settings, warn=pytest.fail, **options
    )


def ada(**options):
    return AugmentationSettings(Policy.parse("ada"), **options)


@pytest.mark.parametrize("measure", ["real_accuracy", "pair_accuracy"])
def test_p_follows_the_sign_by_hand(measure):
    augmentation = Augmentation(ada(target=0.5, speed=1000), torch.device("cpu"))
    p, window = 0.0, []
    random = numpy.random.RandomState(2)
    for _ in range(200):
        accuracy = float(random.randint(0, 17)) / 16
        shown = augmentation.observe([{measure: torch.tensor(accuracy)}], 10)
        window.append(2 * accuracy - 1)
        if len(window) == 4:
            p = min(max(p + float(numpy.sign(numpy.mean(window) - 0.5)) * 40 / 1000, 0.0), 1.0)
            window = []
        assert float(shown["p"]) == pytest.approx(p, abs=1e-5)
        assert float(shown["real_sign"]) == 2 * accuracy - 1


@pytest.mark.parametrize("settings", [ada(speed=200), ada(p=0.4), AugmentationSettings(Policy.parse("diffaug"))])
@pytest.mark.parametrize("rounds", [5, 12])
def test_a_resumed_training_is_the_unbroken_one(settings, rounds):
    unbroken = training_of(settings)
    for _ in range(17):
        unbroken.round()
    first = training_of(settings)
    for _ in range(rounds):
        first.round()
    tensors, counters = first.state()
    tensors = {file: {name: value.clone() for name, value in each.items()} for file, each in tensors.items()}
    second = training_of(settings)
    second.restore(tensors, counters)
    for _ in range(17 - rounds):
        second.round()
    wanted, found = unbroken.state()[0], second.state()[0]
    assert wanted.keys() == found.keys()
    assert "augmentation" in wanted
    for file, each in wanted.items():
        for name, value in each.items():
            assert torch.equal(value, found[file][name]), f"{file}/{name}"


def test_both_phases_trace_whole_and_agree_with_eager():
    for settings in (ada(p=0.7), AugmentationSettings(Policy.parse("diffaug"))):
        training = training_of(settings)
        step = training._phases[0][0]
        batch = training._batch(step.phase, 8)
        torch.manual_seed(1)
        eager = step(batch).terms
        gradients = [parameter.grad.clone() for parameter in training.game.discriminator.parameters()]
        training.game.discriminator.zero_grad()
        torch._dynamo.reset()
        compiled = torch.compile(step._eager, backend="aot_eager", fullgraph=True)
        torch.manual_seed(1)
        with torch._dynamo.config.patch(trace_autograd_ops=True):
            terms, _ = compiled(batch)
        for name, value in eager.items():
            torch.testing.assert_close(terms[name], value)
        for parameter, wanted in zip(training.game.discriminator.parameters(), gradients, strict=True):
            torch.testing.assert_close(parameter.grad, wanted)


def test_r1_is_of_the_image_before_it_is_augmented():
    # A linear critic's gradient is its weights wherever the image is; half as bright, it is half of them.
    class Halved(nn.Module):
        def forward(self, samples):
            return samples / 2

    discriminator = Critic()
    discriminator.set_augmentation(Halved())
    assert discriminator.train().state_dict().keys() == Critic().state_dict().keys()
    x = images(4, 1, 8, 8).requires_grad_()
    (gradient,) = torch.autograd.grad(discriminator(x).sum(), x)
    torch.testing.assert_close(gradient.flatten(1), discriminator.layers[1].weight.expand(4, -1) / 2)


def test_evaluation_mode_sees_images_as_they_are():
    discriminator = Critic()
    discriminator.set_augmentation(DiffAugment(("color",)))
    x = images(4, 1, 8, 8)
    plain = discriminator.layers(x).squeeze(1)
    assert torch.equal(discriminator.eval()(x), plain)
    assert not torch.equal(discriminator.train()(x), plain)


def test_an_adaptive_p_needs_a_sign():
    training = training_of(ada(), AdversarialObjective(Wasserstein()))
    with pytest.raises(ConfigError, match=r"measures no real_accuracy .*--augment-p 0.2, or --augment diffaug"):
        training.round()
    training_of(ada(p=0.2), AdversarialObjective(Wasserstein())).round()


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("diffaug", "diffaug:color,translation,cutout"),
        ("diffaug:cutout, color", "diffaug:color,cutout"),
        ("ada", "ada:bgc"),
        ("ada:cb", "ada:bc"),
    ],
)
def test_policies(text, written):
    assert str(Policy.parse(text)) == written
    assert Policy.parse(written) == Policy.parse(text)


@pytest.mark.parametrize("text", ["", "x", "ada:", "ada:x", "diffaug:color,x", "diffaug:"])
def test_no_policies(text):
    with pytest.raises(ValueError, match="must"):
        Policy.parse(text)
