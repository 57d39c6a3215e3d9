"""Descriptors and values of the core."""

import json

import numpy
import pytest

from ganzoo import Latent, Variant
from ganzoo.core.data_spec import ClassLabels, DataSpec, Density, ImageCondition
from ganzoo.errors import PluginError

GOOD = {"name": "my-gan2", "title": "T", "paper": "P", "config": "a.b:C", "factory": "a:build"}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"name": "MyGan"}, "variant name 'MyGan' is not allowed"),
        ({"name": "my gan"}, "is not allowed"),
        ({"name": "-gan"}, "is not allowed"),
        ({"name": "my--gan"}, "is not allowed"),
        ({"name": ""}, "is not allowed"),
        ({"name": "gan\n"}, "is not allowed"),
        ({"config": "a.b.C"}, r"config \(='a.b.C'\) must look like"),
        ({"factory": "a:b:c"}, "factory .* must look like"),
        ({"data": "Audio!"}, r"data name 'Audio!' is not allowed: use lower-case letters, digits and single hyphens"),
        ({"labels": "some"}, r"labels \(='some'\) must be one of none, optional, required"),
    ],
)
def test_a_descriptor_that_cannot_be_is_refused(changed, message):
    Variant(**GOOD)
    with pytest.raises(PluginError, match=message):
        Variant(**{**GOOD, **changed})


@pytest.mark.parametrize("dotted", ["nowhere.at_all:Config", "json:Nothing"])
def test_a_dotted_name_that_leads_nowhere(dotted):
    with pytest.raises(PluginError, match=f"variant 'my-gan2' names '{dotted}', which cannot be imported"):
        Variant(**{**GOOD, "config": dotted}).load_config()


def test_normal_latents_are_numpys_frozen_stream():
    drawn = Latent((3,)).draw(2, seed=0)
    assert drawn.dtype == numpy.float32
    # The best-known six numbers of numpy: RandomState(0).randn.
    expected = [[1.76405235, 0.40015721, 0.97873798], [2.2408932, 1.86755799, -0.97727788]]
    numpy.testing.assert_allclose(drawn, expected, rtol=1e-7, atol=0)


def test_uniform_latents_are_numpys_frozen_stream():
    # RandomState(0).rand begins 0.5488135, 0.71518937, 0.60276338.
    drawn = Latent((3,), "uniform", -2.0, 2.0).draw(1, seed=0)
    numpy.testing.assert_allclose(drawn, [[0.195254, 0.8607575, 0.4110535]], rtol=1e-5)


@pytest.mark.parametrize("latent", [Latent((4,)), Latent((2, 3), "uniform", 0.0, 5.0)])
def test_a_longer_draw_begins_with_the_shorter(latent):
    assert (latent.draw(7, seed=9)[:3] == latent.draw(3, seed=9)).all()
    assert (latent.draw(3, seed=8) != latent.draw(3, seed=9)).any()


def test_sampled_latents_have_their_distribution():
    import torch

    torch.manual_seed(0)
    uniform = Latent((5,), "uniform", 2.0, 3.0).sample(4000)
    assert uniform.shape == (4000, 5)
    assert 2.0 <= uniform.min() < 2.01
    assert 2.99 < uniform.max() <= 3.0
    normal = Latent((2, 5)).sample(2000)
    assert abs(normal.mean()) < 0.02
    assert abs(normal.std() - 1) < 0.02


@pytest.mark.parametrize(
    "spec",
    [
        DataSpec(
            "m", (1, 28, 28), 60_000, ClassLabels(("0", "1")), fit="padded from 28 to 32", digest="ab", license="CC"
        ),
        DataSpec("p", (3, 32, 32), 9, ImageCondition((1, 16, 16), paired=True)),
        DataSpec("v", (2,), 5, kind="vector"),
        DataSpec("v", (1,), 5, kind="vector", density=Density(((0.1,), (2.0,)), (1.0, 0.5), (0.25, 0.75))),
        DataSpec("m", (1, 28, 28), 60_000, extractor="digits"),
    ],
)
def test_a_data_spec_survives_json(spec):
    assert DataSpec.from_dict(json.loads(json.dumps(spec.to_dict()))) == spec


def test_a_data_spec_that_was_written_before_density_and_extractor():
    old = DataSpec("ring", (2,), 5, kind="vector").to_dict()
    del old["density"], old["extractor"]
    assert DataSpec.from_dict(old) == DataSpec("ring", (2,), 5, kind="vector")


def test_a_data_spec_that_was_written_before_conditions():
    for spec in (DataSpec("m", (1, 8, 8), 5, ClassLabels(("a", "b"))), DataSpec("m", (1, 8, 8), 5)):
        old = spec.to_dict()
        del old["condition"]
        assert DataSpec.from_dict({**old, "class_names": list(spec.class_names)}) == spec


def test_what_a_data_spec_tells_of_its_condition():
    pairs = DataSpec("p", (3, 32, 32), 9, ImageCondition((1, 16, 16), paired=True))
    assert (pairs.pairing, pairs.source.shape, pairs.classes, pairs.class_names) == ("paired", (1, 16, 16), 0, ())
    assert DataSpec("p", (3, 32, 32), 9, ImageCondition((1, 16, 16), paired=False)).pairing == "unpaired"
    labeled = DataSpec("m", (3, 64, 64), 9, ClassLabels(("cat", "dog")))
    assert (labeled.pairing, labeled.source) == ("none", None)


def test_what_a_data_spec_tells():
    image = DataSpec("m", (3, 64, 64), 9, ClassLabels(("cat", "dog")))
    assert (image.channels, image.resolution, image.classes) == (3, 64, 2)
    vector = DataSpec("v", (2,), 5, kind="vector")
    assert (vector.channels, vector.resolution, vector.classes) == (2, 1, 0)
