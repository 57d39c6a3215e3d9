"""`ganzoo plugins`: which there are, why one is not used, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ganzoo import plugins as plugin_registry
from ganzoo.cli.output import console, print_json, print_table, warn
from ganzoo.cli.plugins import check as plugins_check
from ganzoo.cli.plugins import new as plugins_new
from ganzoo.plugins.record import PluginRecord
from ganzoo.utils.console import styled

if TYPE_CHECKING:
    from rich.text import Text

app = typer.Typer(add_completion=False, context_settings={"help_option_names": ["-h", "--help"]})
COLORS = {"ok": "green", "disabled": "dim"}


def _complete(incomplete: str) -> list[str]:
    return [record.name for record in plugin_registry.installed() if record.name.startswith(incomplete)]


_Name = Annotated[str, typer.Argument(help="Of a plugin, as `ganzoo plugins` shows it.", autocompletion=_complete)]


@app.callback(invoke_without_command=True)
def plugins(
    context: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False
) -> None:
    """List the installed plugins, and why one is not used; make, check and fix them."""
    if context.invoked_subcommand is not None:
        return
    registry = plugin_registry.registry()
    if as_json:
        print_json([record.to_dict() for record in registry.records])
        return

    def row(record: PluginRecord) -> tuple[str | Text, ...]:
        hooks = ", ".join(hook.removeprefix("ganzoo_") for hook in record.hooks)
        names = (record.name, record.distribution, record.version, hooks, ", ".join(record.variants))
        return (*names, styled(record.status, COLORS.get(record.status, "red")), record.reason or record.note)

    columns = ("plugin", "distribution", "version", "hooks", "variants", "status", "reason")
    print_table(columns, map(row, registry.records))
    for note in registry.notes:
        warn(note)


app.command()(plugins_new.new)
app.command()(plugins_check.check)


@app.command()
def doctor(name: _Name) -> None:
    """Say why a plugin is not used, with the traceback, and what to do; of one that is used, try what it provides."""
    from ganzoo.cli.plugins.doctor import show
    from ganzoo.testing import diagnose

    diagnosis = diagnose(name)
    show(diagnosis)
    if not diagnosis.works:
        raise typer.Exit(1)


@app.command()
def disable(name: _Name) -> None:
    """Do not load a plugin any more, until it is enabled again: written into `config.toml` in ganzoo's home."""
    _set(name, disable=True)


@app.command()
def enable(name: _Name) -> None:
    """Load a plugin again."""
    _set(name, disable=False)


def _set(name: str, *, disable: bool) -> None:
    record = plugin_registry.find_plugin(name)
    changed = plugin_registry.disable(name) if disable else plugin_registry.enable(name)
    state = "disabled" if disable else "enabled"
    console.print(f"{record.name} {'is now' if changed else 'was'} {state}{'' if changed else ' already'}")
