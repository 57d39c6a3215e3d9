"""Functions of the commands that look after runs, models, registries and plugins."""

import pytest

import ganzoo
from ganzoo import plugins, registry, testing
from ganzoo.plugins.selection import disabled


@pytest.fixture(autouse=True)
def _place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GANZOO_HOME", str(tmp_path / "home"))


def test_a_registry_is_added_pushed_to_searched_and_forgotten(tmp_path):
    (tmp_path / "zoo").mkdir()
    assert registry.add_registry("lab", "zoo") == str(tmp_path / "zoo")
    assert registry.registries() == {"lab": str(tmp_path / "zoo")}
    assert ganzoo.push("dcgan-mnist", "lab/digits").startswith("lab/digits@")
    found = ganzoo.search("dcgan", hub=False)
    assert {"builtin:dcgan-mnist", "lab/digits"} <= {listing.reference.partition("@")[0] for listing in found}
    assert registry.remove_registry("lab") == str(tmp_path / "zoo")
    assert registry.registries() == {}
    with pytest.raises(ganzoo.ConfigError, match="no store answers to nowhere://"):
        registry.add_registry("lab", "nowhere://org")


def test_a_place_that_cannot_be_searched_is_told(tmp_path):
    (tmp_path / "zoo").mkdir()
    registry.add_registry("lab", "zoo")
    (tmp_path / "zoo").rmdir()
    with pytest.warns(UserWarning, match="not searched: lab: "):
        found = ganzoo.search("dcgan-mnist", hub=False)
    assert [listing.reference for listing in found] == ["builtin:dcgan-mnist"]


def test_pulled_models_are_verified_removed_and_pruned(tmp_path):
    (tmp_path / "zoo").mkdir()
    pulled = ganzoo.pull(ganzoo.push("dcgan-mnist", "zoo/digits"))
    assert list(registry.verify(pulled.reference)) == [(pulled.reference, "")]
    (pulled.package.folder / "config.json").write_text("{}")
    ((reference, fault),) = [found for found in registry.verify() if found[1]]
    assert reference == pulled.reference
    assert "config.json" in fault
    assert registry.prune() == []
    assert [removed.reference for removed in registry.remove(pulled.reference)] == [pulled.reference]
    assert not pulled.package.folder.exists()
    with pytest.raises(ganzoo.errors.RegistryError):
        registry.remove(pulled.reference)


def test_a_plugin_is_made_and_an_installed_one_disabled_and_enabled(tmp_path):
    place = plugins.new_plugin("my-gan", author="A. B.", out=tmp_path / "plugins")
    assert place == tmp_path / "plugins" / "ganzoo-my-gan"
    assert 'authors = [{ name = "A. B."' in (place / "pyproject.toml").read_text()
    with pytest.raises(ganzoo.ConfigError, match="exists already"):
        plugins.new_plugin("my-gan", out=tmp_path / "plugins")
    with pytest.raises(ganzoo.ConfigError, match="--license"):
        plugins.new_plugin("other-gan", license="mine")
    assert plugins.find_plugin("dcgan").package == "ganzoo_dcgan"
    assert [plugins.disable("dcgan"), plugins.disable("dcgan")] == [True, False]
    assert disabled() == ["dcgan"]
    assert [plugins.enable("dcgan"), plugins.enable("dcgan")] == [True, False]
    assert disabled() == []
    with pytest.raises(ganzoo.ConfigError, match="no plugin is called 'dcgn'"):
        plugins.disable("dcgn")


@pytest.mark.slow
def test_a_plugin_that_works_is_diagnosed():
    diagnosis = testing.diagnose("dcgan")
    assert diagnosis.works
    assert diagnosis.advice == ""
    assert list(diagnosis.built) == ["dcgan"]


def test_runs_are_listed_and_the_broken_are_told(tmp_path):
    run = ganzoo.train("dcgan", width=4, images=64, batch_size=32, limit=200, out="runs/one", device="cpu")
    (tmp_path / "runs" / "two").mkdir()
    (tmp_path / "runs" / "two" / "config.json").write_text("{}")
    with pytest.warns(UserWarning, match="two"):
        (found,) = ganzoo.list_runs()
    assert (found.path.name, found.images(), found.status()) == ("one", 64, "finished")
    told = []
    models = ganzoo.list_models(skipped=told.append)
    assert models[-1].reference == str(found.path)
    assert len(told) == 1
    assert ganzoo.report(run, "page.html", animation="walk.gif").read_text().startswith("<!")
    assert (tmp_path / "walk.gif").exists()
    with pytest.raises(ganzoo.ConfigError, match="is a folder"):
        ganzoo.report("one", tmp_path)


def test_a_dry_run_makes_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("ganzoo.runs.dry_run.MEASURED_SECONDS", 0.05)
    found = ganzoo.dry_run("dcgan", width=4, images=64, batch_size=32, limit=200, device="cpu")
    game = ganzoo.create("dcgan", width=4)
    for part, network in (("generator", game.generator), ("discriminator", game.discriminator)):
        assert found.parameters[part] == sum(parameter.numel() for parameter in network.parameters())
    assert found.config.options.images == 64
    assert found.seconds == pytest.approx(64 / found.images_per_second)
    assert not (tmp_path / "runs").exists()


def test_what_this_machine_has():
    facts = ganzoo.system_info()
    assert facts["ganzoo"] == ganzoo.__version__
    assert {"torch", "torchvision", "device", "home"} <= set(facts)
