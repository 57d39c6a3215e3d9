"""Data sources of plugins: found by name, kept in the cache, checked, and never half in it."""

from __future__ import annotations

import os

import numpy
import pytest
import torch

from ganzoo.data import DataOptions, Dataset, inspect, load
from ganzoo.errors import ConfigError, DataError, PluginError
from ganzoo.metrics import Settings, evaluate
from ganzoo.runs.observers.classify import classifier_for

SOURCE = """
import numpy
from ganzoo import DataSource, hookimpl
from ganzoo.data import ArraySource, Source, VectorSource

@hookimpl
def ganzoo_data_sources():
    return [DataSource({name!r}, "x", "mine:make", argument={argument!r}, version={version!r}, cheap={cheap})]

{body}
"""
IMAGES = """
def make(argument, split):
    shades = {"train": 1, "test": 2, "all": 3}[split] + len(argument)
    return ArraySource(name="faces", shape=(6, 8, 8, 1), labels=numpy.arange(6) % 2, class_names=("a", "b"),
        load=lambda: numpy.full((6, 8, 8, 1), shades, numpy.uint8), place="faces")
"""
FILES = """
from dataclasses import dataclass
from PIL import Image

@dataclass(frozen=True, eq=False, kw_only=True)
class Faces(Source):
    def __len__(self): return 9
    def title(self, index): return f"face {index}"
    def open(self, index): return Image.new("RGB", (8, 10), (index, 0, 0))

def make(argument, split):
    return Faces(name="faces", labels=numpy.arange(9) // 3, class_names=("x", "y", "z"))
"""
VECTORS = """
def make(argument, split):
    return VectorSource(name="faces", shape=(5, 3), read=lambda: numpy.ones((5, 3), numpy.float32), place="faces")
"""
SHADES = """
import types
from ganzoo import FeatureExtractor

@hookimpl
def ganzoo_extractors():
    return [FeatureExtractor("bright", "Bright or dark", "mine:Bright")]

class Bright:
    name, digest, features, classes, score = "bright", "0" * 64, 1, ("dark", "light"), "classifier_score"
    def __init__(self, device): pass
    def resizer(self, shape): return "none"
    def __call__(self, images):
        import torch
        torch.rand(5)
        mean = images.float().mean(dim=(1, 2, 3))[:, None] / 127.5 - 1
        return mean, torch.cat([-mean, mean], dim=1)

def make(argument, split):
    shades = numpy.where(numpy.arange(40) % 2, 220, 30).astype(numpy.uint8)
    images = numpy.broadcast_to(shades[:, None, None, None], (40, 8, 8, 1))
    return ArraySource(name="faces", shape=(40, 8, 8, 1), labels=numpy.arange(40) % 2, class_names=("dark", "light"),
        load=lambda: numpy.ascontiguousarray(images), place="faces", extractor="bright")
"""
MODES = """
from ganzoo import Mixture
MIXTURE = Mixture("two", numpy.array([[-9.0], [9.0]]), numpy.array([1, 1]), numpy.array([0.5, 0.5]))
def make(argument, split):
    return VectorSource(name="faces", shape=(90, 1), read=lambda: MIXTURE.draw(90, 0), place="faces", density=MIXTURE)
"""


def source(body, name="faces", argument="", version="1", cheap=True):
    return SOURCE.format(body=body, name=name, argument=argument, version=version, cheap=cheap)


def shade(**options):
    return int(load(DataOptions(data="faces", **options)).gather(torch.tensor([0])).max())


def cached(home):
    return sorted(path.name for path in (home / "data").rglob("*") if path.is_file())


@pytest.mark.parametrize("typed", ["faces", "Faces", "FA_CES", "fa-ces"])
def test_found_by_name_in_any_spelling(third_party, typed):
    third_party(source(IMAGES))
    spec = inspect(DataOptions(data=typed))
    assert (spec.name, spec.shape, spec.count, spec.class_names) == ("faces", (1, 8, 8), 6, ("a", "b"))
    assert load(DataOptions(data=typed)).labels.tolist() == [0, 1, 0, 1, 0, 1]


