"""Whole runs of variants that make images of images: pictures, translations, packages, ONNX files, figures."""

import json

import numpy as np
import pytest
import torch
from engine.runs import assert_same_end, records
from PIL import Image
from translation.pictures import beside, folders, picture, save

from ganzoo import ConfigError, load
from ganzoo.errors import DataError
from ganzoo.sampling.inputs import INPUTS, Inputs

TRAIN = ("train", "translator", "--data", "pairs", "--device", "cpu", "--batch-size", 4, "--quiet")


def trained(ganzoo, tmp_path, *more):
    beside(tmp_path / "pairs/train", 8)
    beside(tmp_path / "pairs/test", 3, start=50)
    ganzoo(*TRAIN, "--images", 40, "--out", "runs/run", *more)
    return tmp_path / "runs/run"


def test_a_run_has_held_out_inputs_and_shows_them(tmp_path, ganzoo, translators):
    run = trained(ganzoo, tmp_path)
    model = load(run)
    assert len(model.inputs) == 3
    # Of the part called test: first pixels say which, 50 to 52 and 150 to 152.
    shown = (model.inputs.sources, model.inputs.targets)
    firsts = [((images[:, 0, 0, 0] + 1) * 127.5).round().tolist() for images in shown]
    assert firsts == [[50, 51, 52], [150, 151, 152]]
    samples = sorted((run / "samples").glob("*.png"))
    with Image.open(samples[-1]) as shown:
        pixels = np.asarray(shown)
    made = model.sample(3)
    assert torch.equal(made, torch.from_numpy(model.translate(model.inputs.sources).numpy()))
    expected = np.asarray(made.grid(3))
    assert np.array_equal(pixels, expected)
    # 500 pixels for three columns of 8 are 20 for each, and as many around: the source is above, the target below.
    assert np.array_equal(pixels[21, 21], picture(50)[0, 0])
    assert np.array_equal(pixels[2 * 9 * 20 + 21, 21], picture(150)[0, 0])
    assert (run / "progress.png").is_file()
    ganzoo("report", run)
    said = ganzoo("sample", run, "--out", "shown.png")
    assert "shown.png" in said.out
    with Image.open(tmp_path / "shown.png") as shown:
        assert np.array_equal(np.asarray(shown), expected)


def test_a_set_without_a_test_part_says_what_it_shows(tmp_path, ganzoo, translators):
    beside(tmp_path / "pairs", 6)
    said = ganzoo(*[word for word in TRAIN if word != "--quiet"], "--images", 8, "--out", "run")
    assert "pairs has no test or val part: pictures and paired figures are of" in " ".join(said.out.split())
    assert len(load(tmp_path / "run").inputs) == 6


def test_a_stopped_run_goes_on_bit_for_bit(tmp_path, ganzoo):
    for kind, data in (("translator", "pairs"), ("turner", "sets")):
        beside(tmp_path / "pairs", 7)
        folders(tmp_path / "sets/trainA", tmp_path / "sets/trainB", 7)
        train = ("train", kind, "--data", data, "--device", "cpu", "--batch-size", 4, "--quiet")
        ganzoo(*train, "--images", 60, "--out", f"whole-{kind}")
        ganzoo(*train, "--images", 20, "--out", f"part-{kind}")
        ganzoo("resume", f"part-{kind}", "--images", 60, "--quiet")
        whole, part = tmp_path / f"whole-{kind}", tmp_path / f"part-{kind}"
        assert_same_end(whole, part)
        assert (whole / INPUTS).read_bytes() == (part / INPUTS).read_bytes()


