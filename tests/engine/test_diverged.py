"""A loss or weight that is no longer finite ends the run, and reaches no checkpoint."""

import json

import numpy
import safetensors.numpy
from engine.runs import checkpoints, records

RUN = ("--checkpoint-every", 100, "--sample-every", 100_000, "--out", "run")


def test_from_the_start(ganzoo, tiny, tmp_path):
    failed = ganzoo(*tiny.train, *RUN, "--images", 1000, "--lr", "1e30", code=1)
    assert failed.err.startswith("error: ")
    assert "there is no checkpoint before it" in failed.err
    assert len(failed.err.splitlines()) == 1
    assert checkpoints(tmp_path / "run") == []
    last = records(tmp_path / "run")[-1]
    assert last["event"] == "diverged"
    assert last["reason"] in failed.err
    assert json.loads(ganzoo("runs", ".", "--json").out)[0]["status"] == "diverged"


def test_later_names_the_last_good_checkpoint(ganzoo, tiny, tmp_path):
    ganzoo(*tiny.train, *RUN, "--images", 200)
    config = tmp_path / "run/config.json"
    config.write_text(config.read_text().replace('"lr": 0.0002', '"lr": 1e30'))
    failed = ganzoo("resume", "run", "--images", 1000, code=1)
    assert "the last good checkpoint is run/checkpoints/0000000200" in failed.err
    assert [path.name for path in checkpoints(tmp_path / "run")] == ["0000000100", "0000000200"]
    for file in tmp_path.glob("run/checkpoints/*/*.safetensors"):
        for name, tensor in safetensors.numpy.load_file(file).items():
            assert tensor.dtype == numpy.uint8 or numpy.isfinite(tensor).all(), f"{file.name} {name}"
    assert json.loads(ganzoo("runs", ".", "--json").out)[0]["status"] == "diverged"

    config.write_text(config.read_text().replace('"lr": 1e+30', '"lr": 0.0002'))
    ganzoo("resume", "run")
    assert json.loads(ganzoo("runs", ".", "--json").out)[0]["status"] == "finished"
    assert all(record.get("event") != "diverged" for record in records(tmp_path / "run"))
