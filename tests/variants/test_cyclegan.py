"""CycleGAN: networks against functions, sizes by hand, the losses against a second implementation, and the pool."""

from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.nn import functional

from ganzoo import Adam, Batch, ConfigError, DataSpec, ImageCondition, LinearDecay, plugins
from ganzoo.objectives import ImagePool


def data(height=32, width=None, channels=3, sources=3):
    width = width or height
    return DataSpec("two", (channels, height, width), 100, ImageCondition((sources, height, width), paired=False))


SMALL = {"width": 4, "blocks": 1, "patch_halvings": 1, "batch_size": 2, "pool": 6}


def larger():
    return replace(data(64), condition=ImageCondition((3, 32, 32), paired=False))


def game(spec=None, preset="paper", **options):
    spec = spec or data()
    found = plugins.registry().find("cyclegan")
    config = found.load_config().resolve(preset, options)
    config.check(spec)
    torch.manual_seed(0)
    return found.build(config, spec)


def batch(count=2, size=32):
    b, a = torch.rand(2, count, 3, size, size) * 2 - 1
    return Batch(b, a, torch.zeros(count, 0), a, torch.zeros((), dtype=torch.int64))


def parameters(network):
    return sum(p.numel() for p in network.parameters())


def test_the_papers_numbers():
    made = game(data(256))
    adam = made.optimizers.groups["generator"]
    assert made.optimizers.groups == {"generator": adam, "discriminator": adam}
    assert adam == Adam(2e-4, (0.5, 0.999), schedule=LinearDecay(125_000, 250_000))
    assert (made.objective.cycle_weight, made.objective.identity_weight) == (10.0, 5.0)
    assert made.auxiliary.a.images.shape == made.auxiliary.b.images.shape == (50, 3, 256, 256)
    assert made.stages[0].batch_size == 1


@pytest.mark.parametrize(("preset", "blocks", "total"), [("paper", 9, 11_372_931), ("paper-128", 6, 7_833_987)])
def test_the_papers_generators_have_their_number_of_parameters(preset, blocks, total):
    """c7s1-64, d128, d256, R256 x blocks, u128, u64, c7s1-3 (section 7.2); a bias at the last layer only.

    Before an instance norm a bias has no effect, so there are none.
    """
    head, tail = 49 * 3 * 64, 49 * 64 * 3 + 3
    ways = 9 * 2 * (64 * 128 + 128 * 256)
    made = game(data(128), preset)
    for one in (made.generator.a_to_b, made.generator.b_to_a):
        assert parameters(one) == head + ways + blocks * 2 * 9 * 256 * 256 + tail == total
    assert made.generator(torch.zeros(1, 0), torch.zeros(1, 3, 32, 32)).shape == (1, 3, 32, 32)


def test_the_papers_discriminators_have_their_number_of_parameters():
    """C64-C128-C256-C512 on one image, 70 x 70; biases next to the image and at the scores."""
    made = game(data(256))
    weights = 16 * (3 * 64 + 64 * 128 + 128 * 256 + 256 * 512 + 512)
    for one in (made.discriminator.a, made.discriminator.b):
        assert parameters(one) == weights + 64 + 1 == 2_763_841
    assert made.discriminator(torch.zeros(1, 3, 256, 256), "a").shape == (1, 1, 30, 30)


def translated(network, images, blocks):
    """A generator by functions, layer after layer as section 7.2 lists them."""
    weights = [m for m in network.modules() if isinstance(m, nn.Conv2d | nn.ConvTranspose2d)]
    take = iter(weights)

    def convolved(maps, pad, stride=1, padding=0):
        maps = functional.pad(maps, [pad] * 4, mode="reflect") if pad else maps
        return functional.conv2d(maps, next(take).weight, None, stride, padding)

    def normed(maps):
        mean = maps.mean((2, 3), keepdim=True)
        variance = (maps - mean).square().mean((2, 3), keepdim=True)
        return (maps - mean) / (variance + 1e-5).sqrt()

    maps = normed(convolved(images, 3)).relu()
    for _ in range(2):
        maps = normed(convolved(maps, 0, 2, 1)).relu()
    for _ in range(blocks):
        inner = normed(convolved(maps, 1)).relu()
        maps = maps + normed(convolved(inner, 1))
    for _ in range(2):
        maps = functional.conv_transpose2d(maps, next(take).weight, None, 2, 1, output_padding=1)
        maps = normed(maps).relu()
    last = next(take)
    return torch.tanh(functional.conv2d(functional.pad(maps, [3] * 4, mode="reflect"), last.weight, last.bias))


