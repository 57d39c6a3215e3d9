"""`push`, `pull`, `models`, `search` as a user types them, and the commands that take a model."""

import json
import shutil

import numpy as np
import onnx
import pytest
from engine.runs import TINY, save_noise
from PIL import Image


@pytest.fixture(scope="module")
def made(forge, tmp_path_factory):
    """A folder with a run, and with a registry `lab` that the run was pushed to. Not to be changed."""
    folder = tmp_path_factory.mktemp("made")
    save_noise(folder)
    (folder / "zoo").mkdir()
    for line in (
        (*TINY, "--images", 100, "--out", "runs/first", "-q"),
        ("registry", "add", "lab", "zoo"),
        ("push", "runs/first", "lab/tiny", "--tag", "v1", "--license", "CC0-1.0"),
    ):
        command = forge.start(folder, line)
        assert command.wait() == 0, command.err
    assert "pushed: lab/tiny@" in command.out
    return folder


@pytest.fixture
def trained(made, ganzoo, tmp_path):
    """A copy, to be changed."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    shutil.rmtree(tmp_path / "home")
    ganzoo("registry", "add", "lab", "zoo")
    return tmp_path


def pixels(path):
    with Image.open(path) as picture:
        return np.asarray(picture)


def test_from_a_run_to_a_colleague(ganzoo, trained, tmp_path_factory):
    colleague = tmp_path_factory.mktemp("colleague")
    ganzoo("registry", "add", "team", trained / "zoo", folder=colleague)
    assert "verified" in ganzoo("pull", "team/tiny@v1", folder=colleague).out
    assert "already here" in ganzoo("pull", "team/tiny@v1", folder=colleague).out
    ganzoo("sample", "--seed", 3, "--out", "theirs.png", folder=colleague)
    ganzoo("sample", "first", "--seed", 3, "--out", "mine.png")
    assert np.array_equal(pixels(colleague / "theirs.png"), pixels(trained / "mine.png"))
    listed = json.loads(ganzoo("models", "--json", folder=colleague).out)
    (found,) = [model for model in listed if model["where"] == "pulled"]
    assert (found["variant"], found["data"], found["shape"]) == ("vanilla", "tiny", [1, 8, 8])
    assert found["reference"] in ganzoo("list", folder=colleague).out
    assert "v1" not in ganzoo("models", "rm", "team/tiny", folder=colleague).out.split("@")[1]
    assert not [m for m in json.loads(ganzoo("models", "--json", folder=colleague).out) if m["where"] == "pulled"]


def test_a_zip_carries_a_model_to_a_machine_without_a_network(ganzoo, trained, tmp_path_factory):
    ganzoo("pull", "lab/tiny", "--zip", "tiny.zip")
    island = tmp_path_factory.mktemp("island")
    (trained / "tiny.zip").rename(island / "tiny.zip")
    assert "CC0-1.0" in ganzoo("models", "info", "tiny.zip", folder=island).out
    ganzoo("pull", "tiny.zip", folder=island)
    ganzoo("sample", "--out", "zip.png", folder=island)
    ganzoo("sample", "lab/tiny", "--out", "lab.png")
    assert np.array_equal(pixels(island / "zip.png"), pixels(trained / "lab.png"))


def test_commands_that_take_a_run_take_a_model(ganzoo, trained):
    ganzoo("interpolate", "lab/tiny", "--seeds", "1,2", "--frames", 3, "--out", "i.png")
    said = json.loads(ganzoo("eval", "lab/tiny", "--data", "tiny.npz", "-n", 50, "--metrics", "fid", "--json").out)
    own = json.loads(ganzoo("eval", "runs/first", "-n", 50, "--metrics", "fid", "--json").out)
    assert said["values"] == pytest.approx(own["values"])
    ganzoo("export", "lab/tiny", "--out", "tiny.onnx")
    (stored,) = [entry.value for entry in onnx.load(trained / "tiny.onnx").metadata_props if entry.key == "ganzoo"]
    provenance = json.loads(stored)["provenance"]
    assert provenance["license"] == "CC0-1.0"
    assert provenance["model"].startswith("lab/tiny@")
    assert "cannot encode" in ganzoo("reconstruct", "lab/tiny", "tiny.npz", code=2).err


def test_pushing_again_keeps_a_persons_words_and_renews_the_figures(ganzoo, trained):
    ganzoo("resume", "runs/first", "--images", 200, "-q")
    first = next((trained / "zoo" / "tiny" / "revisions").glob("*/README.md"))
    first.write_text(first.read_text() + "\nMade on a rainy day.\n")
    ganzoo("push", "runs/first", "lab/tiny")
    cards = [path.read_text() for path in (trained / "zoo" / "tiny" / "revisions").glob("*/README.md")]
    assert len(cards) == 2
    (new,) = [card for card in cards if "200 images seen" in card]
    assert "Made on a rainy day." in new
    assert "ganzoo pull lab/tiny" in new


def test_verify_finds_the_damaged_one(ganzoo, trained):
    ganzoo("pull", "lab/tiny")
    weights = next((trained / "home" / "models").glob("**/model.safetensors"))
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    failed = ganzoo("models", "verify", code=1)
    assert "damaged: lab/tiny@" in failed.out
    assert "ganzoo pull --update" in failed.err
    ganzoo("pull", "lab/tiny", "--update")
    assert "damaged" not in ganzoo("models", "verify").out


def test_search_looks_everywhere_and_names_what_it_could_not_ask(ganzoo, trained):
    found = json.loads(ganzoo("search", "tiny", "--no-hub", "--json").out)
    assert [model["reference"] for model in found] == ["lab/tiny"]
    (trained / "zoo").rename(trained / "moved")
    done = ganzoo("search", "tiny", "--no-hub")
    assert "no models" in done.out
    assert "not searched: lab" in done.err


@pytest.mark.parametrize(
    ("line", "code", "says"),
    [
        (("pull", "nonsense"), 1, "no model is called 'nonsense'"),
        (("pull", "runs/first"), 2, "is a run, and is here already"),
        (("pull", "lab/other"), 1, "it has tiny"),
        (("pull", "lab/tiny@v9"), 1, "v1"),
        (("pull", "hf://org/name", "--offline"), 1, "offline"),
        (("push", "runs/first", "nowhere"), 2, "no place to push to"),
        (("push", "runs/first", "builtin:x"), 2, "cannot be pushed to"),
        (("push", "runs/none", "lab/x"), 1, "no model"),
        (("push", "runs/first", "lab/x@v1", "--tag", "v2"), 2, "--tag says v2"),
        (("push", "runs/first", "lab/x", "--private"), 1, "--private"),
        (("push", "runs/first", "lab/x", "--best"), 1, "no best checkpoint"),
        (("push", "lab/tiny", "lab/x", "--fp16"), 2, "is a package already"),
        (("models", "info", "runs/first"), 2, "is a run"),
        (("models", "rm", "lab/other"), 1, "was not pulled"),
        (("sample", "lab/tiny", "--best"), 2, "--best"),
        (("sample", "nonsense"), 1, "no model is called"),
    ],
)
def test_what_is_refused_is_one_sentence(ganzoo, made, line, code, says):
    before = sorted((made / "zoo").rglob("*"))
    failed = ganzoo(*line, code=code, folder=made)
    assert says in failed.err
    assert failed.err.count("error:") == 1
    assert sorted((made / "zoo").rglob("*")) == before