def test_a_factory_that_is_not_cheap_is_not_called_to_look(third_party):
    third_party(source("def make(argument, split): 1 / 0", cheap=False))
    assert inspect(DataOptions(data="faces")) is None
    with pytest.raises(DataError, match="data source 'faces' of the plugin 'mine' raised ZeroDivisionError"):
        load(DataOptions(data="faces"))


def test_the_cache_tells_splits_versions_and_arguments_apart(third_party, home):
    third_party(source(IMAGES))
    assert [shade(split=split) for split in ("train", "test", "all", "train")] == [1, 2, 3, 1]
    assert sum(name.endswith(".json") for name in cached(home)) == 3


@pytest.mark.parametrize(("change", "expected"), [({}, 1), ({"version": "2"}, 8)])
def test_a_new_version_is_read_anew(third_party, change, expected):
    third_party(source(IMAGES))
    assert shade() == 1
    stranger_again = source(IMAGES.replace('"train": 1', '"train": 8'), **change)
    from ganzoo.plugins import registry

    registry.cache_clear()
    third_party(stranger_again)
    assert shade() == expected


def test_a_file_or_folder_that_changes_is_read_anew(third_party, tmp_path):
    body = """
from pathlib import Path
def make(argument, split):
    path = Path(argument)
    value = int((path / "deep/value" if path.is_dir() else path).read_text())
    return ArraySource(name="faces", shape=(2, 4, 4, 1), place=argument,
        load=lambda: numpy.full((2, 4, 4, 1), value, numpy.uint8))
"""
    third_party(source(body, argument="PATH"))
    folder = tmp_path / "folder"
    (folder / "deep").mkdir(parents=True)
    for path, typed in ((tmp_path / "value", tmp_path / "value"), (folder / "deep/value", folder)):
        for number, value in enumerate((5, 6, 6)):
            path.write_text(str(value))
            os.utime(path, ns=(number, number))
            dataset = load(DataOptions(data=f"faces:{typed}"))
            assert int(dataset.gather(torch.tensor([0])).max()) == value


def test_arguments(third_party):
    third_party(source(IMAGES, argument="WORD"))
    assert load(DataOptions(data="faces:three")).gather(torch.tensor([0])).max() == 6
    with pytest.raises(ConfigError, match=r"^--data faces needs WORD behind a colon: --data faces:WORD$"):
        inspect(DataOptions(data="faces"))
    with pytest.raises(ConfigError, match=r"^--data ring:3: ring takes nothing behind it: --data ring$"):
        inspect(DataOptions(data="ring:3"))
    with pytest.raises(
        ConfigError, match=r"called 'face:x'\. Did you mean faces:WORD.*normal1d, faces:WORD, a torchvis"
    ):
        inspect(DataOptions(data="face:x"))


def test_a_path_of_that_name(third_party, tmp_path, monkeypatch):
    third_party(source(IMAGES))
    numpy.savez(tmp_path / "faces.npz", images=numpy.zeros((3, 4, 4), numpy.uint8))
    monkeypatch.chdir(tmp_path)
    assert inspect(DataOptions(data="./faces.npz")).count == 3


def test_a_name_that_torchvision_has_too_is_nobodys(third_party):
    third_party(source(IMAGES, name="cifar-10"))
    for typed in ("cifar10", "cifar-10", "CIFAR10"):
        with pytest.raises(ConfigError) as caught:
            inspect(DataOptions(data=typed))
        assert str(caught.value) == (
            f"--data {typed} could be data source 'cifar-10' of the plugin 'mine' or torchvision's CIFAR10: leave a "
            "plugin out with --no-plugin mine"
        )


def test_a_name_like_one_of_ganzoos_own(third_party):
    third_party(source(IMAGES, name="m-nist"))
    assert inspect(DataOptions(data="mnist")).count == 60_000
    assert inspect(DataOptions(data="MNIST")).count == 60_000
    with pytest.raises(ConfigError, match="could be data source 'mnist' or data source 'm-nist' of the plugin 'mine'"):
        inspect(DataOptions(data="m-nist"))


