"""Commands from end to end, on the smallest training there is."""

import json
import re

import pytest
from engine.runs import assert_same_end

RUN = ("--images", 100)


def test_out_that_exists_is_refused_and_an_empty_folder_taken(ganzoo, tiny, tmp_path):
    (tmp_path / "empty").mkdir()
    ganzoo(*tiny.train, *RUN, "--out", "empty")
    failed = ganzoo(*tiny.train, *RUN, "--out", "empty", code=1)
    assert failed.err.startswith("error: empty exists already: give another --out, or `ganzoo resume empty`")


def test_runs_are_numbered_and_listed(ganzoo, tiny, tmp_path):
    ganzoo(*tiny.train, *RUN)
    ganzoo(*tiny.train, *RUN, "--preset", "paper")
    rows = json.loads(ganzoo("runs", "--json").out)
    assert [row["run"] for row in rows] == ["runs/vanilla-tiny-1", "runs/vanilla-tiny-2"]
    assert [row["preset"] for row in rows] == ["laptop", "paper"]
    assert {(row["images"], row["of"], row["status"], row["variant"], row["data"]) for row in rows} == {
        (100, 100, "finished", "vanilla", "tiny")
    }
    assert ganzoo("sample").out.startswith("runs/vanilla-tiny-2: vanilla on tiny, 100 images")
    assert (tmp_path / "vanilla-tiny-2-seed0.png").is_file()
    ganzoo("resume", "vanilla-tiny-1", "--images", 200)
    assert ganzoo("sample").out.startswith("runs/vanilla-tiny-1: vanilla on tiny, 200 images")


def test_a_run_leaves_what_is_promised(ganzoo, tiny, tmp_path):
    said = ganzoo(*tiny.train, *RUN, "--out", "run").out
    assert "\x1b" not in said
    names = {path.name for path in (tmp_path / "run").iterdir() if path.name[0] != "."}
    pictures = {"samples", "curves.png", "progress.png", "progress.webp"}
    assert names == {"config.json", "metrics.jsonl", "checkpoints"} | pictures
    config = json.loads((tmp_path / "run/config.json").read_text())
    assert config["options"]["latent_dim"] == 4
    assert config["options"]["images"] == 100
    assert config["spec"]["shape"] == [1, 8, 8]
    assert config["preset"] == "laptop"


def test_quiet_prints_nothing(ganzoo, tiny):
    done = ganzoo(*tiny.train, *RUN, "--quiet")
    assert done.out + done.err == ""


def test_the_seed_decides_everything(ganzoo, tiny, tmp_path):
    for name, seed in (("one", 5), ("again", 5), ("other", 6)):
        ganzoo(*tiny.train, *RUN, "--out", name, "--seed", seed)
    assert_same_end(tmp_path / "one", tmp_path / "again")
    # Weights before the first round, and the order of the data after it.
    for file in ("samples/0000000000.png", "checkpoints/0000000100/discriminator.safetensors"):
        assert (tmp_path / "one" / file).read_bytes() != (tmp_path / "other" / file).read_bytes(), file


def test_epochs(ganzoo, tiny, tmp_path):
    ganzoo(*tiny.train, "--epochs", 2.5, "--out", "run")
    assert json.loads((tmp_path / "run/config.json").read_text())["options"]["images"] == 125


def test_dry_run_shows_sizes_and_leaves_nothing(ganzoo, tiny, tmp_path):
    shown = ganzoo(*tiny.train, *RUN, "--dry-run").out
    # 4 x 128 + 128 and 128 x 64 + 64; 64 x 64 + 64 and 64 + 1.
    assert "generator      8,896 parameters" in shown
    assert "discriminator  4,225 parameters" in shown
    assert '"latent_dim": 4' in shown
    for word in ("memory", "speed", "time           about"):
        assert word in shown
    assert {path.name for path in tmp_path.iterdir()} <= {"tiny.npz", "home"}


def test_info_system(ganzoo):
    shown = ganzoo("info", "--system").out
    for word in ("ganzoo", "torch", "device", "cores", "threads", "home"):
        assert word in shown


def test_a_finished_run_says_so(ganzoo, tiny):
    ganzoo(*tiny.train, *RUN, "--out", "run")
    assert "run is finished: it has its 100 images; --images trains it longer" in ganzoo("resume", "run").out


def test_a_longer_run_is_the_run_that_was_longer_from_the_start(ganzoo, tiny, tmp_path):
    ganzoo(*tiny.train, *RUN, "--out", "short")
    ganzoo("resume", "short", "--images", "0.3k")
    ganzoo(*tiny.train, "--images", 300, "--out", "long")
    assert_same_end(tmp_path / "long", tmp_path / "short")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("resume", "run", "--images", "many"), "--images (=many) must be a whole number"),
        (("sample", "run", "--device", "tpu"), "--device tpu is not on this machine: choose auto, cpu"),
    ],
)
def test_refusals_of_a_run(ganzoo, tiny, arguments, sentence):
    ganzoo(*tiny.train, *RUN, "--out", "run")
    assert sentence in ganzoo(*arguments, code=2).err


@pytest.mark.parametrize(
    "line",
    [
        "sample x --out a.bmp", "sample x --npz a.npy", "sample x --out a.foo", "interpolate x --out a.jpg",
        "arithmetic x --plus 1 --npz a.zip", "nearest x mnist:test --out a.gif", "reconstruct x mnist:test --npz a.png",
        "eval x --out a.txt", "report x --out a.pdf", "pull x --zip a.tar",
    ],
)  # fmt: skip
def test_files_are_what_their_names_say(ganzoo, tmp_path, line):
    done = ganzoo(*line.split(), code=2)
    ending = line.rpartition(".")[2]
    assert re.search(
        rf"error: --\w+ \(=a\.{ending}\) must end in \.\w+( or \.\w+)?, which is what is written", done.err
    )
    assert not list(tmp_path.glob("a.*"))
