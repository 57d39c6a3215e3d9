"""InfoGAN: the bound by hand, what each phase moves, the networks of table 1, and what is refused."""

import math

import numpy as np
import pytest
import torch
from ganzoo_infogan.model import Recognition, code_latent, codes, information
from torch import nn

from ganzoo import Batch, Categorical, ConfigError, DataSpec, Uniform, plugins
from ganzoo.engine.training import Training
from ganzoo.testing import forms_of
from ganzoo.testing.checks import training as runs


def game(preset="paper", resolution=28, channels=1, seed=0, **options):
    found = plugins.registry().find("infogan")
    config = found.load_config().resolve(preset, options)
    data = DataSpec("images", (channels, resolution, resolution), 100)
    config.check(data)
    torch.manual_seed(seed)
    return found.build(config, data)


TINY = {"width": 4, "hidden": 8, "noise_dim": 6}


def test_the_bound_of_a_categorical_code_by_hand():
    part = Categorical(4)
    code = torch.eye(4)[[0, 2, 3]]
    logits = torch.tensor([[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 3.0, 1.0], [2.0, 2.0, 2.0, 2.0]])
    shares = [math.e / (math.e + 3), math.e**3 / (math.e**3 + math.e + 2), 0.25]
    expected = sum(map(math.log, shares)) / 3 + math.log(4)
    assert float(information(part, code, logits)) == pytest.approx(expected, rel=1e-6)
    # Nothing is known: 0 nats. All is known: log(choices).
    assert float(information(part, code, torch.zeros(3, 4))) == pytest.approx(0, abs=1e-6)
    assert float(information(part, code, 100 * code)) == pytest.approx(math.log(4))


def test_the_bound_of_a_continuous_code_by_hand():
    part = Uniform(2)
    code = torch.tensor([[0.5, -1.0], [0.0, 0.25]])
    mean, deviation = torch.tensor([[0.0, -1.0], [1.0, 0.25]]), torch.tensor([[1.0, 0.5], [2.0, 0.1]])
    normal = torch.distributions.Normal(mean, deviation)
    expected = normal.log_prob(code).sum(1).mean() + 2 * math.log(2)
    found = information(part, code, torch.cat([mean, deviation.log()], 1))
    torch.testing.assert_close(found, expected)


def test_the_bound_is_below_the_mutual_information():
    """Of a code that reaches the sample with noise N(0, 0.3^2), which is known: the best Q gives nearly all of it."""
    random = np.random.RandomState(0)
    code = random.uniform(-1, 1, (200_000, 1))
    seen = code + 0.3 * random.standard_normal(code.shape)
    # I = h(seen) - h(noise), with h(seen) from its density, which is a uniform one that the noise has washed out.
    grid = np.linspace(-3, 3, 6001)
    density = np.array([math.erf((x + 1) / (0.3 * 2**0.5)) - math.erf((x - 1) / (0.3 * 2**0.5)) for x in grid]) / 4
    entropy = -float((density * np.log(np.maximum(density, 1e-300))).sum()) * 0.001
    mutual = entropy - 0.5 * math.log(2 * math.pi * math.e * 0.09)
    weight = float((code * seen).mean() / (seen**2).mean())
    spread = float((code - weight * seen).std())
    found = np.concatenate([weight * seen, np.full_like(seen, math.log(spread))], 1)
    bound = float(information(Uniform(1), torch.from_numpy(code), torch.from_numpy(found)))
    assert 0.75 * mutual < bound < mutual


def test_latents_have_the_codes_of_the_paper():
    latent = code_latent(plugins.registry().find("infogan").load_config().resolve("paper", {}))
    assert latent.shape == (74,)
    assert [(name, part.size) for name, part, _ in codes(latent)] == [("digit", 10), ("style", 2)]


def test_parameters_of_the_paper():
    """Table 1: counted by hand, weights of layers before batch norm without bias."""
    made = game()
    norm = 2
    generator = 74 * 1024 + 1024 * norm + 1024 * 6272 + 6272 * norm
    generator += 128 * 64 * 16 + 64 * norm + 64 * 1 * 16 + 1
    body = 1 * 64 * 16 + 64 + 64 * 128 * 16 + 128 * norm + 6272 * 1024 + 1024 * norm
    recognition = 1024 * 128 + 128 * norm + (128 + 1) * (10 + 2 * 2)
    counts = [sum(p.numel() for p in network.parameters()) for network in made.trained().values()]
    assert counts == [generator, body + 1024 + 1, recognition]
    rates = {name: recipe.lr for name, recipe in made.optimizers.groups.items()}
    assert rates == {"generator": 1e-3, "discriminator": 2e-4, "auxiliary": 2e-4}


@pytest.mark.parametrize(("resolution", "channels"), [(28, 1), (32, 3), (64, 3), (128, 1)])
def test_every_size(resolution, channels):
    made = game(resolution=resolution, channels=channels, **TINY)
    images = made.generator(made.generator.latent.sample(3))
    assert images.shape == (3, channels, resolution, resolution)
    found = made.auxiliary(made.discriminator.features(images))
    assert {name: tuple(value.shape) for name, value in found.items()} == {"digit": (3, 10), "style": (3, 4)}


