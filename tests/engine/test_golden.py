"""Twenty rounds of the engine equal, bit for bit, a loop that anybody could write."""

import numpy
import pytest
import torch
from torch.nn.functional import softplus

from ganzoo import plugins
from ganzoo.data.dataset import Dataset
from ganzoo.data.sampler import Sampler
from ganzoo.engine.training import Training

CPU = torch.device("cpu")
BATCH, ROUNDS, LR, HALF_LIFE = 8, 20, 1e-3, 100


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def game_of(variant, dataset, **options):
    found = plugins.registry().find(variant)
    config = found.load_config()(batch_size=BATCH, lr=LR, ema_images=HALF_LIFE, latent_dim=6, **options)
    torch.manual_seed(7)
    return found.build(config, dataset.spec), config


def plain_loop(game, dataset, beta1):
    generator, discriminator = game.generator.train(), game.discriminator.train()
    for network in (generator, discriminator):
        network.to(memory_format=torch.channels_last)
    sampler, latent = Sampler(dataset, 7), generator.latent
    adams = [torch.optim.Adam(n.parameters(), LR, (beta1, 0.999), fused=True) for n in (generator, discriminator)]
    average = {name: value.clone() for name, value in generator.state_dict().items()}
    losses, images = [], 0
    for _ in range(ROUNDS):
        reals, _ = sampler.next(BATCH)
        with torch.no_grad():
            fakes = generator(latent.sample(BATCH))
        real_scores, fake_scores = discriminator(reals), discriminator(fakes)
        d_loss = softplus(-real_scores).mean() + softplus(fake_scores).mean()
        adams[1].zero_grad()
        d_loss.backward()
        adams[1].step()
        images += BATCH
        g_loss = softplus(-discriminator(generator(latent.sample(BATCH)))).mean()
        adams[0].zero_grad()
        g_loss.backward()
        adams[0].step()
        keep = 0.5 ** (BATCH / min(HALF_LIFE, 0.05 * images))
        for name, value in generator.state_dict().items():
            average[name] = average[name].lerp(value, 1 - keep) if value.is_floating_point() else value.clone()
        losses.append((d_loss.item(), g_loss.item()))
    return losses, generator.state_dict(), discriminator.state_dict(), average


@pytest.mark.parametrize(
    ("variant", "size", "options"),
    [("vanilla", 8, {}), ("vanilla", 8, {"batch_norm": True}), ("dcgan", 28, {"width": 4})],
    ids=["vanilla", "vanilla-batch-norm", "dcgan"],
)
def test_the_engine_equals_a_plain_loop(variant, size, options):
    pixels = numpy.random.RandomState(0).randint(0, 256, (50, size, size), dtype=numpy.uint8)
    dataset = Dataset.from_arrays(pixels)
    game, config = game_of(variant, dataset, **options)
    expected, *networks = plain_loop(game, dataset, config.beta1)

    game, _ = game_of(variant, dataset, **options)
    training = Training(game, dataset, CPU, seed=7, conditional=False, warn=pytest.fail)
    seen = []
    for _ in range(ROUNDS):
        training.round()
        values = training.tally.drain()
        seen.append((values["discriminator/adversarial"], values["generator/adversarial"]))
    assert seen == expected
    assert training.images == BATCH * ROUNDS
    for name, wanted in zip(("generator", "discriminator", "ema"), networks, strict=True):
        found = training.networks()[name].state_dict()
        assert found.keys() == wanted.keys()
        for key, value in wanted.items():
            assert torch.equal(found[key], value), f"{name} {key}"
