"""Packages whose public names are imported on first use."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import ganzoo
from ganzoo.utils.lazy import lazy_names

ROOT = Path(ganzoo.__file__).parent
LAZY = sorted(
    ".".join(path.relative_to(ROOT.parent).parent.parts)
    for path in ROOT.rglob("__init__.py")
    if "lazy_names(" in path.read_text()
)


def test_those_that_are_lazy():
    assert LAZY == [
        "ganzoo",
        "ganzoo.data",
        "ganzoo.metrics",
        "ganzoo.plugins",
        "ganzoo.registry",
        "ganzoo.testing",
    ]


@pytest.mark.parametrize("name", LAZY)
def test_what_types_are_checked_against_is_what_is_imported(name):
    """The imports under TYPE_CHECKING, which mypy and editors read, lead to the very objects that users get."""
    package = importlib.import_module(name)
    tree = ast.parse(Path(package.__file__).read_text())
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    typed = {alias.asname or alias.name: (node.module, alias.name) for node in block.body for alias in node.names}
    eager = {alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert set(package.__all__) <= typed.keys() | eager | defined
    assert set(package.__all__) <= set(dir(package))
    for public, (module, original) in typed.items():
        assert getattr(package, public) is getattr(importlib.import_module(module), original), public
    with pytest.raises(AttributeError, match=f"module '{name}' has no attribute 'nothing'"):
        package.nothing  # noqa: B018


@pytest.mark.slow
def test_a_name_is_imported_when_it_is_asked_for_and_then_kept(tmp_path, monkeypatch):
    (tmp_path / "lazy_package").mkdir()
    (tmp_path / "lazy_package" / "part.py").write_text("value = object()\n")
    (tmp_path / "lazy_package" / "tool.py").write_text("used = 1\n")
    (tmp_path / "lazy_package" / "__init__.py").write_text(
        "from ganzoo.utils.lazy import lazy_names\n"
        "__all__ = ['tool', 'value']\n"
        "__getattr__, __dir__ = lazy_names(\n"
        "    __name__, {'lazy_package.part': ('value',), 'lazy_package.tool': ('tool',)}\n"
        ")\n"
    )
    code = (
        "import sys, lazy_package as p; print('lazy_package.part' in sys.modules, dir(p)); "
        "print(p.value is p.value is sys.modules['lazy_package.part'].value, p.tool.used, 'value' in vars(p))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["False ['tool', 'value']", "True 1 True"]


def test_a_mistake_in_the_table_is_an_error_of_the_module_that_lacks_the_name():
    get, _ = lazy_names("ganzoo", {"ganzoo.errors": ("Nothing",)})
    with pytest.raises(AttributeError, match=r"module 'ganzoo.errors' has no attribute 'Nothing'"):
        get("Nothing")
