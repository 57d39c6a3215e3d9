"""`ganzoo compare`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ganzoo.cli.completion import complete_run
from ganzoo.cli.latents.model_options import ends_in
from ganzoo.cli.output import console, print_json, print_table


def compare(
    runs: Annotated[
        list[str],
        typer.Argument(help="Directories of runs, or their names in ./runs: two to ten.", autocompletion=complete_run),
    ],
    html: Annotated[
        Path | None,
        typer.Option(callback=ends_in(".html", ".htm"), help="HTML file for all of it, with curves and samples."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else.")] = False,
) -> None:
    """Compare runs: what differs in their configs, their figures, curves, and the same latents side by side."""
    from ganzoo import api
    from ganzoo.runs.report.compare import order_of
    from ganzoo.utils.figures import figure, figure_title, leading, value

    found = api.compare(*runs, html=html)
    if as_json:
        print_json(found.to_dict())
        return
    if found.differences:
        print_table(("what", *found.names), [(key, *map(value, of)) for key, of in found.differences.items()])
    else:
        console.print("their configs are the same")
    entries = [
        (name, which, at)
        for name, history in zip(found.names, found.histories, strict=True)
        for which, at in (("final", history.final), ("best", history.best))
        if at is not None
    ]
    if entries:
        metrics = leading(name for _, _, at in entries for name, of in at.metrics.items() if not isinstance(of, list))
        rows = [
            (f"{name}, {which}", f"{at.images:,}", *(figure(at.metrics, metric) for metric in metrics))
            for name, which, at in entries
        ]
        console.print()
        print_table(("run", "images", *(figure_title(metric, "") for metric in metrics)), rows, right=("images",))
    for name, which, at in entries:
        console.print(f"protocol of {name}, {which}: {at.provenance.line() if at.provenance else 'not recorded'}")
    for which, order in found.rankings.items():
        console.print(f"by {which} figures, the best first: {order_of(order)}")
    for note in found.notes:
        console.print(f"note: {note}")
    if found.latents:
        console.print(f"note: {found.latents}")
    if html is not None:
        console.print(f"written: {html}")
