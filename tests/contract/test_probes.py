"""Ten games that the contract must be able to say, each trained, killed and resumed bit for bit."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy
import pytest
import safetensors.numpy

TESTS = Path(__file__).parents[1]
PROBES = [
    "packed", "pairs", "vaegan", "growing", "pretrained", "relativistic", "ada", "began", "projected", "micro",
]  # fmt: skip
COMPILED = ["growing"]
"""The compiler needs half a minute of a core for a stage. That all phases can be traced, the kit finds out."""
PLAYED = [*(("eager", probe) for probe in PROBES), *(("compile", probe) for probe in COMPILED)]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "tiny.npz"
    random = numpy.random.RandomState(0)
    images = random.randint(0, 256, (50, 8, 8), dtype=numpy.uint8)
    numpy.savez(path, images=images, labels=random.randint(0, 3, 50))
    return path


@pytest.fixture(scope="module")
def folders(tmp_path_factory, data):
    """Unbroken runs of all probes, and others killed by SIGKILL and resumed."""
    folder = tmp_path_factory.mktemp("runs")
    environment = {**os.environ, "PYTHONPATH": str(TESTS), "OMP_NUM_THREADS": "1"}
    for mode, probes in (("eager", PROBES), ("compile", COMPILED)):
        command = [sys.executable, "-W", "error", "-m", "contract.play", folder / mode, data, mode, *probes]
        done = subprocess.run(list(map(str, command)), env=environment, capture_output=True, text=True, timeout=900)
        assert done.returncode == 0, done.stderr
        codes = json.loads(done.stdout.splitlines()[-1])
        assert codes == {probe: [0, -signal.SIGKILL, 0] for probe in probes}, done.stderr
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(("mode", "probe"), PLAYED)
def test_killed_and_resumed_is_bit_identical(folders, mode, probe):
    unbroken, broken = (last_checkpoint(folders / mode / kind / probe) for kind in ("unbroken", "broken"))
    assert unbroken.name == broken.name
    files = sorted(path.name for path in unbroken.glob("*.safetensors"))
    assert "ema.safetensors" in files
    for name in files:
        assert (unbroken / name).read_bytes() == (broken / name).read_bytes(), name


@pytest.mark.slow
@pytest.mark.parametrize(("mode", "probe"), PLAYED)
def test_both_players_and_the_average_moved(folders, mode, probe):
    run = folders / mode / "unbroken" / probe
    first, *_, last = sorted((run / "checkpoints").iterdir())
    for player in ("generator", "discriminator", "ema"):
        before, after = (safetensors.numpy.load_file(path / f"{player}.safetensors") for path in (first, last))
        assert any((before[name] != after[name]).any() for name in before), player
        assert all(numpy.isfinite(values).all() for values in after.values()), player


def last_checkpoint(run):
    return max((run / "checkpoints").iterdir())
