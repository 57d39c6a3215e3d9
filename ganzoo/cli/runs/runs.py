"""`ganzoo runs`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ganzoo.cli.output import complain, console, print_json, print_table


def runs(
    folder: Annotated[Path, typer.Argument(help="Where to look.")] = Path("runs"),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the runs in a folder, and how far each is."""
    from ganzoo import api

    rows = [
        {
            "run": str(run.path),
            "variant": run.config.variant,
            "preset": run.config.preset,
            "data": run.spec.name,
            "images": run.images(),
            "of": run.total_images,
            "status": run.status(),
        }
        for run in api.list_runs(folder, skipped=complain)
    ]
    if as_json:
        print_json(rows)
        return
    if not rows:
        console.print(f"no runs in {folder}: `ganzoo train dcgan` makes one")
        return
    cells = ([f"{value:,}" if isinstance(value, int) else str(value) for value in row.values()] for row in rows)
    print_table(list(rows[0]), cells, right=("images", "of"), whole=("run",))
