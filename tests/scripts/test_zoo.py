"""The zoo's page is what its results say, and its table can be trained."""

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from registry import forge

from ganzoo import Alarm, plugins
from ganzoo.core.entries import CallbackFailure
from ganzoo.runs.plan import Plan
from ganzoo.runs.run import Run

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "zoo.py"


@pytest.fixture
def zoo(monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPT.parent))
    return importlib.import_module("zoo")


def test_the_committed_page_is_the_generated_one(zoo):
    assert (ROOT / "docs" / "zoo.md").read_text() == zoo.page(zoo.entries(), zoo.DOCS)


def test_every_variant_has_an_entry_and_every_entry_can_begin(zoo):
    entries = zoo.entries()
    registry = plugins.registry()
    ours = {name for name in registry.variants if registry.plugin_of(name).distribution == "torch-ganzoo"}
    assert {entry["variant"] for entry in entries.values()} == ours
    for name, entry in entries.items():
        if "{data_root}" in entry.get("data", ""):
            continue
        options = {"images": entry["images"], "data": entry.get("data", "mnist"), **entry.get("options", {})}
        assert Plan.resolve(entry["variant"], options.pop("preset", None), options), name


def test_committed_results_are_whole_and_small_and_name_no_folder(zoo):
    for path in (ROOT / "docs" / "zoo").glob("*.json"):
        result = json.loads(path.read_text())
        assert path.stem == result["entry"]
        assert zoo.entries()[path.stem]["variant"] == result["variant"]
        for picture in (f"{path.stem}.png", f"{path.stem}-curves.png"):
            assert (ROOT / "docs" / "images" / "zoo" / picture).stat().st_size < 60_000
        assert '"/' not in path.read_text()


def test_a_result_becomes_a_row_and_a_section(zoo, tmp_path):
    figures = {
        "event": "eval",
        "images": 90,
        "provenance": forge.PROVENANCE,
        "metrics": {"fid": 12.345, "kid": 0.0123, "coverage": 0.5, "modes": 9, "modes_total": 10},
    }
    result = {
        "entry": "dcgan-mnist", "images": 104, "preset": "laptop", "minutes": 11.6, "warnings": 2 * ["it froze"],
        "machine": {"device": "cpu", "processor": "AVX2", "threads": 1, "cores": 2, "torch": "2", "python": "3"},
        "config": {"options": {"images": 100}},
        "final": {**figures, "images": 104},
        "best": {**figures, "metrics": {**figures["metrics"], "fid": 11.0}},
    }  # fmt: skip
    (tmp_path / "zoo").mkdir()
    (tmp_path / "zoo" / "dcgan-mnist.json").write_text(json.dumps(result))
    page = zoo.page(zoo.entries(), tmp_path)
    assert "| 12.3 (11) | 12.3 (12.3) | 0.5 (0.5) | 9 of 10 | 104 | 12 |" in page
    assert "```sh\nganzoo train dcgan --data mnist --preset laptop --images 100\n```\n" in page
    assert page.count("it froze") == 1
    assert "- best at 90 images: fid 11, kid 0.0123, coverage 0.5, modes 9, modes_total 10\n" in page
    assert "1 thread of 2 cores" in page


def test_every_warning_of_a_run_is_published(ganzoo, tiny, zoo, tmp_path):
    ganzoo(*tiny.train, "--images", 100, "--out", "run", "-q")
    run = Run.open(tmp_path / "run")
    run.journal.append(Alarm(50, "collapse", "all alike"))
    run.journal.append(Alarm(60, "vanishing generator", "its norm is 1e-9"))
    run.journal.append(CallbackFailure(70, "no news of the training"))
    run.journal.append(Alarm(80, "saturation", "right on all images"))
    zoo.publish("tiny", {"metrics": ""}, run, 10, tmp_path / "out", tmp_path / "out")
    written = json.loads((tmp_path / "out/tiny.json").read_text())
    assert written["warnings"] == ["all alike", "its norm is 1e-9", "right on all images"]


def test_pictures_are_made_small(zoo, tmp_path):
    noise = Image.effect_noise((700, 700), 100)
    zoo.save_small(noise, tmp_path / "noise.png")
    assert (tmp_path / "noise.png").stat().st_size < 60_000
    plain = Image.new("L", (50, 50), 7)
    zoo.save_small(plain, tmp_path / "plain.png")
    with Image.open(tmp_path / "plain.png") as kept:
        assert (kept.size, kept.getpixel((0, 0))) == ((50, 50), 7)


@pytest.mark.slow
def test_a_trial_trains_evaluates_and_goes_on(tmp_path):
    before = {path: path.stat().st_mtime_ns for path in (ROOT / "docs").rglob("*")}

    def train(images):
        command = [sys.executable, str(SCRIPT), "train", "vanilla-mnist", "--images", str(images), "--out", "zoo"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        return json.loads((tmp_path / "zoo" / "vanilla-mnist.json").read_text())

    first, longer = train(640), train(960)
    assert (first["images"], longer["images"]) == (640, 960)
    assert first["final"]["metrics"].keys() >= {"fid", "kid", "coverage"}
    assert (first["final"]["provenance"]["fakes"], first["final"]["provenance"]["images"]) == ("vanilla-mnist", 640)
    assert first["machine"]["threads"] == 1
    assert str(tmp_path) not in json.dumps(longer)
    assert (tmp_path / "zoo" / "vanilla-mnist.png").stat().st_size < 60_000
    assert {path: path.stat().st_mtime_ns for path in (ROOT / "docs").rglob("*")} == before
