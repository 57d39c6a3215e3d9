"""What is generated is what is committed."""

from __future__ import annotations

import importlib
import subprocess
import sys
import tomllib

import pytest
from docs.pages import ROOT
from packaging.requirements import Requirement


@pytest.mark.slow
@pytest.mark.parametrize(("script", "page"), [("cli_reference", "cli"), ("plugin_directory", "plugin-directory")])
def test_the_committed_page_is_the_generated_one(script, page, tmp_path):
    made = tmp_path / "page.md"
    subprocess.run([sys.executable, ROOT / "scripts" / f"{script}.py", made], check=True)
    assert made.read_text() == (ROOT / "docs" / f"{page}.md").read_text(), f"run `python scripts/{script}.py`"


def test_the_directory_says_what_its_plugins_say():
    """Of those whose source is in this repository."""
    entries = tomllib.loads((ROOT / "docs" / "plugins.toml").read_text())["plugin"]
    ours = [entry for entry in entries if (ROOT / "examples" / entry["distribution"]).is_dir()]
    assert [entry["distribution"] for entry in ours] == [path.name for path in sorted((ROOT / "examples").iterdir())]
    for entry in ours:
        project = tomllib.loads((ROOT / "examples" / entry["distribution"] / "pyproject.toml").read_text())["project"]
        assert (entry["distribution"], entry["license"]) == (project["name"], project["license"])
        assert list(project["entry-points"]["ganzoo"]) == entry["variants"]
        needed = next(Requirement(line) for line in project["dependencies"] if line.startswith("torch-ganzoo"))
        assert entry["tested_with"] in needed.specifier


def test_entries_that_are_not_whole_are_refused(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    directory = importlib.import_module("plugin_directory")
    whole = dict.fromkeys(directory.KEYS, "") | {
        "distribution": "b",
        "variants": ["c", "d"],
        "paper": "arXiv:1406.2661",
    }
    line = "| [b]() | `c`, `d` |  | [arXiv:1406.2661](https://arxiv.org/abs/1406.2661) |  |  |"
    assert line in directory.page([whole])
    with pytest.raises(ValueError, match="b: license"):
        directory.page([{key: value for key, value in whole.items() if key != "license"}])
    with pytest.raises(ValueError, match="order"):
        directory.page([whole, {**whole, "distribution": "a"}])
