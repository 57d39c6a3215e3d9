"""Every installed variant, in every form that it advertises, keeps the contract of `docs/design.md`."""

import pytest
import torch
from conformance.plain_loop import PlainLoop

from ganzoo import GanzooError, plugins
from ganzoo.testing import checks, forms_of, runs, samples, sizes_of

STEPS = 20


def collect():
    """All forms, and what kept a variant from having any: a broken one must fail, and not vanish."""
    forms, sizes, broken = [], [], {}
    for variant in plugins.variants():
        try:
            forms += forms_of(variant)
            sizes += sizes_of(variant)
        except GanzooError as error:
            broken[variant.name] = error
    return forms, sizes, broken


FORMS, SIZES, BROKEN = collect()
PLAIN = [form for form in FORMS if form.plain]


def each(forms):
    return pytest.mark.parametrize("form", forms, ids=str)


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_every_plugin_was_loaded():
    assert {record.name: record.reason for record in plugins.registry().records if record.status != "ok"} == {}


@pytest.mark.parametrize("name", [variant.name for variant in plugins.variants()])
def test_every_variant_has_forms(name):
    if name in BROKEN:
        raise BROKEN[name]
    presets = {form.plan.preset for form in FORMS if form.variant.name == name}
    assert presets  # equal presets are one form
    assert presets <= set(plugins.registry().find(name).load_config().presets)


def every(checks):
    return pytest.mark.parametrize("check", checks, ids=lambda check: check.__name__.removeprefix("check_"))


@each(SIZES)
def test_sizes(form):
    samples.check_shapes(form)


@every(checks.NETWORKS)
@each(FORMS)
def test_networks(form, check):
    check(form)


@every(checks.TRAINING)
@each(PLAIN)
def test_training(form, check):
    check(form)


@each(PLAIN)
def test_twenty_rounds_equal_a_plain_loop(form):
    dataset = runs.dataset_of(form)
    plain = PlainLoop(form.build(runs.SEED), dataset, runs.SEED, form.conditional)
    for _ in range(STEPS):
        plain.round()
    training, seen = runs.training_of(form, form.build(runs.SEED)), []
    training.tally.add = lambda player, losses: seen.extend(
        (player == "generator", name, float(term)) for name, term in losses.terms.items()
    )
    for _ in range(STEPS):
        training.round()
    assert seen == plain.losses
    assert (training.images, training.generator_steps) == (plain.images, plain.generator_steps)
    assert training.clock.index == plain.stage
    expected = {"generator": plain.game.generator, "discriminator": plain.game.discriminator, "ema": plain.average}
    for name, network in training.networks().items():
        wanted, found = expected[name].state_dict(), network.state_dict()
        assert found.keys() == wanted.keys()
        differing = [key for key, value in wanted.items() if not torch.equal(value, found[key])]
        assert differing == [], name
