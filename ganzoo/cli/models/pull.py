"""`ganzoo pull`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ganzoo.cli.completion import complete_model
from ganzoo.cli.models.transfer import Offline, log, transfer_bar
from ganzoo.cli.output import print_json
from ganzoo.utils.shell import typed


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
        Path | None, typer.Option("--zip", help="Write it as one .zip file too, for a machine without a network.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else.")] = False,
) -> None:
    """Fetch a model to this machine and verify it; `ganzoo sample` then draws from it."""
    from ganzoo.errors import ConfigError
    from ganzoo.registry.opening import missing_variant, open_reference
    from ganzoo.utils.figures import short_size
    from ganzoo.utils.last_model import remember_model

    with transfer_bar() as progress:
        opened = open_reference(reference, offline=offline, update=update, progress=progress)
    if opened.package is None:
        raise ConfigError(
            f"{reference} is a run, and is here already: `{typed('ganzoo', 'sample', reference)}` draws from it"
        )
    manifest = opened.package.manifest
    remember_model(Path(reference) if Path(reference).exists() else opened.reference)
    if out is not None:
        from ganzoo.registry.packages import archive

        archive.pack(opened.package, out)
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
