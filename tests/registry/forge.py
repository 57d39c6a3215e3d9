"""Tiny model packages, made without torch and in milliseconds."""

import hashlib
import json
import struct

import numpy
from safetensors.numpy import save

DATA = {
    "name": "mnist", "shape": [1, 8, 8], "count": 60, "class_names": ["0", "1"], "kind": "image", "fit": "",
    "digest": "0" * 64, "license": None,
}  # fmt: skip

PROVENANCE = {
    "reference": "mnist train", "reference_digest": "0" * 64, "shape": [1, 8, 8], "fit": "", "fakes": "tiny",
    "images": 600, "real_count": 60, "neighbor_count": 0, "fake_count": 600, "extractor": "digits",
    "extractor_digest": "1" * 64, "resizer": "none", "precision": "8-bit images", "ema": "no",
    "settings": {"count": 600, "seed": 0, "nearest_k": 5, "kid_subsets": 100, "kid_subset_size": 1000, "splits": 10},
    "device": "cpu", "versions": {"ganzoo": "0.1", "torch": "2.11"},
}  # fmt: skip


def config(variant="dcgan"):
    return {
        "library_name": "ganzoo",
        "architecture": variant,
        "ganzoo_api": 1,
        "data": DATA,
        "stage": {"resolution": 8, "fade": 0.0},
        "model_args": {"latent_dim": 3},
    }


def manifest(variant="dcgan", seed=0):
    """All of `ganzoo.json` but `files` and `tensors`, which `seal` writes."""
    return {
        "schema": 1,
        "variant": variant,
        "plugin": {"distribution": "torch-ganzoo", "version": "0.1"},
        "files": {},
        "tensors": {},
        "data": DATA,
        "images": 600,
        "seed": seed,
        "checkpoint": "final",
        "ema": "0.999 a round",
        "training": {"lr": 2e-4},
        "system": {"cpu": "one"},
        "libraries": {"torch": "2.11"},
        "final": {"images": 600, "values": {"fid": 12.5}, "provenance": PROVENANCE},
        "best": None,
        "license": "CC0-1.0",
    }


def weights(seed=0, size=4):
    numbers = numpy.random.default_rng(seed)
    return {
        "layers.0.weight": numbers.standard_normal((size, 3), numpy.float32),
        "layers.0.bias": numbers.standard_normal(size, numpy.float32),
    }


def make(folder, *, variant="dcgan", seed=0, tensors=None, card="# A model\n", extra=()):
    """Write a valid package into a folder.

    Args:
        folder: Made if it is not there.
        seed: Of the weights; it is in the manifest, so another seed is another revision.
        tensors: Numpy arrays by name; None: a few drawn from the seed.
        card: `README.md`; None: without one.
        extra: Bytes by name of files that the manifest names too, as `model.onnx`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.safetensors").write_bytes(save(weights(seed) if tensors is None else tensors))
    (folder / "config.json").write_text(json.dumps(config(variant)))
    for name, data in dict(extra).items():
        (folder / name).write_bytes(data)
    if card is not None:
        (folder / "README.md").write_text(card)
    (folder / "ganzoo.json").write_text(json.dumps(manifest(variant, seed)))
    return seal(folder, tensors=True)


def seal(folder, *, tensors=False):
    """Write sizes and digests of the files as they are now (and their tensors) into the manifest."""
    values = json.loads((folder / "ganzoo.json").read_text())
    hashed = ("config.json", "model.safetensors", "model.onnx", "discriminator.safetensors")
    files = {name: (folder / name).read_bytes() for name in hashed if (folder / name).is_file()}
    values["files"] = {
        name: {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in files.items()
    }
    if tensors:
        header = header_of(files["model.safetensors"])
        values["tensors"] = {
            name: {"shape": entry["shape"], "dtype": entry["dtype"]}
            for name, entry in header.items()
            if name != "__metadata__"
        }
    (folder / "ganzoo.json").write_text(json.dumps(values, indent=1))
    return folder


def edit(folder, name="ganzoo.json", **changes):
    """Set keys of a JSON file of a package; nothing is sealed."""
    path = folder / name
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    return folder


def header_of(data):
    return json.loads(data[8 : 8 + struct.unpack("<Q", data[:8])[0]])


def safetensors(header, data=b"", *, length=None):
    """Bytes of a safetensors file by hand: `header` is JSON text, bytes or a dict."""
    if isinstance(header, dict):
        header = json.dumps(header)
    if isinstance(header, str):
        header = header.encode()
    return struct.pack("<Q", len(header) if length is None else length) + header + data
