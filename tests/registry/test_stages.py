"""A package whose stage its network lacks is refused where it is opened, and not where it is sampled."""

import hashlib
import json
import shutil

import pytest

from ganzoo import load
from ganzoo.errors import PackageError
from ganzoo.registry.stores.builtin import BuiltinStore


def changed(tmp_path, name, **stage):
    """A copy of a built-in model with another stage, sealed again."""
    folder = tmp_path / name
    shutil.copytree(BuiltinStore().folder / name, folder)
    config = json.loads((folder / "config.json").read_text())
    config["stage"] |= stage
    data = json.dumps(config).encode()
    (folder / "config.json").write_bytes(data)
    manifest = json.loads((folder / "ganzoo.json").read_text())
    manifest["files"]["config.json"] = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    (folder / "ganzoo.json").write_text(json.dumps(manifest))
    return folder


@pytest.mark.parametrize("resolution", [1, 2, 3, 5, 31, 33, 64, 100, 16384])
def test_a_stage_that_the_network_lacks(tmp_path, resolution):
    folder = changed(tmp_path, "progan-mnist-32", resolution=resolution, fade=0.5)
    with pytest.raises(
        PackageError, match=rf"does not fit the network of progan at resolution {resolution}, fade 0\.5"
    ):
        load(folder)


@pytest.mark.parametrize(("resolution", "fade"), [(4, 0.0), (8, 0.25), (16, 1.0), (32, 0.0)])
def test_every_stage_that_it_has(tmp_path, resolution, fade):
    model = load(changed(tmp_path, "progan-mnist-32", resolution=resolution, fade=fade))
    assert tuple(model.sample(2).shape[2:]) == (resolution, resolution)


def test_a_stage_of_a_network_that_has_none(tmp_path):
    with pytest.raises(
        PackageError, match=r"its first sample has the shape \(1, 28, 28\), and its stage says \(1, 9, 9\)"
    ):
        load(changed(tmp_path, "dcgan-mnist", resolution=9))


def test_to_look_at_a_first_sample_changes_nothing():
    import torch

    torch.manual_seed(3)
    before = torch.get_rng_state()
    load("builtin:vaegan-mnist")
    assert torch.equal(torch.get_rng_state(), before)
