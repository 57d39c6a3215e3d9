"""A file that is not what PyTorch gives is not kept, and the reason is one sentence."""

import re
import sys

import pytest
import torch
from export.models import COLOR, Scaled, forms, model_of, wrap

from ganzoo import ConfigError, GanzooError
from ganzoo.export import agreement
from ganzoo.export.agreement import FP32, Figures, Tolerance
from ganzoo.export.onnx import export_onnx
from ganzoo.export.session import load_onnx


def plain():
    return wrap(Scaled(torch.tanh), COLOR)


@pytest.fixture
def out(tmp_path):
    """A place where a file is already."""
    path = tmp_path / "model.onnx"
    path.write_bytes(b"kept")
    yield path
    assert path.read_bytes() == b"kept"
    assert [entry.name for entry in tmp_path.iterdir()] == ["model.onnx"]


def noisy(images):
    return images + 0.1 * torch.randn_like(images)


def branching(images):
    return images if images.sum() > 0 else -images


def unknown(images):
    return torch.special.airy_ai(images)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (noisy, r"small was not exported: .* because its forward draws random numbers \(RandomNormalLike\): .*allowed"),
        (branching, r"torch's exporter does not take the generator of mine: .*data-dependent"),
        (unknown, r"torch's exporter does not take the generator of mine: .*airy_ai"),
        (lambda images: images / 0, r"small was not exported: .*largest difference nan"),
    ],
)
def test_generators_that_cannot(out, capfd, change, sentence):
    with pytest.raises(GanzooError, match=sentence) as caught:
        export_onnx(wrap(Scaled(change), COLOR), out)
    assert "\n" not in str(caught.value)
    assert "\x1b" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


def test_a_file_that_differs(out, monkeypatch):
    monkeypatch.setattr(agreement, "FP32", Tolerance(1e-12, 0))
    with pytest.raises(GanzooError, match=r"largest difference \S+e-0\d \(allowed 1\.0e-12\)"):
        export_onnx(plain(), out)


@pytest.mark.parametrize(
    ("difference", "levels", "within"),
    [
        (1e-4, 1, True), (1.1e-4, 0, False), (0.0, 2, False), (float("nan"), 0, False), (None, 1, True),
        (None, 2, False), (1e-5, None, True),
    ],
)  # fmt: skip
def test_what_is_within(difference, levels, within):
    assert Figures(difference, levels, FP32).within == within


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"opset": 17}, "--opset (=17) must lie between 18 and 25"),
        ({"opset": 26}, "--opset (=26) must lie between 18 and 25"),
    ],
)
def test_options_that_do_not_fit(out, options, sentence):
    with pytest.raises(ConfigError, match=re.escape(sentence)):
        export_onnx(plain(), out, **options)


def test_vectors_have_no_pixels(out):
    (vectors,) = (form for form in forms("vanilla") if form.data.kind == "vector")
    with pytest.raises(ConfigError, match=r"--uint8 is for gray and color images, and small makes vectors of shape"):
        export_onnx(model_of(vectors), out, uint8=True)


def test_names_that_are_no_files(tmp_path):
    model = plain()
    with pytest.raises(ConfigError, match=r"must end in \.onnx, such as .*model\.onnx"):
        export_onnx(model, tmp_path / "model.pt")
    (tmp_path / "folder.onnx").mkdir()
    with pytest.raises(ConfigError, match="is a folder: name a file in it"):
        export_onnx(model, tmp_path / "folder.onnx")


@pytest.mark.parametrize("module", ["onnx", "onnxruntime", "onnxscript"])
def test_without_the_extra(out, monkeypatch, module):
    monkeypatch.setitem(sys.modules, module, None)
    sentence = re.escape(f'ONNX files need {module}: pip install "torch-ganzoo[onnx]"')
    with pytest.raises(GanzooError, match=sentence):
        export_onnx(plain(), out)


@pytest.mark.parametrize("module", ["onnx", "onnxruntime"])
def test_reading_without_the_extra(tmp_path, monkeypatch, module):
    path = tmp_path / "model.onnx"
    export_onnx(plain(), path)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(GanzooError, match=re.escape('pip install "torch-ganzoo[onnx]"')):
        load_onnx(path)
