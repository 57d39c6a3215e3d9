"""Exported files, read by another session than ours; that every variant exports is for the conformance kit to say."""

import json
import math

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from export.models import COLOR, Scaled, forms, model_of, wrap

from ganzoo import DataSpec, Latent
from ganzoo.export.onnx import export_onnx
from ganzoo.export.session import load_onnx
from ganzoo.layers import SequentialGenerator
from ganzoo.sampling import generate as sampling

GRAY = DataSpec("noise", (1, 8, 8), 50)
# Transposed convolutions, labels, and points; the conformance kit exports every variant.
FORMS = [forms(name)[0] for name in ("dcgan", "cgan", "toy")]


def run(path, latents, labels=None):
    """By hand, and at a batch size that the export did not look at."""
    feed = {"latents": latents, **({} if labels is None else {"labels": np.array(labels)})}
    (samples,) = onnxruntime.InferenceSession(path).run(["samples"], feed)
    return samples


def expected(model, latents, labels=None):
    with torch.no_grad():
        return model.generator(torch.from_numpy(latents), None if labels is None else torch.tensor(labels)).numpy()


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_another_session_gives_what_pytorch_gives(form, tmp_path):
    model, path = model_of(form), tmp_path / "model.onnx"
    exported = export_onnx(model, path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["model.onnx"]
    assert exported.size_bytes == path.stat().st_size
    assert exported.figures.difference <= exported.figures.allowed.difference
    image = form.data.kind == "image"
    assert exported.figures.levels in ((0, 1) if image else (None,))
    latents = model.generator.latent.draw(5, 99)
    labels = [2, 0, 1, 1, 2] if form.conditional else None
    wanted = expected(model, latents, labels)
    assert wanted.std(axis=0).max() > 0.01
    scale = 1.0 if image else max(1.0, np.abs(wanted).max())
    np.testing.assert_allclose(run(path, latents, labels), wanted, rtol=0, atol=1e-4 * scale)
    if labels:
        assert np.abs(run(path, latents, [0] * 5) - wanted).max() > 1e-3


@pytest.fixture
def dense():
    """Models of one layer: gray images of 8 pixels, or other data."""

    def make(inputs, data=GRAY):
        torch.manual_seed(0)
        layer = torch.nn.Linear(inputs, math.prod(data.shape))
        return wrap(
            SequentialGenerator(Latent((inputs,)), torch.nn.Sequential(layer, torch.nn.Unflatten(1, data.shape))), data
        )

    return make


@pytest.fixture(scope="module")
def growing():
    """ProGAN for 8 pixels."""
    return forms("progan")[0]


@pytest.mark.parametrize("fp16", [False, True])
def test_progan_in_the_middle_of_a_fade(growing, tmp_path, fp16):
    model, path = model_of(growing, 8, 0.3), tmp_path / "model.onnx"
    export_onnx(model, path, fp16=fp16)
    latents = model.generator.latent.draw(5, 99)
    samples, wanted = run(path, latents), expected(model, latents)
    np.testing.assert_allclose(samples, wanted, rtol=0, atol=0.05 if fp16 else 1e-4)
    model.generator.enter_stage(8, torch.tensor(0.0))
    assert np.abs(expected(model, latents) - wanted).max() > 0.1


def test_progan_before_it_has_grown_up(growing, tmp_path):
    model, path = model_of(growing, 4), tmp_path / "model.onnx"
    export_onnx(model, path)
    latents = model.generator.latent.draw(3, 0)
    samples = load_onnx(path).generate(latents)
    assert samples.shape == (3, 1, 4, 4)
    np.testing.assert_allclose(samples, expected(model, latents), rtol=0, atol=1e-4)


def test_what_a_file_says_of_itself(growing, tmp_path):
    model = model_of(growing)
    export_onnx(model, tmp_path / "model.onnx", provenance={"license": "CC0-1.0"})
    proto = onnx.load(tmp_path / "model.onnx")
    (entry,) = proto.metadata_props
    said = json.loads(entry.value)
    assert entry.key == "ganzoo"
    assert said["latent"] == {"shape": list(model.generator.latent.shape), "distribution": "normal"} | {
        "low": -1.0, "high": 1.0, "named": [],
    }  # fmt: skip
    assert (said["variant"], said["images"], said["conditional"]) == ("progan", 1234, False)
    assert DataSpec.from_dict(said["data"]) == model.spec
    assert said["shape"] == [1, 8, 8]
    assert said["provenance"] == {"license": "CC0-1.0", "torch": torch.__version__}
    # Neither lines of code nor folders of this machine.
    assert b".py" not in proto.SerializeToString()
    assert all(len(given.type.tensor_type.shape.dim[0].dim_param) for given in proto.graph.input)


def test_the_same_model_gives_the_same_bytes(tmp_path):
    model = wrap(Scaled(torch.tanh), COLOR)
    for name in ("one", "two"):
        export_onnx(model, tmp_path / f"{name}.onnx")
    assert (tmp_path / "one.onnx").read_bytes() == (tmp_path / "two.onnx").read_bytes()


def test_exporting_leaves_the_model_and_torchs_random_numbers_alone(growing, tmp_path):
    model = model_of(growing, 8, 0.3)
    before = {name: value.clone() for name, value in model.generator.state_dict().items()}
    torch.manual_seed(5)
    state = torch.get_rng_state()
    export_onnx(model, tmp_path / "model.onnx", fp16=True)
    assert torch.equal(torch.get_rng_state(), state)
    assert model.generator.fade.dtype == torch.float32
    assert all(
        torch.equal(value, before[name]) and value.dtype == before[name].dtype
        for name, value in model.generator.state_dict().items()
    )


@pytest.mark.parametrize("opset", [18, 22, 25])
def test_opsets(tmp_path, opset):
    path = tmp_path / "model.onnx"
    assert export_onnx(wrap(Scaled(torch.tanh), COLOR), path, opset=opset).opset == opset
    assert [entry.version for entry in onnx.load(path).opset_import if not entry.domain] == [opset]


def test_half_precision_is_half_the_size_and_near(dense, tmp_path):
    model = dense(128)
    whole = export_onnx(model, tmp_path / "whole.onnx")
    half = export_onnx(model, tmp_path / "half.onnx", fp16=True)
    assert half.size_bytes < 0.6 * whole.size_bytes
    assert whole.figures.difference < 1e-4 < half.figures.difference < 0.05
    tensors = onnx.load(tmp_path / "half.onnx").graph.initializer
    assert onnx.TensorProto.FLOAT not in {tensor.data_type for tensor in tensors}
    latents = model.generator.latent.draw(5, 99)
    samples = run(tmp_path / "half.onnx", latents)
    assert samples.dtype == np.float32
    np.testing.assert_allclose(samples, expected(model, latents), rtol=0, atol=0.05)


@pytest.mark.parametrize("color", [False, True])
def test_uint8_ends_in_rgb(dense, tmp_path, color):
    # Both go beyond [-1, 1], which has to be clamped.
    model = wrap(Scaled(lambda images: 1.5 * images), COLOR) if color else dense(6)
    figures = export_onnx(model, tmp_path / "model.onnx", uint8=True).figures
    assert figures.difference is None
    latents = model.generator.latent.draw(9, 99)
    samples, wanted = run(tmp_path / "model.onnx", latents), expected(model, latents)
    assert np.abs(wanted).max() > 1
    levels = np.clip(np.round((wanted + 1) * 127.5), 0, 255)
    assert samples.dtype == np.uint8
    assert samples.shape == (9, 3, *wanted.shape[2:])
    assert np.abs(samples - np.broadcast_to(levels, samples.shape)).max() <= 1
    # Read back by ours, with the model's own channels.
    again = sampling.to_uint8(load_onnx(tmp_path / "model.onnx").generate(latents))
    assert (again == samples[:, : wanted.shape[1]].transpose(0, 2, 3, 1)).all()


def test_large_vectors_are_compared_by_their_size(dense, tmp_path):
    model = dense(2, DataSpec("far", (2,), 50, kind="vector"))
    with torch.no_grad():
        model.generator.layers[0].weight.mul_(1e4)
    figures = export_onnx(model, tmp_path / "model.onnx").figures
    assert figures.allowed.difference > 0.1
    assert figures.levels is None
