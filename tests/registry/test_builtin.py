"""The models that come with ganzoo."""

import subprocess
import sys

import pytest
from registry import limited
from registry.forge import make, seal

import ganzoo
from ganzoo.errors import ConfigError, PackageError, RegistryError
from ganzoo.registry import references
from ganzoo.registry.opening import open_reference
from ganzoo.registry.packages.package import Package
from ganzoo.registry.stores import builtin
from ganzoo.registry.stores.builtin import BuiltinStore


@pytest.fixture
def store(tmp_path):
    make(tmp_path / "shipped" / "dcgan-mnist", seed=1)
    make(tmp_path / "shipped" / "toy-ring", variant="toy", seed=2)
    (tmp_path / "shipped" / "README.md").write_text("About these models.\n")
    return BuiltinStore(tmp_path / "shipped")


def test_a_model_is_verified_where_it_lies(store, tmp_path, monkeypatch):
    monkeypatch.setenv("GANZOO_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(references, "BuiltinStore", lambda: store)
    resolved = store.resolve("toy-ring", None)
    package = open_reference(resolved.reference).package
    assert package.folder == tmp_path / "shipped" / "toy-ring"
    assert not (tmp_path / "home").exists()
    assert resolved.reference == f"builtin:toy-ring@{resolved.revision}"
    weights = package.folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    with pytest.raises(PackageError, match="does not match its sha256"):
        open_reference(resolved.reference)


def test_there_is_one_revision(store, tmp_path):
    resolved = store.resolve("toy-ring", None)
    for revision in (resolved.revision, resolved.revision[:8], "latest"):
        assert store.resolve("toy-ring", revision) == resolved
    for revision in ("v1", "0" * 16, resolved.revision[:7], "", resolved.revision + "0"):
        with pytest.raises(RegistryError, match=f"has the one revision {resolved.revision}"):
            store.resolve("toy-ring", revision)
    seal(make(tmp_path / "shipped" / "toy-ring", variant="toy", seed=3))
    with pytest.raises(RegistryError, match="has the one revision"):
        store.resolve("toy-ring", resolved.revision)


def test_lists_and_search(store, tmp_path):
    assert store.names() == ["dcgan-mnist", "toy-ring"]
    first, second = store.listings()
    assert (first.reference, first.variant, first.where) == ("builtin:dcgan-mnist", "dcgan", "built in")
    assert store.search("RING") == [second]
    assert store.search("dcgan") == [first]
    assert store.search("") == [first, second]
    assert BuiltinStore(tmp_path / "nowhere").listings() == []


def test_errors(store):
    for name in ("toy-rings", "../shipped/toy-ring", "README.md", ""):
        with pytest.raises(RegistryError, match="there are dcgan-mnist, toy-ring"):
            store.resolve(name, None)
    with pytest.raises(ConfigError, match="cannot be pushed"):
        references.destination("builtin:toy-ring")


def test_an_installed_ganzoo_has_them_inside(tmp_path, monkeypatch):
    (tmp_path / "ganzoo").mkdir()
    (tmp_path / "registry").mkdir()
    monkeypatch.setattr(builtin, "_PACKAGE", tmp_path / "ganzoo")
    assert BuiltinStore().folder == tmp_path / "registry"
    (tmp_path / "ganzoo" / "_models").mkdir()
    assert BuiltinStore().folder == tmp_path / "ganzoo" / "_models"


def test_what_is_shipped_is_whole():
    store = BuiltinStore()
    for name in store.names():
        Package.open(store.folder / name).verify()
    assert store.folder.parent in (builtin._PACKAGE, builtin._PACKAGE.parent)
    assert str(builtin._PACKAGE) == ganzoo.__path__[0]


@pytest.mark.slow
def test_lists_import_neither_pydantic_nor_numpy_nor_torch(store):
    code = (
        "import sys; from pathlib import Path; from ganzoo.registry.stores.builtin import BuiltinStore\n"
        "print(len(BuiltinStore(Path(sys.argv[1])).listings()), sys.modules.keys() & {'pydantic', 'numpy', 'torch'})"
    )
    command = [sys.executable, "-c", code, str(store.folder)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "2 set()\n"


@pytest.mark.slow
def test_no_permission(tmp_path):
    tmp_path.chmod(0o755)
    (tmp_path / "shipped").mkdir(0)
    code = "refused(BuiltinStore(Path('shipped')).listings)"
    assert limited.run(code, tmp_path, first=limited.AS_NOBODY) == ["shipped cannot be read: Permission denied"]
