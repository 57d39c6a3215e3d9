"""What can be done with a model, as methods: moved, walked, evaluated, pushed, exported."""

import os

import numpy
import pytest
import torch

import ganzoo
from ganzoo.utils.last_model import last_model


@pytest.fixture(autouse=True)
def _place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GANZOO_HOME", str(tmp_path / "home"))


@pytest.fixture(scope="module")
def model():
    return ganzoo.load("dcgan-mnist")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "tiny"
    return ganzoo.train("dcgan", width=4, images=64, batch_size=32, limit=200, out=path, data="mnist", device="cpu")


def test_to_moves_the_generator_and_the_weight_of_its_stage(run):
    model = ganzoo.load(run.path)
    told = []
    model.generator.enter_stage = lambda resolution, fade: told.append((resolution, float(fade), fade.device.type))
    assert model.to("cpu") is model
    assert model.to(torch.device("cpu")) is model
    assert told == [(28, 0.0, "cpu")] * 2
    assert not model.generator.training
    with pytest.raises(ganzoo.ConfigError, match="nonsense"):
        model.to("nonsense")


def test_a_walk_goes_through_its_keys(model):
    walk = model.interpolate([1, 2, 3], steps=4)
    assert walk.samples.shape == (9, 1, 28, 28)
    for index, seed in ((0, 1), (4, 2), (8, 3)):
        assert torch.allclose(walk.samples[index], model.sample(1, seed=seed)[0], atol=1e-5)
    again = model.interpolate(walk.keys, steps=4)
    assert torch.equal(again.samples, walk.samples)
    assert again.names == ("#0", "#1", "#2")
    assert walk.animate("walk.gif", frames=2) == 6
    with pytest.raises(ganzoo.ConfigError, match="at least two latents"):
        model.interpolate([1])
    with pytest.raises(ganzoo.ConfigError, match="not conditional"):
        model.interpolate([1, 2], every_class=True)


def test_a_walk_in_every_class():
    model = ganzoo.load("cgan-mnist")
    walk = model.interpolate([1, 2], steps=2, every_class=True)
    assert walk.samples.shape == (30, 1, 28, 28)
    assert walk.samples.labels.tolist() == [label for label in range(10) for _ in range(3)]
    assert torch.equal(walk.samples[9:12], model.interpolate([1, 2], steps=2, label="3").samples)
    with pytest.raises(ganzoo.ConfigError, match="told: give --label"):
        model.interpolate([1, 2])


def test_arithmetic_adds_and_subtracts_means(model):
    result = model.arithmetic(plus=[[1, 2, 3], [4, 5, 6]], minus=[[7, 8, 9]], noise=0)
    draw = model.generator.latent.draw
    mean = {
        seeds: numpy.mean([draw(1, seed)[0] for seed in seeds], axis=0) for seeds in ((1, 2, 3), (4, 5, 6), (7, 8, 9))
    }
    assert numpy.allclose(result.latents[0], mean[1, 2, 3] + mean[4, 5, 6] - mean[7, 8, 9], atol=1e-6)
    assert [sign for sign, *_ in result.groups] == ["+", "-", "+"]
    assert torch.allclose(result.samples[4], result.samples[0], atol=1e-5)
    assert result.picture().size[0] > 100
    for groups in (([],), ([[1, 2]],)):
        with pytest.raises(ganzoo.ConfigError, match="--plus"):
            model.arithmetic(*groups)


def test_images_are_read_and_searched_for(model):
    with pytest.warns(UserWarning, match="classes have no image"):
        images = model.read_images("mnist:test", 2)
    assert images.shape == (2, 1, 28, 28)
    assert float(images.min()) == -1.0
    samples = model.sample(2)
    found = model.nearest(samples, steps=40, starts=4)
    assert (found.errors < 0.1).all()
    assert type(found.samples) is ganzoo.Samples
    assert found.picture(scale=1).size[1] > 2 * 28
    samples.to_pil()[0].save("sample.png")
    assert torch.allclose(model.read_images("sample.png")[0], samples[0].clamp(-1, 1), atol=1 / 127)


def test_a_model_is_judged_by_what_it_learned(run):
    report = ganzoo.load(run.path).evaluate(metrics="fid", count=50)
    assert report.provenance.reference == "mnist train"
    assert report.provenance.real_count == 200
    assert report.values == ganzoo.evaluate(run.path, metrics="fid", count=50).values
    ganzoo.load(run.path).sample(60).save_npz("fakes.npz")
    notes = []
    of_file = ganzoo.evaluate("fakes.npz", data="mnist", limit=200, metrics="fid", count=50, note=notes.append)
    assert "fakes has pixels from" in notes[0]
    assert of_file.provenance.fakes == "fakes.npz"
    with pytest.raises(ganzoo.ConfigError, match="fdi"):
        ganzoo.evaluate(run.path, metrics="fdi")
    with pytest.raises(ganzoo.ConfigError, match="speed"):
        ganzoo.evaluate(run.path, speed=1)


def test_a_model_is_pushed_pulled_and_loaded(run):
    os.mkdir("zoo")
    model = ganzoo.load(run.path)
    reference = model.push("zoo/tiny", license="CC0-1.0", tag="v1")
    pulled = ganzoo.pull(reference)
    assert ganzoo.pull("zoo/tiny@v1").reference == pulled.reference == reference
    assert pulled.package.manifest.license == "CC0-1.0"
    assert last_model() == pulled.reference or os.path.exists(last_model())
    assert torch.equal(ganzoo.load(reference).sample(3), model.sample(3))
    assert ganzoo.push("zoo/tiny", "again.zip") == "again.zip"
    assert torch.equal(ganzoo.load("again.zip").sample(3), model.sample(3))
    assert ganzoo.pull("zoo/tiny", zip="copy.zip").name == "tiny"
    with pytest.raises(ganzoo.ConfigError, match="package already"):
        ganzoo.load("zoo/tiny").push("other.zip", fp16=True)
    with pytest.raises(ganzoo.ConfigError, match="is a run, and is here"):
        ganzoo.pull(run.path)


def test_a_model_whose_run_went_on_is_not_pushed_as_another(tmp_path):
    run = ganzoo.train("dcgan", width=4, images=64, batch_size=32, limit=200, out=tmp_path / "run", device="cpu")
    model = ganzoo.load(run.path)
    ganzoo.resume(run.path, images=96)
    with pytest.raises(ganzoo.errors.RegistryError, match=r"loaded at 64 images, .* at 96 now: load it again"):
        model.push("gone-on.zip")
    assert not (tmp_path / "gone-on.zip").exists()
    assert ganzoo.load(run.path).push("gone-on.zip") == "gone-on.zip"


def test_a_model_made_by_hand_has_no_origin():
    game = ganzoo.create("dcgan", width=4)
    model = ganzoo.Model("mine", "dcgan", game.generator, ganzoo.DataSpec("x", (1, 28, 28), 9), False, 0, game.ema)
    for use in (lambda: model.push("x.zip"), model.evaluate):
        with pytest.raises(ganzoo.ConfigError, match="of no run and no package"):
            use()


def test_an_exported_model_says_where_it_is_from(model):
    from ganzoo.export.session import load_onnx

    done = model.export("digits.onnx")
    assert done.figures.within
    assert model.provenance()["model"].startswith("builtin:dcgan-mnist")
    assert numpy.allclose(load_onnx(done.path).generate(model.generator.latent.draw(2, 0)), model.sample(2), atol=1e-4)
