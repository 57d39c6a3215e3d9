"""`ganzoo.create` and `ganzoo.list_variants`; a path for `data`; `python -m ganzoo`."""

import subprocess
import sys
from pathlib import Path

import numpy
import pytest
import torch
from PIL import Image

import ganzoo
from ganzoo.core.variant import Variant


def test_networks_fit_the_data():
    game = ganzoo.create("dcgan", data="mnist", width=8)
    latents = torch.from_numpy(game.generator.latent.draw(3, seed=0))
    samples = game.generator(latents)
    assert samples.shape == (3, 1, 28, 28)
    assert game.discriminator(samples).shape == (3,)
    assert game.generator.training


def test_data_can_be_a_spec_that_exists_nowhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GANZOO_HOME", str(tmp_path / "home"))
    game = ganzoo.create("dcgan", data=ganzoo.DataSpec("photos", (3, 64, 64), 1000), width=8)
    assert game.generator(torch.from_numpy(game.generator.latent.draw(2, seed=0))).shape == (2, 3, 64, 64)
    ganzoo.create("dcgan", width=8)
    assert list(tmp_path.iterdir()) == []


def test_a_growing_network_is_made_at_its_full_size():
    game = ganzoo.create(
        "progan", data=ganzoo.DataSpec("photos", (3, 16, 16), 1000), **ganzoo.variants("progan")[0].load_config().small
    )
    samples = game.generator(torch.from_numpy(game.generator.latent.draw(2, seed=0)))
    assert samples.shape == (2, 3, 16, 16)
    assert game.discriminator(samples).shape == (2,)


def test_a_preset_is_taken_and_options_win():
    laptop = ganzoo.create("dcgan", preset="laptop").generator
    paper = ganzoo.create("dcgan", preset="paper").generator
    count = [sum(parameter.numel() for parameter in network.parameters()) for network in (laptop, paper)]
    assert count[0] < count[1]
    assert ganzoo.create("dcgan", preset="paper", width=8, latent_dim=7).generator.latent.shape == (7,)


def test_weights_are_of_torchs_random_state():
    states = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        states.append(ganzoo.create("dcgan", width=8).generator.state_dict())
    first, again, other = states
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not all(torch.equal(first[name], other[name]) for name in first)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"seed": 1}, "torch.manual_seed"),
        ({"eval_every": 1}, "creates? trains nothing: leave it out"),
        ({"speed": 1}, "there is no option 'speed'"),
        ({"width": -1}, r"--width \(=-1\) must be greater than 0"),
        ({"preset": "fast"}, "no preset is called 'fast'"),
        ({"data": "ring"}, "dcgan learns image data"),
        ({"data": ganzoo.DataSpec("photos", (3, 45, 45), 9)}, "45"),
        ({"data": ganzoo.DataSpec("photos", (3, 32, 32), 9), "res": 32}, "a DataSpec says it itself"),
        ({"data": "cifar10", "data_root": "nowhere"}, "DataSpec"),
    ],
)
def test_what_cannot_be_is_refused(options, said):
    with pytest.raises(ganzoo.ConfigError, match=said):
        ganzoo.create("dcgan", **options)


def test_a_path_is_data_and_wins_over_a_set_of_that_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for number in range(3):
        path = tmp_path / "mnist" / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(numpy.full((32, 32, 3), number, numpy.uint8)).save(path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for data in (Path("mnist"), tmp_path / "mnist", Path("~/mnist")):
        options = ganzoo.data.DataOptions.parse({"data": data})
        assert ganzoo.data.inspect(options).shape == (3, 32, 32), data
    assert ganzoo.data.inspect(ganzoo.data.DataOptions.parse({"data": "mnist"})).shape == (1, 28, 28)
    assert ganzoo.create("dcgan", data=Path("mnist"), width=8).generator.latent.shape == (100,)


def test_variants_are_listed_by_pattern_in_natural_order(monkeypatch):
    assert ganzoo.list_variants("wgan*") == ["wgan", "wgan-gp"]
    assert ganzoo.list_variants("nothing*") == []
    assert [variant.name for variant in ganzoo.variants("[vw]*")] == ["vaegan", "vanilla", "wgan", "wgan-gp"]
    assert ganzoo.list_variants() == [variant.name for variant in ganzoo.variants()]
    found = {name: Variant(name, "t", "p", "m:C", "m:f") for name in ("gan10", "gan9", "gan", "gan9-b")}
    monkeypatch.setattr("ganzoo.plugins.registry", lambda: type("Registry", (), {"variants": found}))
    assert ganzoo.list_variants() == ["gan", "gan9", "gan9-b", "gan10"]


@pytest.mark.slow
@pytest.mark.slow
@pytest.mark.parametrize(("line", "said"), [("--version", "ganzoo 0"), ("--help", "Usage: ganzoo [OPTIONS]"),
                                            ("train dcgan --hlp", "Usage: ganzoo train dcgan")])  # fmt: skip
def test_python_m_ganzoo_is_ganzoo(line, said, tmp_path):
    command = [sys.executable, "-W", "error", "-m", "ganzoo", *line.split()]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert said in done.stdout + done.stderr
    assert "python -m" not in done.stdout + done.stderr
