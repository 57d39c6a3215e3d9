"""`ganzoo list`."""

from __future__ import annotations

import fnmatch
from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape

from ganzoo import plugins
from ganzoo.cli.output import console, errors, fail, print_json
from ganzoo.core.variant import Variant
from ganzoo.registry.listings import shared_listings


def list_variants(
    pattern: Annotated[str, typer.Argument(help="Names to show, e.g. 'w*' or '*mnist*'.")] = "*",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the GAN variants that can be trained, and the built-in and pulled models that can be sampled."""
    registry = plugins.registry()
    found = plugins.variants(pattern)
    models = [model for model in shared_listings() if fnmatch.fnmatchcase(_bare(model.reference), pattern)]
    if as_json:
        print_json({"variants": [asdict(variant) for variant in found], "models": [asdict(model) for model in models]})
        return
    if not found and not models:
        fail(f"no variant and no model matches {pattern!r}: there are {', '.join(sorted(registry.variants))}", 1)
    if found:
        _show_variants(found)
    if models:
        console.print("\nmodels to sample, as `ganzoo pull NAME && ganzoo sample` (`ganzoo models` tells more):")
        console.print(", ".join(_bare(model.reference) for model in models), markup=False)
    for complaint in [*filter(None, (record.complaint for record in registry.records)), *registry.notes]:
        errors.print(f"[yellow]{escape(complaint)}[/]")


def _bare(reference: str) -> str:
    """As short as it can be typed."""
    return reference.removeprefix("builtin:")


def _show_variants(found: list[Variant]) -> None:
    from rich.table import Table

    table = Table(box=None, padding=(0, 2), header_style="bold")
    for column in ("variant", "what it is", "paper", "data", "labels"):
        table.add_column(column)
    for variant in found:
        data = "image, vector" if variant.data == "both" else variant.data
        table.add_row(f"[cyan]{variant.name}[/]", variant.title, variant.paper, data, variant.labels)
    console.print(table)
