"""An independent reader takes a file that ends in uint8: torch-fidelity, its extractor with random weights."""

import pytest
import torch
import torch_fidelity
from export.models import Scaled, wrap
from torch_fidelity import feature_extractor_inceptionv3

from ganzoo import DataSpec
from ganzoo.export.onnx import export_onnx


class Pixels(torch.nn.Module):
    """What torch-fidelity asks of a generator in PyTorch."""

    def __init__(self, generator):
        super().__init__()
        self.generator = generator

    def forward(self, latents):
        return ((self.generator(latents) + 1) * 127.5).round().clamp(0, 255).byte().expand(-1, 3, -1, -1)


@pytest.fixture
def _random_weights(monkeypatch):
    """The published ones cannot be fetched in a test."""
    extractor = feature_extractor_inceptionv3.FeatureExtractorInceptionV3
    monkeypatch.setattr(feature_extractor_inceptionv3, "load_state_dict_from_url", lambda *_, **__: {})

    def draw(self, _):
        random = torch.Generator().manual_seed(0)
        for layer in self.modules():
            if isinstance(layer, torch.nn.Conv2d):
                torch.nn.init.kaiming_normal_(layer.weight, generator=random)

    monkeypatch.setattr(extractor, "load_state_dict", draw)


@pytest.mark.usefixtures("_random_weights")
def test_torch_fidelity_reads_a_file(tmp_path):
    gray, path = DataSpec("noise", (1, 8, 8), 50), tmp_path / "model.onnx"
    model, other = Scaled(lambda images: images[:, :1]), Scaled(lambda images: -images[:, 1:2].square())
    export_onnx(wrap(model, gray), path, uint8=True)
    size = model.latent.shape[0]
    described = {"z_size": size, "z_type": "uniform_0_1", "num_classes": 0}

    def distance(first, second):
        return torch_fidelity.calculate_metrics(
            input1=first, input1_model_z_size=size, input1_model_z_type="uniform_0_1", input1_model_num_samples=12,
            input2=second, input2_model_z_size=size, input2_model_z_type="uniform_0_1", input2_model_num_samples=12,
            kid=True, kid_subsets=5, kid_subset_size=6, feature_layer_kid="64", batch_size=6, cuda=False, cache=False,
            verbose=False,
        )["kernel_inception_distance_mean"]  # fmt: skip

    wrapped = [torch_fidelity.GenerativeModelModuleWrapper(Pixels(one), **described) for one in (model, other)]
    between = distance(*wrapped)
    assert abs(between) > 1e-3
    assert distance(str(path), wrapped[1]) == pytest.approx(between, rel=1e-2)
