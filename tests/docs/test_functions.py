"""The table of docs/python.md: every command has its function, and every function that it names is there."""

from __future__ import annotations

import importlib
import inspect
import re
from typing import Any

import typer.core
import typer.main
from docs.pages import ROOT

from ganzoo.cli.app import app

ROWS = dict(re.findall(r"^\| `ganzoo ([a-z ]+)` \| (.+) \|$", (ROOT / "docs" / "python.md").read_text(), re.MULTILINE))
FUNCTIONS = sorted({name for cell in ROWS.values() for name in re.findall(r"`(.+?)`", cell)})
PUBLIC = ("ganzoo.data", "ganzoo.plugins", "ganzoo.registry", "ganzoo.testing", "ganzoo")


def commands(group: Any, *before: str) -> list[str]:
    """What can be typed: single commands, and groups where they do something by themselves."""
    context, found = typer.Context(group), []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        # One command a variant: they are one function.
        if isinstance(command, typer.core.TyperGroup) and name != "train":
            found += commands(command, *before, name)
        else:
            found.append(" ".join((*before, name)))
    return found


def test_every_command_has_its_function():
    # A group alone lists, as its command `list` does where it has one.
    assert sorted(ROWS) == sorted([*commands(typer.main.get_command(app)), "plugins"])
    assert all(re.findall(r"`(ganzoo\..+?)`", cell) for cell in ROWS.values())


def test_every_function_is_public_and_says_what_it_does():
    for name in FUNCTIONS:
        home = next(module for module in PUBLIC if name.startswith(f"{module}."))
        first, *rest = name.removeprefix(f"{home}.").split(".")
        module: Any = importlib.import_module(home)
        assert first in module.__all__, name
        function = getattr(module, first)
        for attribute in rest:
            function = getattr(function, attribute)
        assert callable(function), name
        assert inspect.getdoc(function), name
