"""`ganzoo pull`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ganzoo.cli.completion import complete_model
from ganzoo.cli.latents.model_options import ends_in
from ganzoo.cli.models.transfer import Offline, log, transfer_bar
from ganzoo.cli.output import print_json


def pull(
    reference: Annotated[
        str,
        typer.Argument(
            help="A model: NAME (built in), lab/NAME, hf://org/NAME\\[@REVISION], a folder or a .zip.",
            autocompletion=complete_model,
        ),
    ],
    update: Annotated[
        bool, typer.Option("--update", help="Ask the store what the name stands for now, even if it is here.")
    ] = False,
    offline: Offline = False,
    out: Annotated[
        Path | None,
        typer.Option(
            "--zip", callback=ends_in(".zip"), help="Write it as one .zip file too, for a machine without a network."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else.")] = False,
) -> None:
    """Fetch a model to this machine and verify it; `ganzoo sample` then draws from it."""
    from ganzoo.registry import pull as fetch
    from ganzoo.registry.opening import missing_variant
    from ganzoo.utils.figures import short_size

    with transfer_bar() as progress:
        opened = fetch(reference, offline=offline, update=update, zip=out, progress=progress)
    assert opened.package is not None
    manifest = opened.package.manifest
    if as_json:
        print_json({"reference": opened.reference, "folder": str(opened.package.folder), "fetched": opened.fetched})
        return
    builtin = opened.reference.startswith("builtin:")
    where = "verified" if opened.fetched else "comes with ganzoo, verified" if builtin else "already here"
    shape = "x".join(map(str, manifest.data.shape))
    size = short_size(opened.package.size_bytes)
    log(f"{opened.reference}: {manifest.variant} on {manifest.data.name} ({shape}), {size}, {where}")
    if out is not None:
        log(str(out))
    missing = missing_variant(manifest)
    log(f"it {missing}" if missing else "`ganzoo sample` draws from it")
