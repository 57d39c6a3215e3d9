"""`ganzoo eval` as a process."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy
import pytest
from PIL import Image

from ganzoo.cli.runs.eval import evaluate
from ganzoo.errors import GanzooError

FEW = ("--kid-subsets", 5, "--kid-subset-size", 50, "--limit", 300)


@pytest.mark.slow
def test_importing_and_help_leave_torch_alone():
    code = (
        "import sys, ganzoo.metrics\nsys.argv = ['ganzoo', 'eval', '--help']\nfrom ganzoo.cli.app import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\nassert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, stdout=subprocess.DEVNULL)


def test_a_run(ganzoo, tmp_path):
    train = ("train", "vanilla", "--images", 600, "--limit", 300, "--device", "cpu", "--out", "run", "-q")
    ganzoo(*train, "--ema-images", 100)
    done = ganzoo("eval", "run", "-n", 200, *FEW, "--device", "cpu", "--out", "figures.json")
    assert "protocol: reference mnist train" in done.out
    assert "300 real (prdc 200), 200 fake from run at 6" in done.out
    assert "EMA half-life 100 images" in done.out
    saved = json.loads((tmp_path / "figures.json").read_text())
    # The model that was trained last is meant where none is named.
    printed = json.loads(ganzoo("eval", "-n", 200, *FEW, "--device", "cpu", "--json").out)
    assert printed["values"] == saved["values"]
    assert {"fid", "kid", "kid_se", "precision", "coverage", "classifier_score", "modes"} <= set(saved["values"])


@pytest.mark.parametrize(
    ("given", "average"),
    [
        ((), "decay 0.999 per round"),
        (("--ema-decay", 0), "no"),
        (("--ema-images", 32, "--ema-decay", 0.5), "half-life 32 images"),
    ],
)
def test_an_average_by_decay_is_named(ganzoo, tmp_path, given, average):
    """ProGAN's average forgets by a share a round, and by images only where it is told to."""
    images = numpy.random.RandomState(0).randint(0, 256, (40, 8, 8), dtype=numpy.uint8)
    numpy.savez(tmp_path / "noise.npz", images=images)
    small = ("--fmap-base", 16, "--fmap-max", 4, "--latent-dim", 4, "--stage-images", 8, "--batch-size", 4)
    ganzoo("train", "progan", "--data", "noise.npz", *small, *given, "--device", "cpu", "--out", "run", "-q")
    done = ganzoo("eval", "run", "-n", 20, "--metrics", "fid", "--device", "cpu", "--out", "figures.json")
    assert f"; EMA {average}; " in " ".join(done.out.split())
    assert f"; EMA {average}; " in json.loads((tmp_path / "figures.json").read_text())["provenance_line"]


def test_images(ganzoo, tmp_path):
    done = ganzoo("eval", "mnist:test", "--data", "mnist", "-n", 400, *FEW, "--device", "cpu", "--res", 32)
    assert "1x32x32 padded from 28 to 32" in done.out
    assert "resizer center crop 32 to 28" in done.out
    assert "400 fake from mnist:test" in done.out


def test_bad_input(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "color").mkdir()
    noise = numpy.random.RandomState(0).randint(0, 256, (28, 28, 3), dtype=numpy.uint8)
    Image.fromarray(noise).save(tmp_path / "color" / "a.png")
    for subject, options, code, message in [
        ("empty", {}, 1, "empty has no image in it"),
        ("color", {}, 2, "has images of 3x28x28, and the reference"),
        ("mnist:test", {"metrics": "fid,pdrc"}, 2, "no metric is called 'pdrc': did you mean prdc?"),
        ("mnist:test", {"extractor": "vgg"}, 2, "no extractor is called 'vgg'"),
        ("mnist:test", {"count": 0}, 2, "-n (=0) must be at least 2"),
        ("mnist:test", {"out": tmp_path}, 2, "is a folder"),
        ("no-such-thing", {}, 2, "'no-such-thing' is not a model"),
        (None, {}, 1, "no model was trained or pulled yet"),
    ]:
        with pytest.raises(GanzooError) as caught:
            evaluate(subject, **{"out": tmp_path / "out.json", "device": "cpu", "limit": "200", **options})
        assert message in str(caught.value)
        assert caught.value.exit_code == code
        assert sorted(path.name for path in tmp_path.iterdir()) == ["color", "empty"]


def test_out_that_cannot_be_written(ganzoo, tmp_path):
    (tmp_path / "file").write_text("")
    done = ganzoo("eval", "mnist:test", "-n", 120, "--limit", 120, "--metrics", "fid", "--out", "file/x.json", code=1)
    assert "file/x.json cannot be written" in done.err
    assert done.err.count("\n") == 1


@pytest.mark.slow
def test_fashion_is_far(ganzoo):
    shared = Path(__file__).parents[3] / "shared" / "data"
    if not (shared / "FashionMNIST").is_dir():
        pytest.skip(f"{shared} does not exist")
    options = ("--data", "mnist", "--limit", 10_000, "-n", 3000, "--metrics", "fid", "--device", "cpu", "--json")
    near = json.loads(ganzoo("eval", "mnist:test", *options).out)
    far = json.loads(ganzoo("eval", "fashion-mnist:test", "--data-root", shared, *options).out)
    assert near["values"]["fid"] < 0.1
    assert far["values"]["fid"] > 10


def test_advice_on_a_folder_that_is_judged_can_be_followed(ganzoo, tmp_path):
    (tmp_path / "mixed").mkdir()
    for name, side in {**dict.fromkeys("01234", 28), "9": 32}.items():
        noise = numpy.random.default_rng(ord(name)).integers(0, 256, (side, side), numpy.uint8)
        Image.fromarray(noise).save(tmp_path / f"mixed/{name}.png")
    command = ("eval", "mixed", "--data", "mnist", "--limit", 100, "--metrics", "fid,prdc", "--device", "cpu")
    assert ganzoo(*command, code=1).err == (
        "error: mixed/9.png is 32x32, but mixed/0.png is 28x28: what is judged is not resized; --skip-bad leaves such "
        "files out\n"
    )
    done = ganzoo(*command, "--skip-bad")
    assert "1 of 6 files were skipped: mixed/9.png is 32x32" in done.out
    # What can be taken is taken.
    assert re.search(r"^Frechet distance \(\w+\) +\d", done.out, re.MULTILINE)
    assert "note: prdc was left out: prdc with --nearest-k 5 needs at least 6 samples of each kind" in done.out
    refused = ganzoo(*command[:-3], "prdc", "--device", "cpu", "--skip-bad", code=2)
    assert refused.err.startswith("error: prdc with --nearest-k 5 needs at least 6 samples")
