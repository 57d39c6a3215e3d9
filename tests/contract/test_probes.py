"""Six games that the contract must be able to say, each trained, killed and resumed bit for bit."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy
import pytest
import safetensors.numpy

TESTS = Path(__file__).parents[1]
PROBES = ["packed", "pairs", "vaegan", "growing", "pretrained", "relativistic"]


def play(action, folder, data, mode, *probes):
    environment = {**os.environ, "PYTHONPATH": str(TESTS), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-W", "error", "-m", "contract.play", action, folder, data, mode, *probes]
    return subprocess.run(list(map(str, command)), env=environment, capture_output=True, text=True, timeout=500)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "tiny.npz"
    random = numpy.random.RandomState(0)
    images = random.randint(0, 256, (50, 8, 8), dtype=numpy.uint8)
    numpy.savez(path, images=images, labels=random.randint(0, 3, 50))
    return path


@pytest.fixture(scope="module", params=["eager", "compile"])
def folders(request, tmp_path_factory, data):
    """Unbroken runs of all probes, and others killed by SIGKILL and resumed."""
    folder = tmp_path_factory.mktemp(request.param)
    done = play("train", folder / "unbroken", data, request.param, *PROBES)
    assert done.returncode == 0, done.stderr
    for probe in PROBES:
        killed = play("kill", folder / "broken", data, request.param, probe)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
    resumed = play("resume", folder / "broken", data, request.param, *PROBES)
    assert resumed.returncode == 0, resumed.stderr
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("probe", PROBES)
def test_killed_and_resumed_is_bit_identical(folders, probe):
    unbroken, broken = (last_checkpoint(folders / kind / probe) for kind in ("unbroken", "broken"))
    assert unbroken.name == broken.name
    files = sorted(path.name for path in unbroken.glob("*.safetensors"))
    assert "ema.safetensors" in files
    for name in files:
        assert (unbroken / name).read_bytes() == (broken / name).read_bytes(), name


@pytest.mark.slow
@pytest.mark.parametrize("probe", PROBES)
def test_both_players_and_the_average_moved(folders, probe):
    run = folders / "unbroken" / probe
    first, *_, last = sorted((run / "checkpoints").iterdir())
    for player in ("generator", "discriminator", "ema"):
        before, after = (safetensors.numpy.load_file(path / f"{player}.safetensors") for path in (first, last))
        assert any((before[name] != after[name]).any() for name in before), player
        assert all(numpy.isfinite(values).all() for values in after.values()), player


def last_checkpoint(run):
    return max((run / "checkpoints").iterdir())
