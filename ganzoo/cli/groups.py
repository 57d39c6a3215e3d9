"""Command groups of plugins, imported when one of their commands is used and not for `ganzoo --help`."""

from __future__ import annotations

from typing import Any

import typer
import typer.core
import typer.main

from ganzoo import plugins
from ganzoo.cli.output import in_help
from ganzoo.core.descriptors import CommandGroup
from ganzoo.errors import PluginError, shown
from ganzoo.plugins.builtin import COMMANDS


class LazyGroup(typer.core.TyperGroup):
    """Stands for a plugin's `typer.Typer` in lists, and makes it when it is to run."""

    def __init__(self, group: CommandGroup) -> None:
        super().__init__(name=group.name, help=in_help(group.title))
        self._group = group

    def make_context(self, *arguments: Any, **extra: Any) -> Any:
        app = self._group.load()
        if not isinstance(app, typer.Typer):
            raise PluginError(
                f"command {self.name!r}: {self._group.app} is {shown(app)}, and must be a typer.Typer with commands"
            )
        return typer.main.get_group(app).make_context(*arguments, **extra)


def groups() -> dict[str, CommandGroup]:
    """Those of the loaded plugins, by name."""
    return plugins.registry().registered(CommandGroup)


def group(name: str) -> LazyGroup:
    """The command group of that name.

    Raises:
        ConfigError: If no plugin provides it, naming the nearest command that exists.
        PluginError: If the plugin that provides it is not used.
    """
    registry = plugins.registry()
    return LazyGroup(registry.lookup(CommandGroup, name, also=COMMANDS, advice="`ganzoo --help` shows all."))
