"""Ten games that the contract must be able to say, each trained, killed and resumed bit for bit."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy
import pytest
import safetensors.numpy

TESTS = Path(__file__).parents[1]
PROBES = [
    "packed", "pairs", "vaegan", "growing", "pretrained", "relativistic", "ada", "began", "projected", "micro",
]  # fmt: skip


def play(action, folder, data, mode, probe):
    environment = {**os.environ, "PYTHONPATH": str(TESTS), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-W", "error", "-m", "contract.play", action, folder, data, mode, probe]
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
    """Unbroken runs of all probes, and others killed by SIGKILL and resumed. Two probes at a time: one a core."""
    folder = tmp_path_factory.mktemp(request.param)

    def play_all(probe):
        unbroken = play("train", folder / "unbroken", data, request.param, probe)
        killed = play("kill", folder / "broken", data, request.param, probe)
        resumed = play("resume", folder / "broken", data, request.param, probe)
        return unbroken, killed, resumed

    with ThreadPoolExecutor(2) as pool:
        outcomes = dict(zip(PROBES, pool.map(play_all, PROBES), strict=True))
    for probe, (unbroken, killed, resumed) in outcomes.items():
        assert unbroken.returncode == 0, (probe, unbroken.stderr)
        assert killed.returncode == -signal.SIGKILL, (probe, killed.stderr)
        assert resumed.returncode == 0, (probe, resumed.stderr)
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