def test_a_density_of_its_own_has_its_modes_counted(third_party):
    third_party(source(MODES))
    points = load(DataOptions(data="faces"))
    assert points.modality.metrics(points.spec) == "modes,fid"
    fakes = Dataset.from_arrays(numpy.float32([[9.0], [9.5], [0.0], [8.8]]))
    values = evaluate(fakes, points, "modes", Settings(count=4)).values
    assert (values["modes"], values["modes_total"], values["high_quality"]) == (1, 2, 0.75)
    shares = classifier_for(points)(torch.tensor([[-9.0], [9.0], [8.0], [7.0]]))
    assert shares.tolist() == [0.25, 0.75]


def test_the_extractor_that_it_names_looks_and_counts_its_classes(third_party):
    """Shades of gray, told apart by an extractor of the same plugin, which draws random numbers in passing."""
    third_party(source(SHADES))
    images = load(DataOptions(data="faces"))
    before = torch.get_rng_state()
    assert "extractor bright (mine)" in evaluate(images, images, "fid", Settings(count=4)).provenance.line()
    shares = classifier_for(images)(torch.tensor([-0.9, 0.9, 0.8, 0.7]).reshape(4, 1, 1, 1).expand(4, 1, 8, 8))
    assert shares.tolist() == [0.25, 0.75]
    assert torch.equal(torch.get_rng_state(), before)
    # In color it is not asked: it may know gray images alone.
    assert load(DataOptions(data="faces", channels=3)).spec.extractor is None
    assert classifier_for(load(DataOptions(data="faces", channels=3))) is None


def test_a_plugin_that_is_not_used(third_party):
    from ganzoo.core.descriptors import DataSource
    from ganzoo.plugins import registry

    third_party(source(IMAGES)).refuse("conflict", "taken")
    registry().registered(DataSource).pop("faces")
    with pytest.raises(PluginError, match=r"data source 'faces': its plugin 'mine' is not used \(conflict\): taken"):
        inspect(DataOptions(data="faces"))


