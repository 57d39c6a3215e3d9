"""What is refused before torch is imported, and how often a folder is looked through."""

import os
import sys
from pathlib import Path

import numpy
import pytest
from ganzoo_r3gan.config import R3GANConfig
from PIL import Image

from ganzoo import api
from ganzoo.data import DataOptions, inspect
from ganzoo.errors import ConfigError
from ganzoo.runs.observers.display import QuietDisplay
from ganzoo.runs.plan import Plan
from ganzoo.utils import device_type
from ganzoo.utils.device_type import device_types

# The levels of r3gan have 32, 16 and 8 feature maps in `laptop` and 768 each in `paper`, twice that inside.
ONLY_PAPER, ONLY_LAPTOP = {"group_size": 48}, {"gamma": 1.0}


def test_a_named_device_has_its_type():
    assert [device_types(name) for name in ("cpu", "cuda", "cuda:1", "mps")] == [
        ("cpu",), ("cuda",), ("cuda",), ("mps",)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("platform", "there", "types"),
    [
        ("linux", "", ("cpu",)),
        ("linux", "nvidia0", ("cpu", "cuda")),
        ("darwin", "", ("cpu", "mps")),
        ("win32", "", ("cpu", "cuda")),
    ],
)
def test_auto_is_the_cpu_where_nothing_else_can_be(monkeypatch, tmp_path, platform, there, types):
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(device_type, "_ACCELERATORS", (str(tmp_path / "nvidia*"), str(tmp_path / "kfd")))
    if there:
        (tmp_path / there).touch()
    assert device_types("auto") == types


def test_the_preset_that_will_be_used_decides(monkeypatch):
    def resolve(options, device="cpu", preset=None):
        return Plan.resolve("r3gan", preset, {**options, "device": device})

    # Then no group divides those of `paper`.
    odd = {**R3GANConfig.presets, "paper": {**R3GANConfig.presets["paper"], "width": 33}}

    with pytest.raises(ConfigError, match=r"a level has 32 feature maps.*--group-size \(=48\)"):
        resolve(ONLY_PAPER)
    assert resolve(ONLY_PAPER, "cuda").config.width == 768
    assert resolve(ONLY_PAPER, preset="paper").config.width == 768
    with monkeypatch.context() as patch:
        patch.setattr(R3GANConfig, "presets", odd)
        assert resolve(ONLY_LAPTOP).config.blocks == 1
        with pytest.raises(ConfigError, match="a level has 33 feature maps"):
            resolve(ONLY_LAPTOP, "cuda")
    # What only one of two possible presets refuses is decided when the device is known.
    monkeypatch.setattr("ganzoo.runs.plan.device_types", lambda name: ("cpu", "cuda"))
    assert resolve(ONLY_PAPER, "auto").preset is None
    with monkeypatch.context() as patch:
        patch.setattr(R3GANConfig, "presets", odd)
        assert resolve(ONLY_LAPTOP, "auto").preset is None
    with pytest.raises(ConfigError, match=r"--group-size \(=5\)"):
        resolve({"group_size": 5}, "auto")
    spec = inspect(DataOptions(data="mnist"))
    assert resolve(ONLY_PAPER, "auto").settle("cuda", spec).preset == "paper"
    with pytest.raises(ConfigError, match="a level has 32 feature maps"):
        resolve(ONLY_PAPER, "auto").settle("cpu", spec)


@pytest.fixture
def folder(tmp_path, monkeypatch, home):
    """Twenty images of 20 pixels in `photos`, of two classes."""
    monkeypatch.chdir(tmp_path)
    for index in range(20):
        path = tmp_path / "photos" / ("cats", "dogs")[index % 2] / f"{index}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(numpy.full((20, 20), index * 9, numpy.uint8)).save(path)
    return tmp_path / "photos"


@pytest.fixture
def looks(folder, monkeypatch):
    """The folders below `photos` that were listed, once for each time."""
    seen, scandir = [], os.scandir

    def counted(path):
        if str(path).startswith((str(folder), "photos")):
            seen.append(str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", counted)
    return seen


def seen(looks):
    """The folders that were looked at, as they lie below the one that is worked in."""
    return sorted(str(Path(look).resolve().relative_to(Path.cwd().resolve())) for look in looks)


# ProGAN takes another size than the images', which is known only after a first look.
@pytest.mark.parametrize(
    ("variant", "options"),
    [
        ("vanilla", {"generator_widths": "8", "discriminator_widths": "8"}),
        ("progan", {"stage_images": 10, "fmap_base": 32, "fmap_max": 4}),
    ],
)
def test_a_training_lists_a_folder_once(looks, variant, options):
    shared = {"data": "photos", "images": 50, "device": "cpu", "display": QuietDisplay()}
    run = api.train(variant, **shared, **options)
    assert seen(looks) == ["photos", "photos/cats", "photos/dogs"]
    looks.clear()
    api.resume(run.path, images=150, display=QuietDisplay())
    assert seen(looks) == ["photos", "photos/cats", "photos/dogs"]
