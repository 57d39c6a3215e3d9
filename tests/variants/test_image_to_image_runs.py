"""Whole runs of pix2pix and cyclegan: each layout of files, a kill in the middle, and what is refused."""

import signal

import numpy
import pytest
from engine.runs import assert_same_end, checkpoints, wait_for
from PIL import Image

COMMON = ("--device", "cpu", "--width", 4, "--patch-halvings", 1, "--batch-size", 4, "--images", 160)
PAIRED = ("train", "pix2pix", *COMMON)
UNPAIRED = ("train", "cyclegan", *COMMON, "--blocks", 1, "--pool", 10)


def save(path, images):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(numpy.concatenate(images, 1)).save(path)


@pytest.fixture
def pictures(tmp_path):
    """Twelve images of A and of B, 16 pixels wide and high, in the three layouts, three of each held out."""
    a, b = numpy.random.RandomState(0).randint(0, 256, (2, 12, 16, 16, 3), dtype=numpy.uint8)
    for index in range(12):
        part = "train" if index < 9 else "test"
        save(tmp_path / "beside" / part / f"{index}.png", [a[index], b[index]])
        for name, images in (("A", a), ("B", b)):
            save(tmp_path / "folders" / name / part / f"{index}.png", [images[index]])
            save(tmp_path / "domains" / f"{part}{name}" / f"{index}.png", [images[index]])
    return tmp_path


@pytest.mark.parametrize(("options", "data"), [(PAIRED, "beside"), (UNPAIRED, "domains")], ids=["pix2pix", "cyclegan"])
def test_a_killed_run_ends_with_the_bits_of_one_that_was_not(ganzoo, start, pictures, options, data):
    """Pools, both generators, both discriminators and the order of both sets go on where they were."""
    options = (*options, "--data", data, "--checkpoint-every", 24, "--keep", 100)
    ganzoo(*options, "--out", "whole")
    command = start(*options, "--out", "killed")
    wait_for(lambda: len(checkpoints(pictures / "killed")) >= 2, lambda: command.err)
    command.kill(signal.SIGKILL)
    assert command.wait() == -signal.SIGKILL
    assert checkpoints(pictures / "killed")[-1].name < checkpoints(pictures / "whole")[-1].name
    ganzoo("resume", "killed")
    assert_same_end(pictures / "whole", pictures / "killed")


def test_pairs_are_the_same_in_both_layouts(ganzoo, pictures):
    for data in ("beside", "folders"):
        ganzoo(*PAIRED, "--data", data, "--out", f"of-{data}", "--images", 24)
    assert_same_end(pictures / "of-beside", pictures / "of-folders")