def test_translate_from_a_run_a_package_and_an_onnx_file(tmp_path, ganzoo, translators):
    run = trained(ganzoo, tmp_path)
    for number in range(3):
        save(tmp_path / f"photos/deep/{number}.png", picture(number))
    model = load(run)
    expected = model.translate([Image.fromarray(picture(number)) for number in range(3)])
    ganzoo("push", "runs/run", "model.zip")
    ganzoo("export", run, "--out", "model.onnx")
    for reference, folder in ((run, "one"), ("model.zip", "two"), ("model.onnx", "three")):
        said = ganzoo("translate", reference, "photos", "--out", folder)
        assert f"{folder}/ (3 files)" in said.out
        for number in range(3):
            with Image.open(tmp_path / folder / f"deep/{number}.png") as made:
                found = np.asarray(made).astype(int)
            wanted = np.rint((expected[number].numpy().transpose(1, 2, 0) + 1) * 127.5).clip(0, 255)
            assert np.abs(found - wanted).max() <= (1 if folder == "three" else 0)
    ganzoo("translate", "model.zip", "photos/deep/1.png", "--out", "single.png")
    with Image.open(tmp_path / "single.png") as made, Image.open(tmp_path / "two/deep/1.png") as other:
        assert np.array_equal(np.asarray(made), np.asarray(other))
    said = ganzoo("sample", "model.zip", "--out", "shown.png")
    assert (tmp_path / "shown.png").is_file()
    said = ganzoo("sample", "model.onnx", code=2)
    assert "makes images of images, and a file has none with it" in " ".join(said.err.split())


def test_what_is_given_to_translate_in_python(tmp_path, ganzoo, translators):
    model = load(trained(ganzoo, tmp_path))
    pixels = np.stack([picture(number) for number in range(2)])
    floats = (pixels.transpose(0, 3, 1, 2) / np.float32(127.5) - np.float32(1)).astype(np.float32)
    every = [
        model.translate(floats),
        model.translate(torch.from_numpy(floats)),
        model.translate([Image.fromarray(image) for image in pixels]),
    ]
    save(tmp_path / "two/0.png", pixels[0])
    save(tmp_path / "two/1.png", pixels[1])
    every.append(model.translate(tmp_path / "two"))
    assert all(torch.equal(every[0], other) for other in every[1:])
    assert every[0].grid().size == every[0].grid(2).size
    large = Image.fromarray(picture(5, size=20))
    assert model.translate(large, convert=True).shape == (1, 3, 8, 8)
    gray = Image.fromarray(picture(5, channels=1))
    for given, said in (
        (large, r"image 0 is 20x20, and run takes 8x8: --convert \(in Python convert=True\) crops and resizes"),
        (gray, "image 0 is gray, and run takes color: --convert"),
        (floats[:, :1], r"the images have shape \(2, 1, 8, 8\), and run takes \(N, 3, 8, 8\), N > 0"),
        (pixels.transpose(0, 3, 1, 2), "the images are uint8, and must be floats"),
        (floats * 2, r"values outside \[-1, 1\]"),
        (tmp_path / "nothing", "is no image, no folder and no .zip of images"),
    ):
        with pytest.raises((ConfigError, DataError), match=said):
            model.translate(given)


def test_what_needs_latents_alone_is_refused(tmp_path, ganzoo, translators):
    run = trained(ganzoo, tmp_path)
    for command in (
        ("interpolate", run, "--seeds", "1,2"),
        ("arithmetic", run, "--plus", "1,2,3"),
        ("nearest", run, "pairs/test"),
    ):
        assert "makes images of images, and not of latents alone" in " ".join(ganzoo(*command, code=2).err.split())
    assert "cannot encode" in ganzoo("reconstruct", run, "pairs/test", code=2).err
    assert "without labels: leave it out" in " ".join(ganzoo("sample", run, "--label", "a", code=2).err.split())
    said = ganzoo("translate", "dcgan-mnist", "pairs/test", code=2).err
    assert "which makes images of noise and not of images; what translates is a model of" in " ".join(said.split())


def test_figures_are_of_the_part_that_was_not_learned_from(tmp_path, ganzoo, translators):
    run = trained(ganzoo, tmp_path, "--eval-every", 20, "--eval-metrics", "paired,fid", "--eval-samples", 8)
    journal = [record for record in records(run) if record.get("event") == "eval"]
    assert {"l1", "psnr"} <= journal[-1]["metrics"].keys()
    said = json.loads(ganzoo("eval", run, "--metrics", "paired,fid,modes", "--json").out)
    model = load(run)
    made = np.rint((model.translate(model.inputs.sources).numpy() + 1) * 127.5)
    targets = np.rint((model.inputs.targets + 1) * 127.5)
    expected = np.abs(made - targets).mean() / 255
    assert said["values"]["l1"] == pytest.approx(expected, abs=1e-6)
    assert "ssim" not in said["values"]  # 8 pixels
    assert said["provenance"]["reference"] == "pairs test"
    assert any("modes was left out" in note for note in said["notes"])


