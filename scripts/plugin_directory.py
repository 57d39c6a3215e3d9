"""Write `docs/plugin-directory.md` from `docs/plugins.toml`: `python scripts/plugin_directory.py`."""

from __future__ import annotations

import os
import sys
import tomllib
from pathlib import Path
from typing import Any

REPOSITORY = "https://github.com/ganzoo/ganzoo/blob/main"
DOCS = Path(__file__).parents[1] / "docs"
KEYS = {"distribution", "variants", "title", "paper", "license", "repository", "tested_with"}

TEXT = """# Plugin directory

Variants for ganzoo, and where they come from. `pip install` the distribution, and `ganzoo list` shows its variants.

## With ganzoo

These come with `torch-ganzoo`, under its license, Apache-2.0, each as a plugin of its own. The [zoo](zoo.md) shows what
they make.

| variant | what it is | paper |
| --- | --- | --- |
{standard}

## Beside it

| distribution | variants | what it is | paper | license | tested with |
| --- | --- | --- | --- | --- | --- |
{others}

What others wrote was looked at for what is asked below, and for nothing else. A plugin is a program: it runs with your
rights.

## How to be added

Open a pull request with one more table in `docs/plugins.toml` and the page that `python scripts/plugin_directory.py`
makes of it. What is asked:

1. **Every check passes**: `ganzoo plugins check DISTRIBUTION` with the newest release of ganzoo, in an environment with
   nothing else of yours. Its output goes into the pull request. See [the conformance kit](conformance.md).
2. **A bounded requirement** on ganzoo, as `torch-ganzoo>=0.1,<1`, and a name of its own for the distribution and each
   variant.
3. **A license** that lets others use it, named as an SPDX identifier in its metadata.
4. **A public repository** whose CI runs the conformance kit. `ganzoo plugins new NAME` writes one.
5. Of a published method: the paper, and in the README what differs from it.

A row whose plugin fails with a new version of ganzoo keeps the version that it was tested with. One that cannot be
installed any more is removed.
"""


def page(plugins: list[dict[str, Any]]) -> str:
    """The page.

    Raises:
        ValueError: If an entry lacks a key or has another, or the entries are not in order.
    """
    from ganzoo.plugins import DISTRIBUTION, registry

    for plugin in plugins:
        if plugin.keys() != KEYS:
            raise ValueError(f"{plugin.get('distribution')}: {', '.join(sorted(plugin.keys() ^ KEYS))}")
    if plugins != sorted(plugins, key=lambda plugin: str(plugin["distribution"])):
        raise ValueError("the tables must be in the order of their distributions")
    standard = []
    for name, variant in sorted(registry().variants.items()):
        record = registry().plugin_of(name)
        if record.distribution == DISTRIBUTION:
            told = f"[`{name}`]({REPOSITORY}/plugins/{record.package}/README.md)"
            standard.append(f"| {told} | {variant.title} | {linked(variant.paper)} |")
    return TEXT.format(
        standard="\n".join(standard),
        others="\n".join(map(row, plugins)) or "| none yet | | | | | |",
    )


def row(plugin: dict[str, Any]) -> str:
    """One line of the table."""
    variants = ", ".join(f"`{name}`" for name in plugin["variants"])
    cells = [f"[{plugin['distribution']}]({plugin['repository']})", variants, plugin["title"], linked(plugin["paper"])]
    return f"| {' | '.join([*cells, plugin['license'], plugin['tested_with']])} |"


def linked(paper: str) -> str:
    """`arXiv:1406.2661` as a link."""
    kind, _, number = paper.partition(":")
    return f"[{paper}](https://arxiv.org/abs/{number})" if kind == "arXiv" else paper


def main() -> None:
    """Write the page, or another file; the same for whatever user."""
    os.environ["GANZOO_PLUGINS"] = ""
    plugins = tomllib.loads((DOCS / "plugins.toml").read_text(encoding="utf-8")).get("plugin", [])
    target = Path(sys.argv[1]) if sys.argv[1:] else DOCS / "plugin-directory.md"
    target.write_text(page(plugins), encoding="utf-8")


if __name__ == "__main__":
    main()
