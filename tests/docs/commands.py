"""The click objects behind what is typed, and which of its options do not exist."""

from __future__ import annotations

import re
import shlex
from typing import Any

import typer.core
import typer.main
from docs.pages import ROOT, inline_code

from ganzoo import plugins
from ganzoo.cli.app import app

EXAMPLES = {path.name.removeprefix("ganzoo-") for path in (ROOT / "examples").iterdir()}
"""Variants of the packages that pages tell about, which are not installed."""

ANYWHERE = {"--debug", "--no-plugin", "--help", "-h"}


def typed(page: str) -> list[str]:
    """The commands that the prose and the tables of a page name, such as `ganzoo resume RUN --images 400k`."""
    return [code for code in inline_code((ROOT / page).read_text(encoding="utf-8")) if code.startswith("ganzoo ")]


def mistakes(line: str) -> list[str]:
    """The commands and options of a line that there are not."""
    wrong = []
    for part in re.split(r"&&|\|", line):
        words = shlex.split(part, comments=True)
        if words[:1] == ["ganzoo"]:
            wrong += _mistakes(words[1:])
    return wrong


def _mistakes(words: list[str]) -> list[str]:
    command: Any = typer.main.get_command(app)
    given = [word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)]
    names = [word for word in words if word[0] not in "-[{"]
    while isinstance(command, typer.core.TyperGroup) and names:
        name = names.pop(0)
        placeholder = name.isupper() or name == "..."
        if placeholder and command.name == "train":
            name = "dcgan"
        elif placeholder:
            return []
        known = command.list_commands(None)
        if command.name == "train":
            known = list(plugins.registry().variants)
        if name in EXAMPLES and command.name == "train":
            return []
        if name not in known:
            return [name]
        command = command.get_command(None, name)
        # A variant's has its options when it is to run.
        command = getattr(command, "whole", command)
    options = {option for parameter in command.params for option in [*parameter.opts, *parameter.secondary_opts]}
    return [option for option in given if option not in options | ANYWHERE]