def test_both_directions_of_two_sets_are_judged(tmp_path, ganzoo, translators):
    folders(tmp_path / "sets/trainA", tmp_path / "sets/trainB", 6)
    folders(tmp_path / "sets/testA", tmp_path / "sets/testB", 4, start=50)
    ganzoo("train", "turner", "--data", "sets", "--device", "cpu", "--images", 8, "--batch-size", 4, "--out", "run")
    assert len(load(tmp_path / "run").inputs.targets) == 4
    said = json.loads(ganzoo("eval", "run", "--metrics", "fid,paired", "--json").out)
    assert any("paired was left out: it compares what was made of a source" in note for note in said["notes"])
    assert "fid" in str(said["values"])
    refused = ganzoo("eval", "run", "--direction", "BtoA", "--metrics", "fid", code=2).err
    assert "learned the other direction alone" in " ".join(refused.split())


def test_a_file_of_inputs_may_be_anybodys(tmp_path, ganzoo, translators):
    model = load(trained(ganzoo, tmp_path))
    import safetensors.numpy

    for arrays in (
        {"sources": np.zeros((2, 3, 8, 8), np.uint8)},
        {"sources": np.zeros((2, 3, 8, 8), np.uint8), "targets": np.zeros((1, 3, 8, 8), np.uint8)},
        {"sources": np.zeros((2, 3, 4, 4), np.uint8), "targets": np.zeros((2, 3, 8, 8), np.uint8)},
        {"sources": np.zeros((2, 3, 8, 8), np.float32), "targets": np.zeros((2, 3, 8, 8), np.uint8)},
        {"sources": np.zeros((99, 3, 8, 8), np.uint8), "targets": np.zeros((99, 3, 8, 8), np.uint8)},
    ):
        (tmp_path / "x").write_bytes(safetensors.numpy.save(arrays))
        with pytest.raises(Exception, match="does not hold sources and targets as this model takes and makes them"):
            Inputs.read(tmp_path / "x", model.spec)
    (tmp_path / "x").write_bytes(b"none")
    with pytest.raises(Exception, match="is not safetensors"):
        Inputs.read(tmp_path / "x", model.spec)


def test_cyclegan_translates_both_ways(tmp_path, ganzoo):
    folders(tmp_path / "sets/trainA", tmp_path / "sets/trainB", 5, size=16)
    folders(tmp_path / "sets/testA", tmp_path / "sets/testB", 3, size=16, start=50)
    small = ("--width", 4, "--blocks", 1, "--patch-halvings", 1)
    ganzoo("train", "cyclegan", "--data", "sets", "--device", "cpu", "--images", 4, *small, "--out", "run", "--quiet")
    model = load(tmp_path / "run")
    there, back = (model.translate(model.inputs.sources, set={"direction": way}) for way in ("AtoB", "BtoA"))
    assert torch.equal(there, model.translate(model.inputs.sources))
    assert not torch.equal(there, back)
    turned = model.sample(3, set={"direction": "BtoA"})
    assert torch.equal(turned, model.translate(model.inputs.targets, set={"direction": "BtoA"}))
    ganzoo("translate", "run", "sets/testB", "--set", "direction=BtoA", "--out", "made")
    assert len(list((tmp_path / "made").iterdir())) == 3
    refused = ganzoo("translate", "run", "sets/testB", "--set", "direction=up", code=2).err
    assert "must be one of AtoB, BtoA" in " ".join(refused.split())
    values = [
        json.loads(ganzoo("eval", "run", "--direction", way, "--metrics", "diversity,fid", "--json").out)
        for way in ("AtoB", "BtoA")
    ]
    assert values[0]["values"] != values[1]["values"]
    assert values[0]["provenance"]["reference_digest"] != values[1]["provenance"]["reference_digest"]