def batch_of(made, size=8):
    latents = made.generator.latent.sample(size)
    return Batch(torch.rand(size, 1, 28, 28) * 2 - 1, None, latents, None, torch.zeros((), dtype=torch.int64))


def test_losses_are_those_of_equation_6():
    made = game(**TINY, categorical_weight=0.5, continuous_weight=0.25)
    batch = batch_of(made)
    discriminating = made.objective.discriminator_loss(made.players, batch)
    with torch.no_grad():
        fakes = made.generator(batch.latents)
        features = made.discriminator.features(fakes)
        real, fake = made.discriminator(batch.reals), made.discriminator(fakes)
        found = made.auxiliary(features)
        log_likelihood = nn.functional.log_softmax(found["digit"], 1)[batch.latents[:, 6:16].bool()].mean()
        told = information(Uniform(2), batch.latents[:, 16:], found["style"])
    expected = -torch.sigmoid(real).log().mean() - (1 - torch.sigmoid(fake)).log().mean()
    torch.testing.assert_close(discriminating.terms["adversarial"].detach(), expected)
    torch.testing.assert_close(discriminating.terms["digit"].detach(), -0.5 * (log_likelihood + math.log(10)))
    torch.testing.assert_close(discriminating.terms["style"].detach(), -0.25 * told)
    torch.testing.assert_close(discriminating.measures["digit_information"], log_likelihood + math.log(10))
    generating = made.objective.generator_loss(made.players, batch)
    torch.testing.assert_close(generating.terms["adversarial"].detach(), -torch.sigmoid(fake).log().mean())
    torch.testing.assert_close(generating.terms["digit"], discriminating.terms["digit"])


def test_each_phase_moves_its_groups_alone():
    form = next(form for form in forms_of(plugins.registry().find("infogan")) if form.plain)
    training: Training = runs.training_of(form, form.build(0))
    networks = training.game.trained()
    for entry, moved in zip(training._phases, ({"discriminator", "auxiliary"}, {"generator"}), strict=True):
        (step,) = entry
        before = {name: [p.clone() for p in network.parameters()] for name, network in networks.items()}
        training._step(step, training._backward(step))
        changed = {
            name for name, network in networks.items() if not all(map(torch.equal, before[name], network.parameters()))
        }
        assert changed == moved
        for name in networks.keys() - moved:
            assert all(torch.equal(p, q) for p, q in zip(before[name], networks[name].parameters(), strict=True))


def test_what_tells_the_codes_reaches_the_body_and_q():
    made = game(**TINY)
    terms = made.objective.discriminator_loss(made.players, batch_of(made)).terms
    (terms["digit"] + terms["style"]).backward()
    body, score = made.discriminator.body, made.discriminator.score
    assert all(parameter.grad is not None and parameter.grad.abs().sum() > 0 for parameter in body.parameters())
    assert all(parameter.grad is None for parameter in score.parameters())
    assert all(parameter.grad is not None for parameter in made.auxiliary.parameters())
    assert all(parameter.grad is None for parameter in made.generator.parameters())


def test_q_learns_a_code_that_the_features_hold():
    latent = code_latent(plugins.registry().find("infogan").load_config().resolve("paper", TINY))
    torch.manual_seed(0)
    recognition = Recognition(latent, latent.shape[0])
    adam = torch.optim.Adam(recognition.parameters(), 1e-2)
    for _ in range(150):
        drawn = latent.sample(64)
        found = recognition(drawn)
        bounds = {name: information(part, drawn[:, place], found[name]) for name, part, place in codes(latent)}
        adam.zero_grad()
        (-sum(bounds.values())).backward()
        adam.step()
    assert bounds["digit"].item() > 0.95 * math.log(10)
    assert bounds["style"].item() > 1.5


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"categorical": "", "continuous": ""}, "no code for Q to find: give --categorical digit=10"),
        ({"categorical": "style=3"}, "two codes are called style"),
        ({"categorical": "digit=1"}, "a code of one choice"),
        ({"categorical": "Digit=10"}, "must be names and sizes, as digit=10"),
        ({"categorical": "digit"}, "must be names and sizes"),
        ({"categorical": "a=2,a=3"}, "a name of its own"),
        ({"continuous": "z=2"}, "none the name z"),
        ({"resolution": 48}, "give one of them with --res"),
    ],
)
def test_codes_that_are_none_are_refused(options, words):
    with pytest.raises(ConfigError, match=words):
        game(**{**TINY, **options})


def test_codes_may_be_of_any_number():
    made = game(**{**TINY, "categorical": "digit=3,light=2", "continuous": ""})
    assert made.generator.latent.shape == (6 + 5,)
    terms = made.objective.discriminator_loss(made.players, batch_of(made)).terms
    assert set(terms) == {"adversarial", "digit", "light"}
