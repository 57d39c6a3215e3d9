"""The check that a form can be exported. It raises `Nonconforming`, or `Skipped` where the extra is missing."""

from __future__ import annotations

import importlib.util
import tempfile
from pathlib import Path

from ganzoo.errors import GanzooError
from ganzoo.export.onnx import export_onnx
from ganzoo.models.model import Model
from ganzoo.testing.checks.phases import perturbed
from ganzoo.testing.forms import Form
from ganzoo.testing.outcome import Nonconforming, Skipped

EXTRA = ("onnx", "onnxruntime", "onnxscript")


def check_onnx(form: Form) -> None:
    """The generator exports, and onnxruntime makes of its file what PyTorch makes, as `ganzoo export` asks."""
    missing = [name for name in EXTRA if importlib.util.find_spec(name) is None]
    if missing:
        raise Skipped(f"{form}: needs {', '.join(missing)}: pip install 'torch-ganzoo[onnx]'")
    model = model_of(form)
    with tempfile.TemporaryDirectory() as folder:
        try:
            export_onnx(model, Path(folder) / "model.onnx")
        except GanzooError as error:
            raise Nonconforming(
                f"{form}: {error}: write forward with torch's own operations, shapes from the tensors and no branch on "
                "values"
            ) from None


def model_of(form: Form) -> Model:
    """The form's generator as a model, in evaluation, with weights and statistics that are not those of a start."""
    game = perturbed(form)
    return Model(form.name, form.variant.name, game.generator, form.data, form.conditional, 0, game.ema)
