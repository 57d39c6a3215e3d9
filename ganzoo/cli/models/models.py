"""`ganzoo models` and `ganzoo search`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from ganzoo.cli.completion import complete_model
from ganzoo.cli.models.transfer import Offline, log
from ganzoo.cli.output import complain, errors, print_json, print_table
from ganzoo.utils.shell import typed

if TYPE_CHECKING:
    from ganzoo.registry.stores.protocol import Listing

app = typer.Typer(add_completion=False, context_settings={"help_option_names": ["-h", "--help"]})
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else.")]
_Reference = Annotated[str, typer.Argument(help="A model, as `ganzoo models` shows it.", autocompletion=complete_model)]


@app.callback(invoke_without_command=True)
def models(context: typer.Context, as_json: AsJson = False) -> None:
    """List the models that are here: built-in, pulled, and your own finished or stopped runs."""
    if context.invoked_subcommand is None:
        list_models(as_json)


@app.command("list")
def list_models(as_json: AsJson = False) -> None:
    """List the models that are here."""
    from ganzoo import api

    show(api.list_models(skipped=complain), as_json=as_json)


@app.command()
def info(model: _Reference, as_json: AsJson = False, offline: Offline = False) -> None:
    """Show what is known of a model: data, training, figures with protocol, files."""
    from ganzoo.core.latent import Latent
    from ganzoo.errors import ConfigError
    from ganzoo.registry import open_reference
    from ganzoo.sampling.settings import described
    from ganzoo.utils.figures import line_of, short_size

    opened = open_reference(model, offline=offline)
    if opened.package is None:
        raise ConfigError(f"{model} is a run: `{typed('ganzoo', 'report', model)}` tells all of it")
    manifest = opened.package.manifest
    if as_json:
        print_json(manifest.model_dump(mode="json", by_alias=True))
        return
    settable = described(manifest.latent or Latent((0,)), manifest.sampling_options)
    facts = {
        "model": opened.reference,
        "variant": f"{manifest.variant} ({manifest.plugin.distribution} {manifest.plugin.version})",
        "data": f"{manifest.data.name} {'x'.join(map(str, manifest.data.shape))}"
        + (f", {len(manifest.data.class_names)} classes" if manifest.data.class_names else ""),
        "data's license": manifest.data.license or "not known",
        "license": manifest.license or "not stated",
        "trained": f"{manifest.images:,} images, seed {manifest.seed}, {manifest.checkpoint} checkpoint, "
        f"moving average {manifest.ema}",
        **({"sets": "; ".join(settable)} if settable else {}),
        "size": short_size(opened.package.size_bytes),
        "folder": str(opened.package.folder),
    }
    for title, evaluation in (("final", manifest.final), ("best", manifest.best)):
        if evaluation is not None:
            extractor = evaluation.provenance.extractor if evaluation.provenance else ""
            facts[title] = f"{evaluation.images:,} images: {line_of(evaluation.values, ', ', extractor)}"
            facts["protocol"] = evaluation.provenance.line() if evaluation.provenance else "not recorded"
    for name, value in facts.items():
        log(f"{name:<15} {value}")


@app.command()
def rm(model: _Reference) -> None:
    """Remove a pulled model from this machine. Built-in models and runs are never touched."""
    from ganzoo import registry
    from ganzoo.utils.figures import short_size

    for removed in registry.remove(model):
        log(f"removed: {removed.reference} ({short_size(removed.size_bytes or 0)})")


@app.command()
def prune() -> None:
    """Remove pulled states that no name or tag stands for any more, and leftovers of interrupted pulls."""
    from ganzoo import registry

    removed = registry.prune()
    for reference in removed:
        log(f"removed: {reference}")
    if not removed:
        log("nothing to remove")


@app.command()
def verify(
    model: Annotated[
        str | None,
        typer.Argument(
            help="A model; without it, all that are here.", autocompletion=complete_model, show_default=False
        ),
    ] = None,
) -> None:
    """Read every byte of a model, or of all that are here, and compare it with its manifest."""
    from ganzoo import registry
    from ganzoo.errors import RegistryError

    broken = []
    for reference, fault in registry.verify(model):
        log(f"damaged: {reference}: {fault}" if fault else f"ok: {reference}")
        if fault:
            broken.append(reference)
    if broken:
        raise RegistryError(f"{len(broken)} damaged: `ganzoo pull --update` fetches them again: {', '.join(broken)}")


def search(
    text: Annotated[str, typer.Argument(help="Part of a name, a variant or a data set.")],
    hub: Annotated[bool, typer.Option(help="Ask the Hugging Face Hub too.")] = True,
    offline: Offline = False,
    as_json: AsJson = False,
) -> None:
    """Search the built-in models, the registries that were added, and the Hub."""
    from ganzoo import registry

    failures: list[str] = []
    show(registry.search(text, hub=hub and not offline, skipped=failures.append), as_json=as_json)
    for failure in failures:
        errors.print(failure)


def show(listings: list[Listing], *, as_json: bool) -> None:
    """A table of models, or JSON."""
    if as_json:
        print_json([asdict(listing) for listing in listings])
        return
    if not listings:
        log("no models: `ganzoo pull NAME` fetches one, `ganzoo train` makes one")
        return
    from ganzoo.utils.figures import short_size

    def row(listing: Listing) -> tuple[str, ...]:
        fid = (listing.metrics or {}).get("fid")
        return (
            listing.reference,
            listing.variant or "",
            listing.data or "",
            "x".join(map(str, listing.shape or ())),
            short_size(listing.size_bytes) if listing.size_bytes else "",
            f"{fid:.2f}" if fid is not None else "",
            listing.where + (", private" if listing.private else ""),
        )

    columns = ("model", "variant", "data", "shape", "size", "Frechet", "where")
    print_table(columns, map(row, listings), right=("size", "Frechet"), whole=("model",))
