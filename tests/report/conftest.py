"""Runs to report on: a real one, and hand-made ones for the odd cases."""

from __future__ import annotations

import copy
import json
import shutil

import numpy
import pytest
from PIL import Image

from ganzoo.runs.report import write_report
from ganzoo.runs.run import Run

TRAINED = (
    *("--images", "2k", "--lr", "0.0005", "--no-batch-norm", "--generator-widths", "32,16", "--seed", 3),
    *("--classes", "3,7", "--limit", 300, "--sample-every", 500, "--log-every", 100, "--device", "cpu"),
)


@pytest.fixture(scope="session")
def trained(forge, tmp_path_factory):
    """The folder in which a run called `run` was really trained. Not to be changed: see `real`."""
    folder = tmp_path_factory.mktemp("trained")
    command = forge.start(folder, ("train", "vanilla", *TRAINED, "--out", "run", "--quiet"))
    assert command.wait() == 0, command.err
    return folder


@pytest.fixture
def real(trained, tmp_path):
    """A copy of the trained run."""
    shutil.copytree(trained / "run", tmp_path / "run")
    return Run.open(tmp_path / "run")


@pytest.fixture
def make(trained, tmp_path):
    """`make(records, samples, change)`: a run by hand, with the config of the trained one, changed."""

    def by_hand(records=(), samples=(), change=lambda config: None, tail=""):
        path = tmp_path / "made"
        (path / "samples").mkdir(parents=True)
        config = copy.deepcopy(json.loads((trained / "run/config.json").read_text()))
        change(config)
        (path / "config.json").write_text(json.dumps(config))
        (path / "metrics.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records) + tail)
        for images, size in samples:
            noise = numpy.random.RandomState(images).randint(0, 256, (size, size), dtype=numpy.uint8)
            Image.fromarray(noise).save(path / f"samples/{images:010d}.png")
        return Run.open(path)

    return by_hand


@pytest.fixture
def page(tmp_path):
    """`page(run)`: its report as text."""

    def written(run):
        path = tmp_path / "out" / "page.html"
        write_report(run, path)
        return path.read_text(encoding="utf-8")

    return written
