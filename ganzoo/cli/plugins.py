"""`ganzoo plugins`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from ganzoo import plugins as plugin_registry
from ganzoo.cli.output import console, print_json


def plugins(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List the installed plugins, and why one is not used."""
    records = plugin_registry.registry().records
    if as_json:
        print_json([asdict(record) for record in records])
        return
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, padding=(0, 2), header_style="bold")
    for column in ("plugin", "distribution", "version", "status", "variants", "reason"):
        table.add_column(column)
    for record in records:
        colour = "green" if record.status == "ok" else "red"
        status = f"[{colour}]{record.status}[/]"
        variants = ", ".join(record.variants)
        table.add_row(record.name, record.distribution, record.version, status, variants, escape(record.reason))
    console.print(table)
