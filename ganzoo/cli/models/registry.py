"""`ganzoo registry`: names for folders and accounts with models."""

from __future__ import annotations

from typing import Annotated

import typer

from ganzoo.cli.output import console, print_json

app = typer.Typer(add_completion=False, no_args_is_help=True, context_settings={"help_option_names": ["-h", "--help"]})
_Name = Annotated[str, typer.Argument(help="Lower-case letters, digits and hyphens, as `lab`.")]


@app.callback()
def registry() -> None:
    """Give names to places with models, so that `lab/name` is a model."""


@app.command()
def add(
    name: _Name, place: Annotated[str, typer.Argument(help="A folder, or an account on the Hub as `hf://org`.")]
) -> None:
    """Add a registry, as `ganzoo registry add lab /srv/zoo`."""
    from ganzoo.registry import add_registry

    kept = add_registry(name, place)
    console.print(f"{name}/MODEL is a model in {kept} now")


@app.command("list")
def list_registries(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List the registries that were added."""
    from ganzoo.registry import settings

    known = settings.registries()
    if as_json:
        print_json([{"name": name, "place": place} for name, place in known.items()])
        return
    if not known:
        console.print("none: `ganzoo registry add lab /srv/zoo` adds one")
    width = max(map(len, known), default=0)
    for name, place in known.items():
        console.print(f"{name:{width}}  {place}")


@app.command()
def remove(name: _Name) -> None:
    """Forget a registry; its models stay where they are."""
    from ganzoo.registry import settings

    console.print(f"{name} is forgotten; {settings.remove_registry(name)} is as it was")
