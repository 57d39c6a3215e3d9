"""Sampling options in ONNX files: numbers as inputs, choices settled, both said in the metadata."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from latents.mapped import coded, mapped

from ganzoo import ConfigError
from ganzoo.export import metadata
from ganzoo.export.onnx import export_onnx
from ganzoo.export.session import load_onnx


def described(path):
    return metadata.parse(onnx.load(path).metadata_props[0].value, "it")


@pytest.mark.parametrize("labeled", [False, True])
def test_a_number_is_an_input_and_a_choice_is_settled(tmp_path, labeled):
    model, path = mapped(labeled=labeled), tmp_path / "m.onnx"
    export_onnx(model, path)
    loaded = load_onnx(path)
    names = [name for name, _, _ in loaded.generator.process.inputs]
    assert names == ["latents", *(["labels"] if labeled else []), "psi"]
    assert (list(described(path).options), described(path).fixed) == (["psi"], {"noise": "none"})
    latents = model.generator.latent.draw(5, 0)
    for given in ({}, {"psi": 0.25}, {"psi": "2"}):
        np.testing.assert_allclose(loaded.generate(latents, set=given), model.generate(latents, set=given), atol=1e-5)
    with pytest.raises(ConfigError, match="between 0 and 2"):
        loaded.generate(latents, set={"psi": -1})
    with pytest.raises(ConfigError, match="no 'noise' to set"):
        loaded.generate(latents, set={"noise": "fixed"})


@pytest.mark.parametrize("fp16", [False, True])
def test_what_is_set_when_it_is_exported_is_settled(tmp_path, fp16):
    model, path = mapped(), tmp_path / "m.onnx"
    export_onnx(model, path, set={"psi": "0.5", "noise": "fixed"}, fp16=fp16)
    loaded, latents = load_onnx(path), model.generator.latent.draw(5, 0)
    assert described(path).fixed == {"psi": 0.5, "noise": "fixed"}
    assert loaded.generator.sampling_options == {}
    expected = model.generate(latents, set={"psi": 0.5, "noise": "fixed"})
    np.testing.assert_allclose(loaded.generate(latents), expected, atol=0.02 if fp16 else 1e-5)


def test_a_number_goes_into_half_precision_too(tmp_path):
    model, path = mapped(), tmp_path / "m.onnx"
    export_onnx(model, path, fp16=True)
    latents = model.generator.latent.draw(5, 0)
    expected = model.generate(latents, set={"psi": 0.25})
    np.testing.assert_allclose(load_onnx(path).generate(latents, set={"psi": 0.25}), expected, atol=0.02)


def test_parts_are_in_the_metadata_and_set_in_the_latents(tmp_path):
    model, path = coded(), tmp_path / "m.onnx"
    export_onnx(model, path)
    loaded = load_onnx(path)
    assert loaded.generator.latent == model.generator.latent
    latents = model.generator.latent.draw(5, 0)
    expected = model.generate(latents, set={"kind": 2})
    np.testing.assert_allclose(loaded.generate(latents, set={"kind": 2}), expected, atol=1e-5)
    with pytest.raises(ConfigError, match="kind is a part of the latents"):
        export_onnx(model, path, set={"kind": 2})


def test_metadata_that_contradicts_itself_is_refused(tmp_path):
    path = tmp_path / "m.onnx"
    export_onnx(coded(), path)
    text = onnx.load(path).metadata_props[0].value
    for old, new in (
        ('"shape":[9]', '"shape":[8]'),
        ('"kind"', '"Kind\\u001b"'),
        ('"high":1.0,"distribution":"uniform"', '"high":1e300,"distribution":"uniform"'),
        ('"options":{}', '"options":{"psi":{"default":1.0,"low":0.0,"high":0.5}}'),
        ('"options":{}', '"options":{"noise":{"default":"a","choices":["a","b"]}}'),
    ):
        assert old in text, old
        with pytest.raises(Exception, match="metadata that this ganzoo cannot use"):
            metadata.parse(text.replace(old, new, 1), "it")
