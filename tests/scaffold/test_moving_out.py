"""A variant of the house moves out of the tree into a wheel of its own, with nothing but a `pyproject.toml`."""

import json
import shutil
from pathlib import Path

import pytest
import tomlkit
from scaffold.environments import Environment, build, travel

ROOT = Path(__file__).parents[2]
VARIANT = "lsgan"
PACKAGE = f"ganzoo_{VARIANT}"
OF_ITS_OWN = f"""
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "ganzoo-{VARIANT}"
version = "7.0"
dependencies = ["torch-ganzoo>=0.1,<1"]

[project.entry-points.ganzoo]
{VARIANT} = "{PACKAGE}"

[tool.hatch.build.targets.wheel]
include = ["*.py"]
sources = {{ "" = "{PACKAGE}" }}
"""
pytestmark = pytest.mark.slow


def copy_without(tree):
    """The source tree without the variant, and without models."""
    for name in ("ganzoo", "plugins"):
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__", PACKAGE))
    for name in ("README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree)
    (tree / "registry").mkdir()
    project = tomlkit.parse((ROOT / "pyproject.toml").read_text())
    del project["project"]["entry-points"]["ganzoo"][VARIANT]
    project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"].remove(f"plugins/{PACKAGE}")
    (tree / "pyproject.toml").write_text(tomlkit.dumps(project))


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """With the rest of the tree as one wheel, and the variant as another."""
    folder = tmp_path_factory.mktemp("moving")
    made = Environment(folder / "environment", ganzoo=False)
    copy_without(folder / "tree")
    made.install(build(folder / "tree", folder / "wheel-of-the-tree"))
    alone = folder / PACKAGE
    shutil.copytree(ROOT / "plugins" / PACKAGE, alone, ignore=shutil.ignore_patterns("__pycache__"))
    (alone / "pyproject.toml").write_text(OF_ITS_OWN)
    made.install(build(alone, folder / "wheel-of-its-own"))
    return made


def test_its_files_are_those_of_the_tree(environment):
    installed = {path.name: path.read_bytes() for path in (environment.site / PACKAGE).glob("*.py")}
    assert installed == {path.name: path.read_bytes() for path in (ROOT / "plugins" / PACKAGE).glob("*.py")}
    assert len(installed) >= 3


def test_it_is_a_strangers_and_works(environment, tmp_path):
    homes = "import ganzoo as a, ganzoo_dcgan as b, ganzoo_lsgan as c; print(a.__file__, b.__file__, c.__file__)"
    for home in environment.run("-c", homes, folder=tmp_path).stdout.split():
        assert Path(home).is_relative_to(environment.site)
    records = json.loads(environment.ganzoo("plugins", "--json", folder=tmp_path).stdout)
    assert {record["name"]: record["reason"] for record in records if record["status"] != "ok"} == {}
    own = [record for record in records if VARIANT in record["variants"]]
    assert [(record["distribution"], record["version"], record["builtin"]) for record in own] == [
        (f"ganzoo-{VARIANT}", "7.0", False)
    ]
    assert {record["distribution"] for record in records} == {"torch-ganzoo", f"ganzoo-{VARIANT}"}
    listed = json.loads(environment.ganzoo("list", "--json", folder=tmp_path).stdout)["variants"]
    assert VARIANT in [variant["name"] for variant in listed]
    travel(environment, VARIANT, tmp_path)


def test_a_ganzoo_from_a_wheel_has_the_templates_too(environment, tmp_path):
    environment.ganzoo("plugins", "new", "my-gan2", "--license", "BSD-3-Clause", folder=tmp_path)
    assert (tmp_path / "ganzoo-my-gan2/src/ganzoo_my_gan2/py.typed").is_file()
