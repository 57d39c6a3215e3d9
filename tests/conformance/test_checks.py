"""The checks themselves: a sound variant passes all, and each fault is found and named."""

import pytest
import torch
from conformance.broken import FAULTS, VARIANT

from ganzoo import Variant, plugins
from ganzoo.testing import checks, forms_of, sizes_of
from ganzoo.testing.play import Nonconforming

FORMS = {form.plan.config.fault: form for form in forms_of(VARIANT)}


def verdict(form):
    """What the first check that fails says; empty if all pass."""
    for check in (*checks.NETWORKS, *checks.TRAINING):
        try:
            check(form)
        except Nonconforming as error:
            return str(error)
    return ""


def test_every_fault_is_a_form():
    assert FORMS.keys() == FAULTS.keys()


def test_a_sound_variant_passes():
    assert verdict(FORMS["none"]) == ""


@pytest.mark.parametrize(("fault", "said"), [item for item in FAULTS.items() if item[0] != "none"], ids=str)
def test_a_fault_is_found(fault, said):
    found = verdict(FORMS[fault])
    assert said in found
    assert found.startswith("broken-paper")
    assert ": " in found


def test_a_descriptor_that_denies_the_encoder_is_found():
    silent = Variant("broken", "x", "none", VARIANT.config, VARIANT.factory, labels="required")
    form = next(form for form in forms_of(silent) if form.plan.config.fault == "none")
    assert "says encodes=False" in verdict(form)


def test_the_forms_of_dcgan_are_what_its_options_say():
    names = {form.name for form in forms_of(plugins.registry().find("dcgan"))}
    for change in (
        "", "-upsampling=nearest", "-latent=normal", "-generator_activation=leaky_relu", "-generator_dropout=0.2",
    ):  # fmt: skip
        assert f"dcgan-paper{change}-28x28x1" in names
    assert "dcgan-laptop-28x28x1" in names
    sizes = {form.data.shape for form in sizes_of(plugins.registry().find("dcgan"))}
    assert sizes == {(channels, size, size) for size in (28, 32, 64, 128) for channels in (1, 3)}


def test_a_variant_of_both_kinds_has_forms_for_both():
    kinds = {form.data.kind for form in forms_of(plugins.registry().find("vanilla")) if form.plain}
    assert kinds == {"image", "vector"}


def test_looking_for_forms_builds_nothing():
    before = torch.get_rng_state()
    forms_of(VARIANT)
    assert torch.equal(before, torch.get_rng_state())
