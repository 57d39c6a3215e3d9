from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace

import pytest
import torch

from ganzoo.core.data_spec import DataSpec
from ganzoo.data import DataOptions, inspect, load
from ganzoo.data.sources import mnist as bundled
from ganzoo.errors import ConfigError, DataError


def test_known_values():
    mnist = load(DataOptions())
    images = mnist.gather(torch.arange(60000))
    assert mnist.spec.shape == (1, 28, 28)
    assert mnist.spec.count == len(mnist) == 60000
    assert mnist.labels[0] == 5
    assert images.float().mean() == pytest.approx(0.1307 * 255, abs=0.05)
    assert mnist.spec.classes == 10
    assert mnist.mode == "resident"
    assert mnist.notes == ()
    assert "CC BY-SA 3.0" in mnist.spec.license
    assert mnist.spec.fit == ""


def test_splits():
    test = load(DataOptions(split="test"))
    assert (len(test), int(test.labels[0])) == (10000, 7)
    everything = load(DataOptions(split="all"))
    assert len(everything) == 70000
    assert [int(everything.labels[0]), int(everything.labels[60000])] == [5, 7]


def test_28_to_32_is_padded():
    plain = load(DataOptions(split="test", limit=50))
    padded = load(DataOptions(split="test", limit=50, res=32))
    every = torch.arange(50)
    assert padded.spec.fit == "padded from 28 to 32"
    assert torch.equal(padded.gather(every), torch.nn.functional.pad(plain.gather(every), (2, 2, 2, 2)))


def test_resized_and_colored():
    small = load(DataOptions(split="test", limit=20, res=16, channels=3))
    images = small.gather(torch.arange(20))
    assert images.shape == (20, 3, 16, 16)
    assert torch.equal(images[:, 0], images[:, 2])
    assert small.spec.fit == "resized from 28 to 16"
    colored = load(DataOptions(split="test", limit=20, channels=3)).gather(torch.arange(20))
    assert torch.equal(colored[:, 0], colored[:, 1])


def test_classes_are_renumbered():
    pair = load(DataOptions.parse({"split": "test", "classes": "7,3"}))
    assert pair.spec.class_names == ("3", "7")
    assert torch.bincount(pair.labels).tolist() == [1010, 1028]
    everything = load(DataOptions(split="test"))
    chosen = (everything.labels == 3) | (everything.labels == 7)
    assert torch.equal(pair.labels, (everything.labels[chosen] == 7).long())
    assert torch.equal(pair.gather(torch.arange(5)), everything.gather(chosen.nonzero()[:5, 0]))


def test_limit_keeps_classes_mixed():
    some = load(DataOptions(limit=1000))
    assert len(some) == 1000
    assert torch.bincount(some.labels, minlength=10).min() > 70


def test_limit_beyond_the_set():
    options = DataOptions.parse({"split": "test", "limit": "20k"})
    assert inspect(options).count == 10000
    mnist = load(options)
    assert len(mnist) == 10000
    assert "20000" in mnist.notes[0]


def test_unknown_class():
    with pytest.raises(ConfigError, match="no class 12, but 0 to 9"):
        inspect(DataOptions.parse({"classes": "3,12"}))


@pytest.mark.parametrize("damage", ["cut", "gone"])
def test_damaged_file(tmp_path, monkeypatch, damage):
    shutil.copytree(bundled.FOLDER, tmp_path / "mnist")
    file = tmp_path / "mnist" / "t10k-images-idx3-ubyte.gz"
    monkeypatch.setattr(bundled, "FOLDER", file.parent)
    if damage == "cut":
        file.write_bytes(file.read_bytes()[:-1])
    else:
        file.unlink()
    with pytest.raises(DataError, match=r"t10k-images-idx3-ubyte\.gz .*reinstall"):
        load(DataOptions(split="test"))


@pytest.mark.slow
def test_inspect_agrees_with_load_and_needs_no_torch():
    code = """
import json, sys
from ganzoo.data import DataOptions, inspect
print(json.dumps(inspect(DataOptions(res=32, split="test")).to_dict()))
assert "torch" not in sys.modules
"""
    shown = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    spec = load(DataOptions(res=32, split="test")).spec
    assert replace(spec, digest=None) == DataSpec.from_dict(json.loads(shown))


def test_progress_reaches_the_end():
    calls = []
    load(DataOptions(split="test"), progress=lambda *call: calls.append(call))
    assert calls[0] == ("decoding mnist", 0, 10000)
    assert calls[-1] == ("decoding mnist", 10000, 10000)
