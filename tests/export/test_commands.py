"""`ganzoo export RUN`, and `ganzoo sample FILE.onnx` beside `ganzoo sample RUN`."""

import json
import os
import shutil
import subprocess
import sys

import numpy as np
import onnx
import pytest
from engine.runs import TINY, save_noise

from ganzoo import load
from ganzoo.export.onnx import export_onnx

NAMES = ("Sneaker", "Ankle boot", "Bag")
CGAN = (
    "train", "cgan", "--network", "mlp", "--data", "named.npz", "--device", "cpu", "--batch-size", 10, "-q",
    "--latent-dim", 4, "--embedding-dim", 3, "--images", 200,
)  # fmt: skip
RING = ("train", "vanilla", "--data", "ring", "--images", 200, "--batch-size", 10, "--device", "cpu", "-q")

CODE = """
import sys
from ganzoo.cli.app import main
sys.argv = ["ganzoo", *sys.argv[1:]]
try:
    main()
finally:
    print([name for name in ("torch", "torchvision", "ganzoo.models.model") if name in sys.modules])
"""


@pytest.fixture(scope="module")
def trained(forge, tmp_path_factory):
    """A folder with runs of images, of named classes and of vectors, and an ONNX file of each."""
    folder = tmp_path_factory.mktemp("trained")
    save_noise(folder)
    images = np.random.RandomState(0).randint(0, 256, (60, 8, 8), dtype=np.uint8)
    np.savez(folder / "named.npz", images=images, labels=np.arange(60) % 3, classes=np.array(NAMES))
    lines = [(*TINY, "--images", 100, "-q", "--out", "plain"), (*CGAN, "--out", "named"), (*RING, "--out", "ring")]
    for line in (*lines, ("export", "named", "--uint8")):
        command = forge.start(folder, line)
        assert command.wait() == 0, command.err
    export_onnx(load(folder / "plain"), folder / "plain.onnx")
    export_onnx(load(folder / "ring"), folder / "ring.onnx", fp16=True)
    return folder, command.out


@pytest.fixture
def runs(trained, tmp_path):
    shutil.copytree(trained[0], tmp_path, dirs_exist_ok=True)


def arrays(path):
    with np.load(path) as file:
        return dict(file)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("plain", ("-n", 70, "--seed", 3)),
        ("plain", ("--seeds", "3-5,9", "--grid", "2x2")),
        ("plain", ("--truncation", 0.5, "-n", 5)),
        ("plain", ("--latents", "z.npz")),
        ("named", ("-n", 7)),
        ("named", ("-n", 4, "--label", "ankle BOOT")),
        ("named", ("--label-grid", "-n", 3)),
        ("ring", ("-n", 200, "--seed", 1)),
    ],
)
def test_the_same_samples_as_the_run(runs, ganzoo, tmp_path, name, options):
    np.savez(tmp_path / "z.npz", latents=np.random.RandomState(0).randn(6, 4).astype(np.float32))
    for model in (name, f"{name}.onnx"):
        said = ganzoo("sample", model, *options, "--npz", f"{model}.npz", "--out", f"{model}.png").out
        assert f"{model}: " in said
    ours, theirs = arrays(tmp_path / f"{name}.onnx.npz"), arrays(tmp_path / f"{name}.npz")
    assert ours.keys() == theirs.keys()
    for key, values in theirs.items():
        assert ours[key].shape == values.shape
        if key == "images":
            assert values.std() > 0
            assert np.abs(ours[key].astype(int) - values).max() <= 1
        elif key == "samples":
            np.testing.assert_allclose(ours[key], values, atol=0.05)
        else:
            assert (ours[key] == values).all()


def test_single_pictures_and_a_default_name(runs, ganzoo, tmp_path):
    said = ganzoo("sample", "plain.onnx", "-n", 3, "--individual", "pngs", "--scale", 2, "--show").out
    assert "plain-seed0.png" in said
    assert (tmp_path / "plain-seed0.png").exists()
    assert len(list((tmp_path / "pngs").iterdir())) == 3
    assert len(said.splitlines()) > 4


@pytest.mark.slow
@pytest.mark.parametrize(
    "line", ["plain.onnx --npz s.npz --individual pngs --show --truncation 1.0", "named.onnx --label-grid"]
)
def test_no_torch(runs, tmp_path, line):
    environment = {**os.environ, "GANZOO_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-W", "error", "-c", CODE, "sample", *line.split()]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"
    assert done.stderr == ""


def test_what_export_says(trained):
    folder, said = trained
    name, figures = said.splitlines()[1:]
    size = (folder / "named.onnx").stat().st_size
    assert name == f"named.onnx ({size:,} bytes, opset 20)"
    assert figures.startswith("onnxruntime against PyTorch, batches of 1, 2, 7, 64: ")
    assert figures.endswith(" of 255 levels at 8 bits (allowed 1)")
    said = json.loads(onnx.load(folder / "named.onnx").metadata_props[0].value)
    assert (said["name"], said["uint8"], said["conditional"]) == ("named", True, True)
    assert said["provenance"].keys() == {"model", "checkpoint", "torch"}
    assert tuple(said["data"]["condition"]["names"]) == NAMES


@pytest.mark.parametrize(
    ("line", "code", "sentence"),
    [
        (
            "sample plain.onnx --best",
            2,
            "--best chooses a run's checkpoint, and plain.onnx holds one model: leave it out",
        ),
        ("sample plain.onnx --device cuda", 2, "--device is for runs, and onnxruntime computes plain.onnx on the CPU"),
        ("sample plain.onnx --label 1", 2, "plain (vanilla) is not conditional: it takes no label, so leave it out"),
        ("sample named.onnx --label cat", 2, "named has no class 'cat': choose Sneaker, Ankle boot, Bag, or a number"),
        ("sample ring.onnx --grid 2x2", 2, "--grid is for images, and ring makes vectors"),
        ("sample none.onnx", 1, "none.onnx cannot be read: No such file or directory"),
        ("sample tiny.onnx", 1, "tiny.onnx is not a whole ONNX file: it was cut short, or is something else"),
        ("interpolate plain.onnx --seeds 1,2", 2, "plain.onnx is an ONNX file, which only sample and translate take"),
        ("export plain --opset 9", 2, "--opset (=9) must lie between 18 and 25"),
        ("export plain --out plain.pt", 2, "--out (=plain.pt) must end in .onnx, such as plain.onnx"),
        (
            "export plain.onnx",
            2,
            "plain.onnx is an ONNX file, which only sample and translate take",
        ),
        ("export plain --out tiny.npz/a.onnx", 1, "cannot be written"),
    ],
)
def test_refused_in_one_sentence(runs, ganzoo, tmp_path, line, code, sentence):
    (tmp_path / "tiny.onnx").write_bytes((tmp_path / "tiny.npz").read_bytes())
    before = sorted(tmp_path.rglob("*"))
    done = ganzoo(*line.split(), code=code)
    assert sentence in done.err
    assert len(done.err.splitlines()) == 1
    assert [path for path in sorted(tmp_path.rglob("*")) if path not in before and "home" not in path.parts] == []
