"""The JSON schema of a variant's config files, by which editors complete and check them. Imports no torch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

from pydantic import BeforeValidator
from pydantic.fields import FieldInfo

from ganzoo import plugins
from ganzoo.data.options import DataOptions
from ganzoo.runs.options import TrainOptions, parse_off

_BOUNDS = {"gt": "exclusiveMinimum", "ge": "minimum", "lt": "exclusiveMaximum", "le": "maximum"}
"""What pydantic leaves as it is written here, where a bound is on a value that may be text."""

_OURS = ("title", "panel", "short", "examples")


def config_schema(variant: str) -> dict[str, Any]:
    """What a config file of a variant may hold, as JSON schema (draft 2020-12): every option of its training.

    Args:
        variant: Its name.

    Raises:
        ConfigError: If there is no such variant.
        PluginError: If its plugin cannot be used.
    """
    found = plugins.registry().find(variant)
    config = found.load_config()
    properties: dict[str, Any] = {
        "$schema": {"type": "string"},
        "variant": {"const": found.name, "description": f"{found.title} ({found.paper})"},
        "preset": {"enum": list(config.presets), "description": "values in which it differs from the defaults"},
    }
    for owner in (config, DataOptions, TrainOptions):
        made = owner.model_json_schema()["properties"]
        # `from` is a word of Python alone.
        properties |= {name.rstrip("_"): _property(made[name], field) for name, field in owner.model_fields.items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"ganzoo train {found.name}",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }


def _property(made: dict[str, Any], field: FieldInfo) -> dict[str, Any]:
    told = {key: made[key] for key in ("description", "default") if made.get(key) is not None}
    parsers = _parsers(field)
    choices = [_plain(choice) for choice in made.get("anyOf", [{**made, "description": None, "default": None}])]
    if parse_off in parsers:
        choices.append({"const": 0})
    if parsers and {"type": "string"} not in choices:
        # 200k, 2G, 3,7, 96x64: as on the command line.
        choices.append({"type": "string"})
    return {**told, **(choices[0] if len(choices) == 1 else {"anyOf": choices})}


def _plain(choice: dict[str, Any]) -> dict[str, Any]:
    kept = {_BOUNDS.get(key, key): value for key, value in choice.items() if key not in _OURS and value is not None}
    if kept.get("type") == "array":
        kept = {{"minLength": "minItems", "maxLength": "maxItems"}.get(key, key): value for key, value in kept.items()}
    return kept


def _parsers(part: Any) -> list[Callable[..., Any]]:
    """What reads text where a value of another kind is meant, of a field and all that its type is made of."""
    if isinstance(part, FieldInfo):
        inside, own = [part.annotation], part.metadata
    else:
        inside, own = list(get_args(part)), list(getattr(part, "__metadata__", ()))
    parsers = [one.func for one in own if isinstance(one, BeforeValidator)]
    return parsers + [parser for one in inside for parser in _parsers(one)]
