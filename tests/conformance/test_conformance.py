"""Every built-in variant, in every form that it advertises, passes the kit that third parties are offered."""

import pytest
import torch
from conformance.plain_loop import PlainLoop

from ganzoo import plugins
from ganzoo.testing import CHECKS, Case, cases_of, forms_of
from ganzoo.testing.checks import training as runs

STEPS = 20
BUILT_IN = [record.name for record in plugins.registry().records if record.builtin]
VARIANTS = [
    plugins.registry().find(name) for record in plugins.registry().records if record.builtin for name in record.variants
]
PLAIN = [form for variant in VARIANTS for form in forms_of(variant) if form.plain]


@pytest.fixture
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.ganzoo_plugin(*BUILT_IN)
def test_conformance(conformance: Case):
    conformance.run()


def test_every_plugin_was_loaded():
    assert {record.name: record.reason for record in plugins.registry().records if record.status != "ok"} == {}


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_variant_has_forms_for_every_check(name):
    asked = {case.check.name for case in cases_of(name)}
    for variant in plugins.registry().variants.values():
        if plugins.registry().plugin_of(variant.name).name == name:
            assert asked == {check.name for check in CHECKS}


@pytest.mark.usefixtures("_one_thread")
@pytest.mark.parametrize("form", PLAIN, ids=str)
def test_twenty_rounds_equal_a_plain_loop(form):
    dataset = runs.dataset_of(form)
    plain = PlainLoop(form.build(runs.SEED), dataset, runs.SEED, form.conditional)
    for _ in range(STEPS):
        plain.round()
    training, seen = runs.training_of(form, form.build(runs.SEED)), []
    training.tally.add = lambda phase, losses: seen.extend(
        (phase, name, float(term)) for name, term in losses.terms.items()
    )
    for _ in range(STEPS):
        training.round()
    assert seen == plain.losses
    assert (training.images, training.rounds) == (plain.images, plain.rounds)
    assert training.clock.index == plain.stage
    expected = {**plain.networks, "ema": plain.average}
    for name, network in training.networks().items():
        wanted, found = expected[name].state_dict(), network.state_dict()
        assert found.keys() == wanted.keys()
        differing = [key for key, value in wanted.items() if not torch.equal(value, found[key])]
        assert differing == [], name
