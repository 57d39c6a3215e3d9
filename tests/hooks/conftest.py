"""Third-party plugins: installed as pip lays them out, for real processes, or registered in this one."""

from __future__ import annotations

import re
import sys
import types
from pathlib import Path

import pytest
from plugins.installed import describe

from ganzoo.plugins import registry

PAGE = Path(__file__).parents[2] / "docs/plugins.md"
FILES = dict(
    re.findall(r"^`(ganzoo_\w+/\w+\.py)`.*?\n\n```python\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
)
"""The examples of the documentation, by path."""


def install(site, module):
    """The metadata of a distribution `ganzoo-...` whose import package lies in `site`."""
    name = module.removeprefix("ganzoo_")
    describe(site, f"ganzoo-{name}", name, module)


@pytest.fixture
def example(site):
    """`example("ganzoo_table")`: install one of the examples of the documentation."""

    def make(module):
        (site / module).mkdir()
        for path, source in FILES.items():
            if path.startswith(f"{module}/"):
                (site / path).write_text(source)
        install(site, module)

    return make


@pytest.fixture
def plugin(site):
    """`plugin("ganzoo_mine", source)`: install a plugin of one module."""

    def make(module, source):
        (site / f"{module}.py").write_text(source)
        install(site, module)

    return make


@pytest.fixture
def ganzoo(ganzoo, site):
    """As everywhere, in processes that see the plugins."""

    def run(*arguments, **options):
        environment = {"PYTHONPATH": str(site)} | options.pop("environment", {})
        # A worker process that streams is a new interpreter.
        return ganzoo(*arguments, environment=environment, **options)

    return run


@pytest.fixture
def third_party(monkeypatch, home):
    """`third_party(source)`: a plugin `mine` of one module, in a registry of the test's own; without source, none."""
    monkeypatch.setenv("GANZOO_PLUGINS", "")
    registry.cache_clear()

    def load(source, name="mine"):
        module = types.ModuleType(name)
        monkeypatch.setitem(sys.modules, name, module)
        exec(compile(source, name, "exec"), vars(module))
        return registry().register(module, name)

    yield load
    registry.cache_clear()
