"""The kit tries a variant with data that it is for."""

import dataclasses

import pytest
import torch
from ganzoo_dcgan.config import DCGANConfig
from ganzoo_vanilla.config import VanillaConfig

from ganzoo import ConfigError, find_variant
from ganzoo.testing import forms_of
from ganzoo.testing.cases import cases_of_variant
from ganzoo.testing.checks.training import dataset_of
from ganzoo.testing.forms import sizes_of


class ColorConfig(DCGANConfig):
    def check(self, data):
        super().check(data)
        if data.channels != 3:
            raise ConfigError(f"{data.name} has {data.channels} channels: give --channels 3")


class RowConfig(VanillaConfig):
    shapes = ((6,), (3, 8, 8))

    def check(self, data):
        if data.shape != (6,):
            raise ConfigError(f"{data.name} has {data.channels} features, and 6 are needed")


def variant(name, config, data):
    described = find_variant(name)
    return dataclasses.replace(described, config=f"{__name__}:{config}", data=data)


def test_color_alone():
    colored = variant("dcgan", "ColorConfig", "image")
    assert {form.data.shape for form in forms_of(colored)} == {(3, 28, 28)}
    assert {form.data.channels for form in sizes_of(colored)} == {3}
    assert any(form.data.size == (28, 56) for form in sizes_of(colored))
    for case in cases_of_variant(colored, ["forms", "shapes"]):
        case.run()


def test_a_row_of_six():
    rows = variant("vanilla", "RowConfig", "vector")
    forms = forms_of(rows)
    assert {(form.data.kind, form.data.shape) for form in forms} == {("vector", (6,))}
    assert dataset_of(forms[0]).gather(torch.arange(2)).shape == (2, 6)
    for case in cases_of_variant(rows, ["forms", "shapes"]):
        case.run()


def test_channels_and_rectangles_are_tried():
    shapes = {form.data.shape for form in sizes_of(find_variant("dcgan"))}
    assert {(1, 28, 28), (3, 28, 56), (5, 28, 28), (3, 128, 128)} <= shapes
    assert all(shape[1] == shape[2] for shape in {form.data.shape for form in sizes_of(find_variant("r3gan"))})


def test_a_variant_of_a_kind_that_nobody_provides():
    odd = dataclasses.replace(find_variant("vanilla"), data="sound")
    with pytest.raises(ConfigError, match="no modality is called 'sound'"):
        forms_of(odd)
