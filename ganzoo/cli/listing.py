"""`ganzoo list`."""

from __future__ import annotations

import fnmatch
from dataclasses import asdict
from typing import Annotated

import typer

from ganzoo import plugins
from ganzoo.cli.output import console, errors, fail, print_json


def list_variants(
    pattern: Annotated[str, typer.Argument(help="Names to show, e.g. 'w*'.")] = "*",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the GAN variants that can be trained."""
    registry = plugins.registry()
    found = [variant for variant in plugins.variants() if fnmatch.fnmatch(variant.name, pattern)]
    if as_json:
        print_json([asdict(variant) for variant in found])
        return
    if not found:
        fail(f"no variant matches {pattern!r}: there are {', '.join(sorted(registry.variants))}", 1)
    from rich.table import Table

    table = Table(box=None, padding=(0, 2), header_style="bold")
    for column in ("variant", "what it is", "paper", "data", "labels"):
        table.add_column(column)
    for variant in found:
        data = "image, vector" if variant.data == "both" else variant.data
        table.add_row(f"[cyan]{variant.name}[/]", variant.title, variant.paper, data, variant.labels)
    console.print(table)
    for record in registry.records:
        if record.status != "ok":
            errors.print(f"[yellow]plugin {record.name!r} is not used ({record.status}): `ganzoo plugins` says why[/]")
