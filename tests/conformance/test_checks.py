"""The checks themselves: a sound variant passes all, and each fault is found and named."""

from typing import ClassVar

import pytest
import torch
from conformance.broken import FAULTS, VARIANT, BrokenConfig

from ganzoo import ConfigError, Variant, plugins
from ganzoo.testing import CHECKS, Case, Nonconforming, Skipped, forms_of, sizes_of
from ganzoo.testing.checks import onnx as exporting

FORMS = {form.plan.config.fault: form for form in forms_of(VARIANT)}


def verdict(form):
    """The first check that fails, and what it says; both empty if all pass."""
    for check in CHECKS:
        if check.level == "form":
            try:
                Case(check, form).run()
            except Nonconforming as error:
                return check.name, str(error)
    return "", ""


def test_every_fault_is_a_form():
    assert FORMS.keys() == FAULTS.keys()


def test_a_sound_variant_passes():
    assert verdict(FORMS["none"]) == ("", "")


@pytest.mark.parametrize("fault", [fault for fault, (check, _) in FAULTS.items() if check])
def test_a_fault_is_found(fault):
    expected, said = FAULTS[fault]
    check, found = verdict(FORMS[fault])
    assert check == expected
    assert said in found
    assert found.startswith("broken-paper")
    assert found.count(": ") >= 2  # who, what was seen, how to fix it


def test_a_conditional_batch_norm_at_its_start_is_sound():
    assert verdict(FORMS["quiet_labels"]) == ("", "")


class ColorOnly(BrokenConfig):
    def check(self, data):
        if data.channels != 3:
            raise ConfigError("color only")


class SevenColumns(BrokenConfig):
    shapes: ClassVar = ((7,),)

    def check(self, data):
        if data.shape != (7,):
            raise ConfigError("seven columns only")


@pytest.mark.parametrize(("config", "data", "shape"), [(ColorOnly, "image", (3, 8, 8)), (SevenColumns, "vector", (7,))])
def test_a_variant_of_one_shape_of_data_is_checked_with_that(config, data, shape):
    variant = Variant("broken", "x", "none", f"{__name__}:{config.__name__}", VARIANT.factory, data, "required", True)
    forms = forms_of(variant)
    form = next(form for form in forms if form.plan.config.fault == "none")
    assert form.data.shape == shape
    assert {form.data.shape[0] for form in sizes_of(variant)} == {shape[0]}
    assert verdict(form) == ("", "")


def test_a_descriptor_that_denies_the_encoder_is_found():
    silent = Variant("broken", "x", "none", VARIANT.config, VARIANT.factory, labels="required")
    form = next(form for form in forms_of(silent) if form.plan.config.fault == "none")
    assert "says encodes=False" in verdict(form)[1]


def test_the_forms_of_dcgan_are_what_its_options_say():
    names = {form.name for form in forms_of(plugins.registry().find("dcgan"))}
    for change in (
        "", "-upsampling=nearest", "-latent=normal", "-generator_activation=leaky_relu", "-generator_dropout=0.2",
    ):  # fmt: skip
        assert f"dcgan-paper{change}-28x28x1" in names
    assert "dcgan-laptop-28x28x1" in names
    sizes = {form.data.shape for form in sizes_of(plugins.registry().find("dcgan"))}
    square = {(channels, size, size) for size in (28, 32, 64, 128) for channels in (1, 3)}
    assert sizes == {*square, (3, 28, 56), (5, 28, 28)}


def test_a_variant_of_both_kinds_has_forms_for_both():
    kinds = {form.data.kind for form in forms_of(plugins.registry().find("vanilla")) if form.plain}
    assert kinds == {"image", "vector"}


def test_looking_for_forms_builds_nothing():
    before = torch.get_rng_state()
    forms_of(VARIANT)
    assert torch.equal(before, torch.get_rng_state())


def test_without_the_extra_the_export_is_skipped_with_what_to_install(monkeypatch):
    monkeypatch.setattr(exporting, "EXTRA", ("onnx", "no_such_package"))
    (onnx,) = (check for check in CHECKS if check.name == "onnx")
    with pytest.raises(Skipped, match=r"needs no_such_package: pip install 'torch-ganzoo\[onnx\]'"):
        Case(onnx, FORMS["none"]).run()