@pytest.mark.parametrize("memory", [None, 0])
def test_the_options_of_images(third_party, memory):
    """Streaming decodes again and again what the source opens, here in this process."""
    third_party(source(FILES))
    assert inspect(DataOptions(data="faces")).shape[1:] in {(8, 10), (10, 8)}
    options = DataOptions(
        data="faces", res=4, classes="y,z", limit=5, channels=3, data_memory=memory, data_disk=memory, workers=0
    )
    dataset = load(options)
    assert dataset.mode == ("resident" if memory is None else "stream")
    assert dataset.spec.shape == (3, 4, 4)
    assert dataset.spec.class_names == ("y", "z")
    reds = dataset.gather(torch.arange(5))[:, 0, 0, 0].tolist()
    assert set(reds) < {3, 4, 5, 6, 7, 8}
    assert dataset.labels.tolist() == [red // 3 - 1 for red in reds]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("def make(argument, split): raise OSError('gone')", "raised OSError: gone"),
        ("def make(argument, split): raise SystemExit(3)", "raised SystemExit: 3"),
        ("def make(argument): pass", "raised TypeError: make() takes 1 positional argument but 2 were given"),
        ("def make(argument, split): return [1]", ": mine:make returned [1], and must return a ganzoo.data Source"),
        (IMAGES.replace('name="faces"', 'name="a/b"'), ": its name is 'a/b', and must be a word"),
        (IMAGES.replace('name="faces"', 'name="mnist"'), ": it calls itself 'mnist', which is another data source"),
        (VECTORS.replace('name="faces"', 'name="ring"'), ": it calls itself 'ring', which is another data source"),
        (IMAGES.replace("(6, 8, 8, 1), labels", "(0, 8, 8, 1), labels"), ": it has no sample"),
        (IMAGES.replace("(6, 8, 8, 1), labels", "(6, 8, 8), labels"), ": its shape is (6, 8, 8), and must be a tuple"),
        (IMAGES.replace("(6, 8, 8, 1), labels", "(6, 1, 8, 8), labels"), ": its images have shape (6, 1, 8, 8)"),
        (IMAGES.replace("numpy.uint8", "numpy.float32"), ": the images of faces are float32 (6, 8, 8, 1)"),
        (IMAGES.replace("full((6,", "full((5,"), ": the images of faces are uint8 (5, 8, 8, 1)"),
        (IMAGES.replace("lambda: numpy", "lambda: 1 / 0 + numpy"), "raised ZeroDivisionError: division by zero"),
        (IMAGES.replace("arange(6) % 2", "arange(6)"), ": its labels[2] is 2, but labels must lie in 0..1"),
        (IMAGES.replace("arange(6) % 2", "arange(5) % 2"), ": its labels have shape (5,), but must be (6,)"),
        (IMAGES.replace("arange(6) % 2", "arange(6.0) % 2"), ": its labels are float64, and must be a numpy"),
        (IMAGES.replace("numpy.arange(6) % 2", "[0, 1] * 3"), ": its labels are list, and must be a numpy"),
        (IMAGES.replace("labels=numpy.arange(6) % 2, ", ""), ": it has 2 class_names and no labels: both, or neither"),
        (IMAGES.replace('("a", "b")', '"ab"'), ": its class_names are 'ab', and must be a tuple of str"),
        (FILES.replace("Image.new(", "numpy.array("), ": face 0 cannot be decoded"),
        (FILES.replace('Image.new("RGB", (8, 10), (index, 0, 0))', "index"), "(it is int, and must be a PIL."),
        (FILES.replace('f"face {index}"', "1 / 0"), "raised ZeroDivisionError"),
        (FILES.replace("return 9", "return -9"), "raised ValueError"),
        (VECTORS.replace("float32)", "float64)"), ": the vectors of faces are float64 (5, 3), and must be float"),
        (VECTORS.replace("ones((5, 3)", "ones((4, 3)"), ": the vectors of faces are float32 (4, 3)"),
        (VECTORS.replace("numpy.ones((5, 3), numpy.float32)", "numpy.float32([[numpy.nan] * 3] * 5)"), "not a number"),
        (VECTORS.replace("shape=(5, 3)", "shape=5"), "raised TypeError"),
        (VECTORS.replace("place=", "density='ring', place="), ": its density is 'ring', and must be a ganzoo.Mixture"),
        (MODES.replace("[1, 1]", "[1, 0]"), ": its density is not one: the sigmas of a density are positive"),
        (MODES.replace("shape=(90, 1)", "shape=(90, 2)"), ": its density has 1 dimensions, and its vectors 2"),
        (IMAGES.replace("place=", "extractor=5, place="), ": its extractor is 5, and must be the name of one, or None"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_sentence_and_not_in_the_cache(third_party, home, body, said):
    third_party(source(body))
    with pytest.raises(DataError) as caught:
        load(DataOptions(data="faces", res=None if "Faces" not in body else 8))
    assert str(caught.value).startswith("data source 'faces' of the plugin 'mine'")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert cached(home) == []


def test_a_factory_that_cannot_be_imported(third_party):
    third_party(source("").replace("mine:make", "mine:misspelled"))
    with pytest.raises(PluginError, match="data source 'faces' names 'mine:misspelled', which cannot be imported"):
        load(DataOptions(data="faces"))


def test_what_cannot_stream_leaves_no_run(ganzoo, plugin, tmp_path):
    body = FILES.replace("(8, 10)", "(8, 8)").replace("(Source):", "(Source):\n    key: object = lambda: 1")
    body = body.replace("return Faces(", "return Faces(key=lambda: 2, ")
    plugin("ganzoo_mine", source(body).replace("mine:make", "ganzoo_mine:make"))
    train = ("train", "vanilla", "--data", "faces", "--device", "cpu", "--images", 200, "--batch-size", 10)
    said = ganzoo(*train, "--data-memory", 0, "--data-disk", 0, "--workers", 1, code=1).err
    assert "data source 'faces' of the plugin 'mine': faces cannot stream through worker processes" in said
    assert said.rstrip().endswith("--workers 0 does without them")
    assert not (tmp_path / "runs").exists()


def test_another_plugin_of_the_same_name_gets_no_samples_of_the_first(third_party):
    from ganzoo.plugins import registry

    third_party(source(IMAGES))
    assert shade() == 1
    registry.cache_clear()
    third_party(source(IMAGES.replace('"train": 1', '"train": 9')).replace("mine:", "other:"), "other")
    assert shade() == 9
