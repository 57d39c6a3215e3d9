"""`ganzoo data`: check a set, and look after the cache of decoded sets."""

from __future__ import annotations

import inspect
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ganzoo.cli.options import parameters
from ganzoo.cli.output import console, decoding_bar, print_json
from ganzoo.data.options import DataOptions
from ganzoo.utils.figures import short_size

if TYPE_CHECKING:
    from ganzoo.data.examine import Check
    from ganzoo.data.upkeep import Kept

_HELP = {"help_option_names": ["-h", "--help"]}
_SHOWN = 5
app = typer.Typer(add_completion=False, no_args_is_help=True, context_settings=_HELP)
cache = typer.Typer(add_completion=False, context_settings=_HELP)
app.add_typer(cache, name="cache")
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else.")]


@app.callback()
def data() -> None:
    """Check a data set before it is learned; list and prune the decoded sets that are kept."""


def check(
    place: Annotated[str, typer.Argument(metavar="DATA", help="What --data takes: a folder, a .zip, an .npz, a name.")],
    *,
    as_json: AsJson = False,
    **options: Any,
) -> None:
    """Say all that is known of a set, and whether a training would refuse it (exit code 1)."""
    from ganzoo.data.examine import check as look

    given = {name: value for name, value in options.items() if value is not None}
    with decoding_bar(quiet=as_json) as progress:
        found = look(DataOptions.parse({**given, "data": place}), progress)
    if as_json:
        print_json(found.to_dict())
    else:
        _show(found)
    if found.refused is not None:
        raise typer.Exit(1)


def _signature() -> inspect.Signature:
    own = list(inspect.signature(check, eval_str=True).parameters.values())[:-1]
    given = [option for option in parameters(DataOptions, lambda *_: "data") if option.name != "data"]
    return inspect.Signature([*own, *given])


check.__signature__ = _signature()  # type: ignore[attr-defined]
app.command("check")(check)


def _show(found: Check) -> None:
    if found.sources is not None:
        _show(replace(found.sources, refused=None))
        console.print("--- and, made of these:")
    rows = [("count", f"{found.count:,}" if found.count else "")]
    for name in ("sizes", "channels", "splits", "classes"):
        counts: dict[str, int] = getattr(found, name) or {}
        shown = [f"{key} ({count:,})" for key, count in list(counts.items())[:10]]
        rest = f", ... {len(counts)} in all" if len(counts) > len(shown) else ""
        rows.append((name, ", ".join(shown) + rest))
    lines: list[tuple[str, str]] = [row for row in rows if row[1]]
    lines += _some("broken", found.broken)
    lines += _some("same", [" = ".join(group) for group in found.duplicates])
    lines += [("looks like", look) for look in found.looks]
    lines += [("note", str(note)) for note in found.notes]
    lines += [("advice", advice) for advice in found.advice]
    lines.append(("training", "would be accepted" if found.refused is None else f"would be refused: {found.refused}"))
    for name, text in lines:
        console.print(f"{name:<11}{text}")


def _some(name: str, items: Any) -> list[tuple[str, str]]:
    shown = [(name, item) for item in items[:_SHOWN]]
    return shown + ([(name, f"... {len(items)} in all")] if len(items) > _SHOWN else [])


@cache.callback(invoke_without_command=True)
def kept_sets(context: typer.Context, as_json: AsJson = False) -> None:
    """List the decoded sets that are kept, with their sizes and ages."""
    if context.invoked_subcommand is None:
        list_sets(as_json)


@cache.command("list")
def list_sets(as_json: AsJson = False) -> None:
    """List the decoded sets that are kept, with their sizes and ages."""
    from ganzoo.data.upkeep import kept

    sets = kept()
    if as_json:
        print_json([one.to_dict() for one in sets])
        return
    for one in sets:
        _print(one)
    console.print(f"{len(sets)} sets, {short_size(sum(one.size for one in sets))}")


@cache.command()
def prune(
    unused_days: Annotated[
        float, typer.Option(min=0, help="Keep what was used in as many days; 0 removes all that is not being written.")
    ] = 30.0,
) -> None:
    """Remove decoded sets that were not used for long, and leftovers. A run that needs one decodes it again."""
    from ganzoo.data.upkeep import prune as remove

    removed = remove(unused_days * 86_400)
    for one in removed:
        _print(one)
    console.print(f"removed {len(removed)} sets, {short_size(sum(one.size for one in removed))}")


def _print(one: Kept) -> None:
    days = (time.time() - one.used) / 86_400
    what = (
        "leftover" if one.spec is None else f"{one.spec.name} {'x'.join(map(str, one.spec.shape))}, {one.spec.count:,}"
    )
    console.print(f"{one.digest[:12]:<13}{what:<40} {short_size(one.size):>10}  used {days:.1f} days ago")
