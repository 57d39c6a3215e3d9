"""From a run to a package and back: the same bytes, the same pictures, and a network that must fit."""

import json
import shutil

import numpy as np
import pytest
import torch
from engine.runs import TINY, save_noise
from PIL import Image
from registry.forge import seal
from safetensors.torch import load_file, save_file

import ganzoo
from ganzoo import plugins
from ganzoo.engine.meta import build_skeleton
from ganzoo.errors import ConfigError, PackageError, PluginError, RegistryError
from ganzoo.models.model import Model
from ganzoo.models.publish import package_run
from ganzoo.registry.packages import archive
from ganzoo.registry.packages.package import Package
from ganzoo.runs.run import Run
from ganzoo.sampling import generate as sampling
from ganzoo.testing.checks.phases import condition_of
from ganzoo.testing.forms import forms_of
from ganzoo.viz.grid import grid

FILES = {"README.md", "config.json", "ganzoo.json", "model.safetensors", "samples.png"}


@pytest.fixture(scope="module")
def run(forge, tmp_path_factory):
    """A finished run that was evaluated twice; its better checkpoint may be either."""
    folder = tmp_path_factory.mktemp("run")
    save_noise(folder)
    line = (*TINY, "--images", 200, "--eval-every", 100, "--eval-metrics", "fid", "--eval-samples", 50, "-q")
    command = forge.start(folder, (*line, "--out", "run"))
    assert command.wait() == 0, command.err
    return Run.open(folder / "run")


@pytest.fixture
def package(run, tmp_path):
    return package_run(run, tmp_path / "tiny", license="CC0-1.0")


def bytes_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_saving_twice_gives_the_same_bytes(run, tmp_path):
    first, second = (package_run(run, tmp_path / name, reference="tiny").folder for name in ("a", "b"))
    assert bytes_of(first) == bytes_of(second)
    assert set(bytes_of(first)) == FILES


def test_a_package_is_the_average_generator_of_the_run(run, package):
    from_run, from_package = Model.from_run(run), Model.from_package(package)
    expected = from_run.generator.state_dict()
    assert expected.keys() == load_file(package.folder / "model.safetensors").keys()
    for name, tensor in from_package.generator.state_dict().items():
        assert torch.equal(tensor, expected[name]), name
        assert tensor.device.type == "cpu"
    assert torch.equal(from_package.sample(10, seed=3), from_run.sample(10, seed=3))
    for field in ("variant", "spec", "conditional", "images", "ema"):
        assert getattr(from_package, field) == getattr(from_run, field)
    assert not any(parameter.requires_grad for parameter in from_package.generator.parameters())
    assert not from_package.generator.training


def test_in_16_bits_it_takes_half_the_room_and_looks_the_same(run, package, tmp_path):
    half = package_run(run, tmp_path / "half", half=True)
    assert {entry.dtype for entry in half.manifest.tensors.values()} <= {"F16", "I64"}
    assert half.manifest.files["model.safetensors"].size < 0.6 * package.manifest.files["model.safetensors"].size
    loaded = Model.from_package(half)
    assert all(t.dtype in (torch.float32, torch.int64) for t in loaded.generator.state_dict().values())
    assert (loaded.sample(10) - Model.from_package(package).sample(10)).abs().max() < 0.02


def test_the_manifest_tells_where_it_comes_from(run, package):
    manifest = package.manifest
    assert (manifest.variant, manifest.images, manifest.license) == ("vanilla", 200, "CC0-1.0")
    assert manifest.data.digest == run.spec.digest
    assert manifest.training["options"] == run.config.to_dict()["options"]
    assert manifest.final.images == 200
    assert manifest.best.images in (100, 200)
    assert manifest.final.provenance.images == 200
    assert manifest.final.provenance.reference_digest == run.spec.digest
    assert manifest.libraries["torch"] == torch.__version__.partition("+")[0]
    text = (package.folder / "ganzoo.json").read_text()
    assert str(run.path.parent) not in text, "a folder of this machine"


def test_the_best_checkpoint_is_another(run, tmp_path):
    best = package_run(run, tmp_path / "best", best=True)
    assert best.manifest.checkpoint == "best"
    assert best.manifest.images == best.manifest.best.images
    assert torch.equal(Model.from_package(best).sample(4), Model.from_run(run, best=True).sample(4))


def test_the_grid_is_the_models_own(package):
    with Image.open(package.folder / "samples.png") as picture:
        pixels = np.asarray(picture)
    drawn = ganzoo.load(str(package.folder)).sample(64)
    assert np.array_equal(pixels, np.asarray(grid(sampling.to_uint8(drawn), 8)))


