"""`--set`, `--rows` and `--in` on the command line: of an infogan's run, its package and its file."""

import json
import shutil

import numpy as np
import pytest
import torch
from PIL import Image

from ganzoo import load
from ganzoo.sampling import generate as sampling

TRAIN = (
    "train", "infogan", "--data", "tiny.npz", "--device", "cpu", "--batch-size", 10, "--width", 4, "--hidden", 8,
    "--noise-dim", 4, "--images", 60, "--sample-every", 30, "-q",
)  # fmt: skip


@pytest.fixture(scope="module")
def trained(forge, tmp_path_factory):
    folder = tmp_path_factory.mktemp("infogan")
    np.savez(folder / "tiny.npz", images=np.random.RandomState(0).randint(0, 256, (40, 28, 28), dtype=np.uint8))
    command = forge.start(folder, (*TRAIN, "--out", "run"))
    assert command.wait() == 0, command.err
    return folder


@pytest.fixture
def run(trained, tmp_path):
    shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
    return load(tmp_path / "run")


def images_of(path):
    with np.load(path) as file:
        return file["images"].astype(int)


def assert_same(found, expected):
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= 1


def of(samples):
    return sampling.to_uint8(torch.Tensor(samples)).astype(int)


def test_a_sample_with_parts_set(run, ganzoo, tmp_path):
    ganzoo("sample", "run", "-n", 4, "--set", "digit=3", "--set", "style.0=0.5", "--npz", "s.npz")
    expected = run.sample(4, set={"digit": 3, "style.0": 0.5})
    assert_same(images_of(tmp_path / "s.npz"), of(expected))
    assert torch.equal(expected, run.sample(4, set={"style.0": "0.5", "digit": "3"}))


def test_a_row_for_each_choice(run, ganzoo, tmp_path):
    ganzoo("sample", "run", "--rows", "digit", "-n", 3, "--npz", "s.npz", "--out", "rows.png", "--scale", 1)
    assert_same(images_of(tmp_path / "s.npz"), of(run.sample_rows("digit", 3)))
    with Image.open(tmp_path / "rows.png") as picture:
        assert picture.height >= 10 * 28
        assert picture.width < 5 * 28 + 40
    said = ganzoo("sample", "run", "--rows", "style.1", "-n", 2, "--seed", 4, "--npz", "t.npz").out
    assert "run-style.1.png" in said
    assert_same(images_of(tmp_path / "t.npz"), of(run.sample_rows("style.1", 2, seed=4)))


def test_pictures_of_a_training_have_a_row_for_each_choice(run, tmp_path):
    last = sorted((tmp_path / "run/samples").glob("*.png"))[-1]
    expected = run.sample_rows("digit", 8).grid(8)
    with Image.open(last) as picture:
        assert picture.size == expected.size
        assert np.abs(np.asarray(picture).astype(int) - np.asarray(expected).astype(int)).max() <= 1


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (("sample", "run", "--set", "digit=11"), "digit (=11) must be a whole number from 0 to 9"),
        (
            ("sample", "run", "--set", "psi=0.5"),
            "run (infogan) has no psi, because its generator has no w",
        ),
        (("sample", "run", "--set", "hue=1"), "run (infogan) has no 'hue' to set: there is z"),
        (("sample", "run", "--set", "digit"), "--set (=digit) must be NAME=VALUE, such as --set digit=3"),
        (("sample", "run", "--rows", "style"), "such as --rows style.0"),
        (("sample", "run", "--rows", "digit", "--set", "digit=3"), "leave one out"),
        (("sample", "run", "--rows", "digit", "--grid", "2x2"), "give its columns with -n, and leave --grid out"),
        (("interpolate", "run", "--seeds", "1,2", "--set", "hue=1"), "has no 'hue' to set"),
        (("interpolate", "run", "--seeds", "1,2", "--in", "w"), "maps its latents to no w: leave --in out"),
        (("interpolate", "run", "--seeds", "1,2", "--in", "x"), "--in (=x) must be z"),
        (("export", "run", "--set", "digit=3"), "digit is a part of the latents, which go into the file: leave it out"),
    ],
)
def test_what_cannot_be_set_is_one_sentence(run, ganzoo, line, words):
    assert words in ganzoo(*line, code=2).err


def test_a_walk_and_a_sum_with_a_part_set(run, ganzoo, tmp_path):
    walk = ("interpolate", "run", "--seeds", "1,2", "--set", "digit=3", "--steps", 2)
    assert "w.gif (4 frames)" in ganzoo(*walk, "--animate", "w.gif", "--frames", 2).out
    assert (tmp_path / "run-interpolation.png").is_file()
    ganzoo("arithmetic", "run", "--plus", "1,2,3", "--minus", "4,5,6", "--set", "digit=3", "--npz", "a.npz")
    with np.load(tmp_path / "a.npz") as file:
        assert file["latents"][0, 4:14].argmax() == 3
        assert file["latents"][0, 4:14].sum() == 1
    # What was kept can be changed.
    ganzoo("sample", "run", "--latents", "a.npz", "--rows", "digit", "--npz", "s.npz")
    with np.load(tmp_path / "a.npz") as file:
        assert_same(images_of(tmp_path / "s.npz")[5:6], of(run.generate(file["latents"], set={"digit": 5})))


def test_the_search_keeps_what_is_set(run, ganzoo, tmp_path):
    ganzoo("nearest", "run", "tiny.npz", "-n", 1, "--steps", 2, "--starts", 2, "--set", "digit=7", "--npz", "n.npz")
    with np.load(tmp_path / "n.npz") as file:
        assert file["latents"][0, 4:14].argmax() == 7


def test_a_package_says_what_can_be_set(run, ganzoo, tmp_path):
    (tmp_path / "shelf").mkdir()
    ganzoo("push", "run", "shelf/coded")
    manifest = json.loads(ganzoo("models", "info", "shelf/coded", "--json").out)
    assert [name for name, _ in manifest["latent"]["named"]] == ["z", "digit", "style"]
    said = ganzoo("models", "info", "shelf/coded").out
    assert "digit (a whole number from 0 to 9)" in said
    ganzoo("sample", "shelf/coded", "-n", 4, "--set", "digit=3", "--npz", "s.npz")
    assert_same(images_of(tmp_path / "s.npz"), of(run.sample(4, set={"digit": 3})))


def test_an_onnx_file_takes_parts_too(run, ganzoo, tmp_path):
    ganzoo("export", "run", "--out", "m.onnx")
    ganzoo("sample", "m.onnx", "-n", 4, "--set", "digit=3", "--npz", "s.npz")
    assert_same(images_of(tmp_path / "s.npz"), of(run.sample(4, set={"digit": 3})))
    ganzoo("sample", "m.onnx", "--rows", "digit", "-n", 2, "--npz", "r.npz")
    assert_same(images_of(tmp_path / "r.npz"), of(run.sample_rows("digit", 2)))
    assert "digit (=12) must be" in ganzoo("sample", "m.onnx", "--set", "digit=12", code=2).err
