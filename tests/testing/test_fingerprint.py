"""Checks of networks are asked once of each set of networks, and of every form whose networks may be others."""

from dataclasses import replace
from functools import partial

import pytest
from torch import nn
from torch.nn import functional

from ganzoo import plugins
from ganzoo.testing import CHECKS, Case, Nonconforming, forms_of
from ganzoo.testing.fingerprint import fingerprint

(SHAPES,) = (check for check in CHECKS if check.name == "shapes")
BUILT_IN = list(plugins.registry().variants.values())


def sets(variant):
    """Names of the forms that share their networks, by the first."""
    found = {}
    for form in forms_of(plugins.registry().find(variant)):
        found.setdefault(form.networks, []).append(form.name)
    return {names[0]: names[1:] for names in found.values()}


def test_an_option_of_the_loss_leaves_the_networks_alone():
    assert sets("lsgan") == {
        "lsgan-paper-28x28x1": [
            "lsgan-paper-targets=pearson-28x28x1",
            "lsgan-laptop-28x28x1",
            "lsgan-laptop-targets=pearson-28x28x1",
        ]
    }


def test_options_of_the_networks_do_not():
    found = sets("dcgan")
    same = ["dcgan-paper-loss=relativistic-28x28x1", "dcgan-classic-latent=uniform-28x28x1"]
    assert found["dcgan-paper-28x28x1"] == same
    for change in ("upsampling=nearest", "generator_activation=leaky_relu", "generator_dropout=0.2"):
        assert found[f"dcgan-paper-{change}-28x28x1"] == []
    assert len({form.networks for form in forms_of(plugins.registry().find("pacgan"))}) == 16


def test_it_saves_most_and_is_the_same_each_time():
    first, again = ([form.networks for variant in BUILT_IN for form in forms_of(variant)] for _ in range(2))
    assert first == again
    assert "" not in first
    assert len(set(first)) < len(first) / 2


def change_class(generator):
    generator.__class__ = type("Other", (type(generator),), {})


def change_weight(generator):
    next(generator.parameters()).data.view(-1)[0] += 1e-6


CHANGES = {
    "class": change_class,
    "weight": change_weight,
    "attribute": lambda generator: setattr(generator, "slope", 0.1),
    "private attribute": lambda generator: setattr(generator, "_slope", 0.1),
    "function": lambda generator: setattr(generator, "activation", functional.relu),
    "arguments": lambda generator: setattr(generator, "activation", partial(nn.LeakyReLU, 0.3)),
    "range": lambda generator: setattr(generator, "bounded", not generator.bounded),
    "latent": lambda generator: setattr(generator, "latent", replace(generator.latent, high=0.5)),
    "frozen": lambda generator: next(generator.parameters()).requires_grad_(False),
    "buffer": lambda generator: generator.register_buffer("lost", next(generator.parameters())[0], persistent=False),
    "module": lambda generator: generator.add_module("more", nn.Identity()),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_a_network_may_differ_in(change):
    form = forms_of(plugins.registry().find("lsgan"))[0]
    one, same, other = (form.build() for _ in range(3))
    change(other.generator)
    found = [fingerprint(game, form.data, form.conditional) for game in (one, same, other)]
    assert found[0] == found[1] != found[2]
    change(one.generator)
    if change is not change_class:
        assert fingerprint(one, form.data, form.conditional) == found[2]


@pytest.mark.parametrize(
    "hidden",
    [object(), lambda x: x, [object()], {"a": partial(lambda x: x)}],
    ids=["object", "closure", "list", "partial"],
)
def test_what_cannot_be_looked_into_is_like_nothing_else(hidden):
    form = forms_of(plugins.registry().find("lsgan"))[0]
    game = form.build()
    game.generator.hidden = hidden
    found = {fingerprint(game, form.data, form.conditional) for _ in range(3)}
    assert len(found) == 3


def test_a_hook_is_like_nothing_else():
    form = forms_of(plugins.registry().find("lsgan"))[0]
    game = form.build()
    game.generator.register_forward_hook(lambda *_: None)
    assert fingerprint(game, form.data, form.conditional) != fingerprint(game, form.data, form.conditional)


asked = []


def ask(form):
    asked.append(form.name)
    if "pearson" in form.name and form.name.startswith("lsgan-paper"):
        raise Nonconforming("no")


def test_who_passed_is_asked_once_and_who_failed_again(monkeypatch):
    monkeypatch.setattr("ganzoo.testing.cases._passed", set())
    check = replace(SHAPES, function=f"{__name__}:ask")
    paper, pearson, laptop, more = forms_of(plugins.registry().find("lsgan"))
    with pytest.raises(Nonconforming, match="no"):
        Case(check, pearson).run()
    for form in (paper, laptop, more):
        Case(check, form).run()
    assert asked == [pearson.name, paper.name]
    # Another check has not looked at them, and what is asked of losses is asked of every form.
    Case(replace(check, name="other"), laptop).run()
    Case(replace(check, forms="all"), laptop).run()
    assert asked[2:] == [laptop.name, laptop.name]


def test_networks_that_cannot_be_built_are_asked_each_time():
    form = forms_of(plugins.registry().find("lsgan"))[0]
    broken = replace(form, plan=replace(form.plan, variant=replace(form.variant, factory="json:loads")))
    assert broken.networks == ""
    for _ in range(2):
        with pytest.raises(Nonconforming):
            Case(SHAPES, broken).run()