def test_a_folder_in_use_is_refused(run, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(RegistryError, match="exists already"):
        package_run(run, tmp_path / "mine")
    assert bytes_of(tmp_path / "mine") == {"notes.txt": b"mine"}


def test_loading_draws_no_random_numbers(package):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    Model.from_package(package)
    assert torch.equal(torch.rand(3), expected)


def changed(package, change):
    """A package with other tensors, all of whose digests are right."""
    path = package.folder / "model.safetensors"
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path)
    seal(package.folder, tensors=True)
    return Package.open(package.folder)


@pytest.mark.parametrize(
    "change",
    [
        lambda tensors: tensors.pop(next(iter(tensors))),
        lambda tensors: tensors.update(extra=torch.zeros(2)),
        lambda tensors: tensors.update({name: t[..., :1].clone() for name, t in list(tensors.items())[:1]}),
    ],
    ids=["missing", "extra", "shape"],
)
def test_tensors_that_the_network_does_not_have(package, change):
    other = changed(package, change)
    other.verify()
    with pytest.raises(PackageError, match="does not fit the network of vanilla"):
        Model.from_package(other)


def edited(package, name, **values):
    path = package.folder / name
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))
    seal(package.folder)
    return Package.open(package.folder)


def with_variant(package, name):
    edit = {**json.loads((package.folder / "ganzoo.json").read_text()), "variant": name}
    edit["plugin"] = {"distribution": "ganzoo-novel", "version": "2.0"}
    (package.folder / "ganzoo.json").write_text(json.dumps(edit))
    return edited(package, "config.json", architecture=name)


def test_a_variant_that_is_not_installed_is_named_and_not_installed(package):
    novel = with_variant(package, "novel")
    with pytest.raises(PackageError, match=r"'novel'.*ganzoo-novel 2.0.*nobody has verified.*pip install ganzoo-novel"):
        Model.from_package(novel)
    with pytest.raises(PackageError, match="ganzoo-novel"):
        ganzoo.load(str(package.folder))


def test_a_plugin_of_an_incompatible_version(package, monkeypatch):
    registry = plugins.registry()
    record = plugins.PluginRecord("novel", "ganzoo-novel", "2.0", "ganzoo_novel")
    record.refuse("incompatible", "it requires torch-ganzoo>=9")
    monkeypatch.setattr(registry, "records", [*registry.records, record])
    with pytest.raises(PluginError, match="requires torch-ganzoo>=9"):
        Model.from_package(with_variant(package, "novel"))


def test_options_that_the_variant_does_not_have(package):
    args = json.loads((package.folder / "config.json").read_text())["model_args"]
    with pytest.raises(ConfigError, match="'novelty' is not an option"):
        Model.from_package(edited(package, "config.json", model_args={**args, "novelty": 1}))


@pytest.mark.parametrize("variant", plugins.variants(), ids=lambda variant: variant.name)
def test_every_form_can_be_built_without_weights_and_given_some(variant):
    """No network keeps anything outside its state, or reads a weight while it is built."""
    for form in forms_of(variant):
        expected = form.build().generator.eval()
        generator = build_skeleton(form.build).generator.eval()
        assert all(tensor.is_meta for tensor in generator.state_dict().values())
        generator.load_state_dict(expected.state_dict(), assign=True)
        for one in (expected, generator):
            one.enter_stage(form.data.resolution, torch.tensor(0.0))
        latents = torch.from_numpy(expected.latent.draw(2, 0))
        condition = condition_of(form, 2)
        assert torch.equal(generator(latents, condition), expected(latents, condition)), form


def test_best_is_for_runs(package):
    with pytest.raises(ConfigError, match="--best"):
        ganzoo.load(str(package.folder), best=True)


def test_a_zip_and_a_folder_are_references(package, tmp_path, monkeypatch):
    monkeypatch.setenv("GANZOO_HOME", str(tmp_path / "home"))
    archive.pack(package, tmp_path / "tiny.zip")
    expected = Model.from_package(package).sample(3)
    for reference in (str(tmp_path / "tiny.zip"), str(package.folder), f"file://{package.folder}"):
        assert torch.equal(ganzoo.load(reference).sample(3), expected)
    shutil.rmtree(package.folder)
    assert torch.equal(ganzoo.load(tmp_path / "tiny.zip").sample(3), expected)
