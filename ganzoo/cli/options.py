"""Command-line options from the fields of a config: names, help, defaults and panels are written once, there.

Values arrive as text and are judged by the config, so that the command line, Python and `config.json` refuse
the same things in the same words.
"""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic.fields import FieldInfo

from ganzoo.cli.output import in_help
from ganzoo.core.config import Options, VariantConfig, option_name


def parameters(
    config: type[Options],
    panel: Callable[[str, FieldInfo], str],
    there_are: Mapping[str, str] | None = None,
    **defaults: str | None,
) -> list[inspect.Parameter]:
    """A keyword parameter for each field; None means that the option was not given.

    Args:
        config: Whose fields become options.
        panel: Gives the help panel of a field.
        there_are: What may be named, of fields whose plugins decide that.
        **defaults: What the help tells as default of a field, where it is not the config's; None: nothing.
    """
    return [
        _parameter(config, name, panel(name, field), defaults.get(name, field.default), (there_are or {}).get(name, ""))
        for name, field in config.model_fields.items()
    ]


def _parameter(config: type[Options], name: str, panel: str, default: Any, there_are: str) -> inspect.Parameter:
    field = config.model_fields[name]
    extra = field.json_schema_extra
    short = [str(extra["short"])] if isinstance(extra, dict) and "short" in extra else []
    declared = [*short, option_name(name)]
    if field.annotation is bool:
        declared = [f"{option_name(name)}/--no-{option_name(name).removeprefix('--')}"]
    shown_defaults = _defaults(config, name, default)
    option = typer.Option(
        *declared,
        help=in_help(f"{field.description}{f'; there are {there_are}' if there_are else ''}{shown_defaults}"),
        metavar=None if field.annotation is bool else _metavar(field.annotation),
        rich_help_panel=panel,
        show_default=False,
    )
    kind: Any = bool | None if field.annotation is bool else str | None
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind, option])


def _defaults(config: type[Options], name: str, default: Any) -> str:
    """The default, and beside it every preset that differs, as ` (default 128; laptop 32)`."""
    shown = [] if default is None or default is False or default == () else [f"default {short(default)}"]
    if issubclass(config, VariantConfig):
        shown += [f"{preset} {short(values[name])}" for preset, values in config.presets.items() if name in values]
    return f" ({'; '.join(shown)})" if shown else ""


def short(value: Any) -> str:
    """A value as one would type it, long numbers with k or M."""
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    if isinstance(value, int) and not isinstance(value, bool) and value >= 10_000 and value % 1_000 == 0:
        return f"{value / 1_000_000:g}M" if value >= 1_000_000 else f"{value // 1_000}k"
    return str(value)


def _metavar(annotation: Any) -> str:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        return _metavar(arguments[0])
    if origin is typing.Literal:
        return "|".join(map(str, arguments))
    if origin in (typing.Union, types.UnionType):
        return _metavar(next(argument for argument in arguments if argument is not type(None)))
    if origin is tuple:
        return "LIST"
    return {int: "N", float: "X", Path: "PATH"}.get(annotation, "TEXT")
