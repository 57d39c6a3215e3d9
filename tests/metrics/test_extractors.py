"""The two extractors: what they accept, and that their weights are the ones they should be."""

from __future__ import annotations

import shutil
import sys
import urllib.error

import pytest
import torch

from ganzoo.data import DataOptions, load
from ganzoo.errors import ConfigError, GanzooError
from ganzoo.metrics import load_extractor
from ganzoo.metrics.extractors import inception
from ganzoo.metrics.extractors.bundled import WEIGHTS, read_card
from ganzoo.metrics.extractors.digits import extractor as digits
from ganzoo.metrics.extractors.photos import extractor as photos

SHIPPED = digits.FOLDER


@pytest.fixture(scope="module")
def seen():
    """`digits`, and 2,000 test images with their labels."""
    dataset = load(DataOptions(data="mnist", split="test"))
    indices = torch.arange(0, 10_000, 5)
    return load_extractor("digits"), dataset.gather(indices), dataset.labels[indices]


def right(extractor, images, labels):
    return float((extractor(images)[1].argmax(dim=1) == labels).double().mean())


def test_digits_is_as_good_as_it_says(seen):
    card = read_card(SHIPPED)
    assert card["test_accuracy"] >= 0.99
    assert (SHIPPED / WEIGHTS).stat().st_size < 1_500_000
    # On 2,000 of the 10,000 images the share strays by a standard error of 0.0013.
    assert right(*seen) == pytest.approx(card["test_accuracy"], abs=0.004)


@pytest.mark.slow
def test_digits_accuracy_in_full():
    dataset = load(DataOptions(data="mnist", split="test"))
    found = right(load_extractor("digits"), dataset.gather(torch.arange(10_000)), dataset.labels)
    assert found == pytest.approx(read_card(SHIPPED)["test_accuracy"], abs=2e-4)


def test_digits_features(seen):
    extractor, images, _ = seen
    features, logits = extractor(images[:7])
    assert features.shape == (7, extractor.features)
    assert features.dtype == torch.float32
    assert features.min() >= 0
    assert logits.shape == (7, 10)


def test_padded_mnist_is_cropped_back(seen):
    extractor, images, _ = seen
    padded = torch.nn.functional.pad(images[:50], (2, 2, 2, 2))
    assert extractor.resizer((1, 32, 32)) == "center crop 32 to 28"
    torch.testing.assert_close(extractor(padded)[0], extractor(images[:50])[0])


def test_other_sizes_are_resized(seen):
    extractor, images, labels = seen
    large = images.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)[:500]
    assert extractor.resizer((1, 56, 56)) == "antialiased bilinear 56 to 28"
    assert right(extractor, large, labels[:500]) > 0.98


def test_loading_leaves_random_states_alone():
    before = torch.get_rng_state()
    load_extractor("digits")
    assert torch.equal(before, torch.get_rng_state())


def test_digits_refuses_color(seen):
    with pytest.raises(ConfigError, match=r"gray images, and these have 3 channels: take --extractor inception"):
        seen[0].resizer((3, 28, 28))


@pytest.mark.parametrize("module", [digits, photos])
def test_weights_of_another_digest_are_refused(module, tmp_path, monkeypatch):
    name = module.FOLDER.name
    folder = shutil.copytree(module.FOLDER, tmp_path / name, ignore=shutil.ignore_patterns("*.py*"))
    monkeypatch.setattr(module, "FOLDER", folder)
    weights = bytearray((folder / WEIGHTS).read_bytes())
    weights[-1] ^= 1
    (folder / WEIGHTS).write_bytes(weights)
    with pytest.raises(GanzooError, match=r"has sha256 .* not the one that was shipped; reinstall"):
        load_extractor(name)
    (folder / WEIGHTS).unlink()
    with pytest.raises(GanzooError, match=rf"{name} cannot be read .* reinstall torch-ganzoo"):
        load_extractor(name)


