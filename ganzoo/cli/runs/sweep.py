"""`ganzoo sweep FILE`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ganzoo.cli.output import console, print_json


def sweep(
    file: Annotated[Path, typer.Argument(help="TOML, YAML or JSON: variants, seeds, lists or ranges of any option.")],
    out: Annotated[Path | None, typer.Option(help="The sweep's folder; sweeps/NAME without it.")] = None,
    jobs: Annotated[
        int | None, typer.Option(help="Runs at once, each with one thread; without it, one a core.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the table as JSON, and nothing else.")] = False,
) -> None:
    """Train every configuration of a file with every seed, and print a table; started again, it goes on."""
    from ganzoo.sweeps.sweep import SWEEPS
    from ganzoo.sweeps.sweep import sweep as run

    table = run(file, out=out, jobs=jobs, quiet=as_json)
    if as_json:
        print_json(table.to_dict())
    else:
        folder = SWEEPS / table.name if out is None else out
        console.print(table.markdown())
        console.print(f"written: {folder / 'table.md'}, table.csv, table.json")
    if table.failures:
        raise typer.Exit(1)
