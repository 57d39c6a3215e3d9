"""`ganzoo info`."""

from __future__ import annotations

from typing import Annotated

import typer

from ganzoo import plugins
from ganzoo.cli.completion import complete_variant
from ganzoo.cli.output import console, fail, print_json, print_table
from ganzoo.core.variant import Variant
from ganzoo.utils.console import styled


def info(
    name: Annotated[
        str | None, typer.Argument(help="A variant.", show_default=False, autocompletion=complete_variant)
    ] = None,
    system: Annotated[bool, typer.Option("--system", help="Show torch, device and cores.")] = False,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON schema of a variant's config files, for editors.")
    ] = False,
) -> None:
    """Show a variant's options and presets, or this machine with --system."""
    if system:
        _print_system()
    elif name is None:
        fail("name a variant (`ganzoo list` shows them), or give --system", 2)
    elif schema:
        from ganzoo.runs.schema import config_schema

        print_json(config_schema(name))
    else:
        _print_variant(plugins.find_variant(name))


def _print_variant(variant: Variant) -> None:
    from ganzoo.cli.options import short

    config = variant.load_config()
    owner = plugins.registry().plugin_of(variant.name)
    console.print(styled(variant.name, "bold cyan"), variant.title, f"({variant.paper})", sep="  ")
    console.print(f"plugin {owner.name} of {owner.distribution} {owner.version}; learns {variant.data} data; ", end="")
    sources = "" if variant.source == "none" else f"; images of other images: {variant.source}"
    console.print(f"labels: {variant.labels}{sources}")
    rows = []
    for field, definition in config.model_fields.items():
        values = [short(preset.get(field, definition.default)) for preset in config.presets.values()]
        rows.append((f"--{field.replace('_', '-')}", *values, definition.description or ""))
    print_table(("option", *config.presets, "what it is"), rows)
    console.print(f"Train it: ganzoo train {variant.name}   All options: ganzoo train {variant.name} --help")


def _print_system() -> None:
    from ganzoo.api import system_info

    facts = system_info()
    for name, value in facts.items():
        console.print(f"{name:<12} {value}")
