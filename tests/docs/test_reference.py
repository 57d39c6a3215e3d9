"""The reference tells the public names, all of them and no others."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys

import griffe
import pytest
from docs.pages import ROOT

PUBLIC = ["ganzoo", *(f"ganzoo.{name}" for name in
          ("data", "errors", "layers", "metrics", "objectives", "plugins", "registry", "testing"))]  # fmt: skip


@pytest.fixture(scope="module")
def source():
    """The source as `scripts/api_pages.py` sees it, without running it."""
    loader = griffe.GriffeLoader(search_paths=[ROOT])
    loader.load("ganzoo")
    loader.resolve_aliases()
    return loader.modules_collection


def test_the_reference_has_exactly_the_public_names():
    pages = [path.read_text() for path in ROOT.glob("docs/**/*.md")]
    told = [name for page in pages for name in re.findall(r"^<!-- api: (\S+?)(?: inherited)? -->$", page, re.MULTILINE)]
    assert sorted(told) == sorted(f"{name}.{item}" for name in PUBLIC for item in importlib.import_module(name).__all__)


def test_the_committed_pages_are_the_generated_ones(tmp_path):
    subprocess.run([sys.executable, ROOT / "scripts" / "api_pages.py", tmp_path], check=True)
    for page in (ROOT / "docs" / "api").glob("*.md"):
        assert page.read_text() == (tmp_path / page.name).read_text(), "run `python scripts/api_pages.py`"


def test_a_page_has_signatures_and_docstrings_to_be_read_in_a_clone():
    page = (ROOT / "docs" / "api" / "index.md").read_text()
    _, _, train = page.partition('<a id="ganzoo.train"></a>')
    assert train.startswith("\n\n### train\n\n```text\ntrain(\n    variant: str | None = None,\n    *,\n    config: ")
    assert "    preset: str | None = None,\n" in train
    assert "- `variant`: Its name; None: " in train
    # A property, a method, and what is inherited.
    assert "- `journal: Journal`: " in page
    assert "#### Run.open\n\n```text\nopen(path: Path) -> Run\n```\n\nOpen an existing run" in page
    assert "#### Model.sample\n" in page


@pytest.mark.parametrize("name", PUBLIC)
def test_public_names_can_be_imported_and_are_documented(name, source):
    module = importlib.import_module(name)
    assert module.__doc__
    assert set(module.__all__) <= set(dir(module)) | set(getattr(module, "_HOME", {}))
    assert [str(item) for item in source[name].exports] == module.__all__
    for item in module.__all__:
        getattr(module, item)
        assert source[f"{name}.{item}"].docstring, f"{name}.{item} has no docstring"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ganzoo", "ganzoo.data", "ganzoo.errors", "ganzoo.metrics", "ganzoo.plugins",
                                  "ganzoo.registry", "ganzoo.testing"])  # fmt: skip
def test_importing_them_is_cheap(name):
    code = f"import sys, {name}; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)