def test_a_generator_equals_the_list_of_section_7_2():
    made = game(width=4, blocks=2)
    images = torch.rand(2, 3, 24, 32) * 2 - 1
    for direction, network in (("AtoB", made.generator.a_to_b), ("BtoA", made.generator.b_to_a)):
        found = made.generator(torch.zeros(2, 0), images, direction=direction)
        torch.testing.assert_close(found, translated(network, images, 2), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("identity", [0.5, 0.0])
def test_losses_against_a_second_implementation(identity):
    made = game(data(), **SMALL, identity_weight=identity, jitter=0.0, flip=False)
    g, f = made.generator.a_to_b, made.generator.b_to_a
    d_a, d_b = made.discriminator.a, made.discriminator.b
    given = batch()
    a, b = given.condition, given.reals
    mse, l1 = nn.MSELoss(), nn.L1Loss()
    with torch.no_grad():
        wanted = {
            "adversarial_a": mse(d_a(f(b)), torch.ones(2, 1, 14, 14)),
            "adversarial_b": mse(d_b(g(a)), torch.ones(2, 1, 14, 14)),
            "cycle_a": 10 * l1(f(g(a)), a),
            "cycle_b": 10 * l1(g(f(b)), b),
        }
        if identity:
            wanted |= {"identity_a": 5 * l1(f(a), a), "identity_b": 5 * l1(g(b), b)}
        fakes = {"a": f(b), "b": g(a)}
        judged = {
            f"adversarial_{name}": (
                mse(d(real), torch.ones(2, 1, 14, 14)) + mse(d(fakes[name]), torch.zeros(2, 1, 14, 14))
            )
            / 2
            for name, d, real in (("a", d_a, a), ("b", d_b, b))
        }
    torch.testing.assert_close(made.objective.generator_loss(made.players, given).terms, wanted)
    # The pools are empty, so what comes out of them is what the generators have just made.
    torch.testing.assert_close(made.objective.discriminator_loss(made.players, given).terms, judged)


def test_the_generators_come_first_and_their_fakes_are_judged_as_they_were():
    generator, discriminator = game(**SMALL).objective.phases()
    assert (generator.name, generator.updates, generator.counts) == ("generator", ("generator",), True)
    assert (discriminator.updates, discriminator.reals) == (("discriminator",), "last")
    made = game(**SMALL)
    given = batch()
    made.objective.generator_loss(made.players, given)
    before = [p.waiting.clone() for p in (made.auxiliary.a, made.auxiliary.b)]
    with torch.no_grad():
        for parameter in made.generator.parameters():
            parameter.add_(1.0)
    sum(made.objective.discriminator_loss(made.players, given).terms.values()).backward()
    assert all(torch.equal(p.waiting, old) for p, old in zip((made.auxiliary.a, made.auxiliary.b), before, strict=True))
    assert all(parameter.grad is None for parameter in made.generator.parameters())
    assert all(parameter.grad is not None for parameter in made.discriminator.parameters())


def test_each_image_has_its_own_jitter():
    made = game(**SMALL)
    images = torch.rand(8, 3, 32, 32)
    a, b = made.objective._images(Batch(images, images, torch.zeros(8, 0), images, torch.zeros(())))
    assert not torch.equal(a, b)


def test_the_pool_equals_a_loop_over_images():
    pool, kept = ImagePool(5, (1, 2, 2), 3), []
    for step in range(40):
        new = torch.rand(3, 1, 2, 2)
        torch.manual_seed(step)
        pool.put(new)
        torch.manual_seed(step)
        places, chosen = torch.randint(5, (3,)), torch.rand(3) < 0.5
        wanted = []
        for image, place, swap in zip(new, places, chosen, strict=True):
            if len(kept) < 5:
                kept.append(image)
                wanted.append(image)
            elif swap:
                wanted.append(kept[place])
                kept[place] = image
            else:
                wanted.append(image)
        assert torch.equal(pool.waiting, torch.stack(wanted))
        assert torch.equal(pool.images[: len(kept)], torch.stack(kept))
        assert pool.count == len(kept)


def test_the_pool_returns_half_of_what_it_gets_once_it_is_full():
    pool = ImagePool(50, (1, 1, 1), 1)
    returned = []
    for number in range(4050):
        pool.put(torch.full((1, 1, 1, 1), float(number)))
        returned.append(int(pool.waiting.item()) == number)
    assert all(returned[:50])
    assert 0.46 < sum(returned[50:]) / 4000 < 0.54


def test_a_pool_of_none_returns_what_it_gets():
    pool, images, before = ImagePool(0, (1, 2, 2), 2), torch.rand(2, 1, 2, 2), torch.get_rng_state()
    pool.put(images)
    assert torch.equal(pool.waiting, images)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(
    ("spec", "options", "sentence"),
    [
        (data(30), {}, r"sides are multiples of 4 pixels, and two has 30x30: give --res 32x32"),
        (data(32, 50), {}, r"two has 32x50: give --res 32x48"),
        (
            larger(),
            {},
            r"cyclegan makes images as large as their sources, and two has 64x64 of 32x32: make both of one size",
        ),
        (data(16), {}, r"--patch-halvings \(=3\) needs images of 24 pixels at least, and two has 16x16"),
        (
            data(sources=1),
            {},
            r"--identity-weight \(=0.5\) needs two domains of equally many channels, and two has 1 and 3",
        ),
    ],
)
def test_data_that_does_not_fit_is_refused(spec, options, sentence):
    with pytest.raises(ConfigError, match=sentence):
        game(spec, **options)


def test_domains_of_other_channels_without_the_identity():
    made = game(data(sources=1), **SMALL, identity_weight=0.0)
    assert made.generator(torch.zeros(2, 0), torch.zeros(2, 1, 32, 32)).shape == (2, 3, 32, 32)
    assert made.generator(torch.zeros(2, 0), torch.zeros(2, 3, 32, 32), direction="BtoA").shape == (2, 1, 32, 32)
    given = Batch(torch.zeros(2, 3, 32, 32), torch.zeros(2, 1, 32, 32), torch.zeros(2, 0), None, torch.zeros(()))
    for loss in (made.objective.generator_loss, made.objective.discriminator_loss):
        assert all(term.isfinite() for term in loss(made.players, given).terms.values())


def test_micro_batches_find_the_translations_of_their_own_batch():
    whole, parted = (ImagePool(0, (1, 1, 1), 6) for _ in range(2))
    for start in (0.0, 6.0):
        images = torch.arange(start, start + 6).reshape(6, 1, 1, 1)
        whole.put(images)
        for part in images.split(2):
            parted.put(part)
        assert torch.equal(torch.cat([parted.take(2) for _ in range(3)]), whole.take(6))
