"""A third kind of data, `examples/ganzoo-waves`: the page about it is the package, and every command works with it."""

import json
import re
import shutil
import wave
from pathlib import Path

import numpy
import pytest
from plugins.installed import Command, describe

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "examples" / "ganzoo-waves" / "src" / "ganzoo_waves"
TINY = ("--latent-dim", 6, "--width", 2, "--batch-size", 20, "--device", "cpu")


def test_the_page_is_the_package():
    page = (ROOT / "docs" / "modalities.md").read_text()
    shown = dict(re.findall(r"^`ganzoo_waves/(\w+\.py)`:\n\n<!--.*?-->\n```python\n(.*?)^```$", page, re.M | re.S))
    assert set(shown) == {"__init__.py", "modality.py"}
    for name, text in shown.items():
        assert (PACKAGE / name).read_text() == text, name


@pytest.fixture
def waves(tmp_path):
    site = tmp_path / "site"
    shutil.copytree(PACKAGE, site / "ganzoo_waves", ignore=shutil.ignore_patterns("__pycache__"))
    describe(site, "ganzoo-waves", "wavegan", "ganzoo_waves")
    command = Command(site, tmp_path)

    def run(*arguments, code=0):
        done = command(*map(str, arguments))
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done

    return run


@pytest.mark.slow
def test_every_command_works_with_a_third_kind(waves, tmp_path):
    judged = ("--limit", 100, "--eval-every", 100, "--eval-samples", 60)
    waves("train", "wavegan", *TINY, "--images", 200, *judged, "--out", "run")
    spec = json.loads((tmp_path / "run" / "config.json").read_text())["spec"]
    assert (spec["kind"], spec["shape"]) == ("waveform", [1, 1024])
    assert (tmp_path / "run" / "progress.png").exists()
    waves("resume", "run", "--images", 260)
    waves("sample", "run", "-n", 4, "--individual", "tones", "--npz", "tones.npz", "--out", "tones.png")
    with wave.open(str(tmp_path / "tones" / "000003.wav")) as file:
        assert (file.getframerate(), file.getnframes()) == (16000, 1024)
    samples = numpy.load(tmp_path / "tones.npz")["samples"]
    assert (samples.shape, samples.dtype) == ((4, 1, 1024), numpy.float32)
    waves("interpolate", "run", "--seeds", "1,2", "--out", "walk.png", "--animate", "walk.webp", "--frames", 4)
    waves("eval", "run", "--metrics", "fid", "-n", 60)
    waves("push", "run", tmp_path / "store")
    waves("sample", tmp_path / "store", "-n", 4, "--npz", "pulled.npz", "--out", "pulled.png")
    assert numpy.array_equal(numpy.load(tmp_path / "pulled.npz")["samples"], samples)
    waves("report", "run")
    # Where the plugin is not installed, a run says what it needs and is listed all the same.
    (tmp_path / "site").rename(tmp_path / "elsewhere")
    assert "wavegan" in waves("runs", ".").stdout


@pytest.mark.slow
def test_it_is_exported(waves, tmp_path):
    pytest.importorskip("onnxruntime")
    waves("train", "wavegan", *TINY, "--images", 60, "--limit", 60, "--out", "run")
    waves("export", "run", "--out", "waves.onnx")
    waves("sample", "waves.onnx", "-n", 4, "--out", "onnx.png")
    assert "--uint8 is for gray and color images" in waves("export", "run", "--uint8", "--out", "w.onnx", code=2).stderr
