"""`ganzoo list`."""

from __future__ import annotations

import fnmatch
from dataclasses import asdict
from typing import Annotated

import typer

from ganzoo import plugins
from ganzoo.cli.output import console, fail, print_json, print_table, warn
from ganzoo.core.variant import Variant
from ganzoo.registry.listings import shared_listings
from ganzoo.utils.console import styled


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
        console.print(", ".join(_bare(model.reference) for model in models))
    for complaint in [*filter(None, (record.complaint for record in registry.records)), *registry.notes]:
        warn(complaint)


def _bare(reference: str) -> str:
    """As short as it can be typed."""
    return reference.removeprefix("builtin:")


def _show_variants(found: list[Variant]) -> None:
    print_table(
        ("variant", "what it is", "paper", "data", "labels"),
        (
            (
                styled(variant.name, "cyan"),
                variant.title,
                variant.paper,
                ", ".join(variant.kinds) if variant.source == "none" else f"images, {variant.source}",
                variant.labels,
            )
            for variant in found
        ),
    )