def test_unknown_extractor():
    with pytest.raises(
        ConfigError,
        match="no extractor is called 'vgg': choose from auto, digits, stacked-digits, photos, inception, clip, dinov2",
    ):
        load_extractor("vgg")


@pytest.mark.parametrize(
    ("channels", "size", "expected"), [(1, 28, "digits"), (1, 32, "digits"), (1, 64, "photos"), (3, 32, "photos")]
)
def test_auto(noise, channels, size, expected):
    images = noise(count=2, size=size, channels=channels)
    assert images.modality.extractor(images.spec) == expected


def test_inception_without_its_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch_fidelity.feature_extractor_inceptionv3", None)
    with pytest.raises(GanzooError, match=r"needs torch-fidelity: pip install 'torch-ganzoo\[metrics\]'"):
        load_extractor("inception")


def test_inception_without_weights(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))

    def refuse(*_, **__):
        raise urllib.error.URLError("no network")

    monkeypatch.setattr(torch.hub, "urlopen", refuse)
    with pytest.raises(GanzooError, match=r"weights of Inception are not at .* could not be fetched"):
        load_extractor("inception")
    assert not any(path.is_file() for path in tmp_path.rglob("*"))


def test_inception_with_other_weights(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    path = tmp_path / "checkpoints" / inception.WEIGHTS
    path.parent.mkdir()
    path.write_bytes(b"not the weights")
    with pytest.raises(GanzooError, match=r"published weights' begins with 6726825d"):
        load_extractor("inception")


@pytest.mark.slow
def test_inception_looks(monkeypatch):
    """With random weights, as the published ones are not in the repository."""
    from torch_fidelity import feature_extractor_inceptionv3 as theirs

    monkeypatch.setattr(theirs, "load_state_dict_from_url", lambda *_, **__: {})
    monkeypatch.setattr(theirs.FeatureExtractorInceptionV3, "load_state_dict", lambda *_: None)
    network = theirs.FeatureExtractorInceptionV3("inception-v3-compat", ["2048", "logits_unbiased"], verbose=False)
    extractor = inception.Inception(network, "0" * 64, "0")
    images = torch.randint(0, 256, (2, 1, 28, 28), dtype=torch.uint8)
    features, logits = extractor(images)
    assert features.shape == (2, 2048)
    assert logits.shape == (2, len(extractor.classes))
    assert torch.equal(extractor(images.expand(-1, 3, -1, -1))[0], features)
    assert "gray repeated" in extractor.resizer((1, 28, 28))


@pytest.mark.parametrize("name", ["clip", "dinov2"])
def test_transformers_without_library_or_weights(name, tmp_path, monkeypatch):
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))

    def refuse(*_, **__):
        raise urllib.error.URLError("no network")

    monkeypatch.setattr(torch.hub, "urlopen", refuse)
    with pytest.raises(GanzooError, match=rf"weights of {name} could not be fetched .*--extractor photos. judges"):
        load_extractor(name)
    monkeypatch.setitem(sys.modules, f"torch_fidelity.feature_extractor_{name}", None)
    with pytest.raises(GanzooError, match=r"needs torch-fidelity: pip install 'torch-ganzoo\[metrics\]'"):
        load_extractor(name)


def test_dinov2_looks(monkeypatch):
    """With another network in place of the published one, which is not in the repository."""

    def average(*_):
        return torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(3, 384))

    monkeypatch.setattr(torch.hub, "load", average)
    extractor = load_extractor("dinov2")
    images = torch.randint(0, 256, (2, 1, 20, 24), dtype=torch.uint8)
    features, logits = extractor(images)
    assert logits is None
    assert features.shape == (2, extractor.features)
    assert torch.equal(extractor(images.expand(-1, 3, -1, -1))[0], features)
    assert extractor.resizer((1, 20, 24)) == "gray repeated as RGB, bilinear as TensorFlow 1 20x24 to 224"
    assert extractor.digest != load_extractor("dinov2").digest
