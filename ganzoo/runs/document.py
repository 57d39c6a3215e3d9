"""A file of options: TOML, YAML or JSON by its ending. Imports no torch."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ganzoo.core.config import Options, VariantConfig, refusal
from ganzoo.data.options import DataOptions
from ganzoo.errors import ConfigError, PackageError
from ganzoo.registry.packages import strict_json
from ganzoo.runs.options import TrainOptions


def read_document(path: Path) -> dict[str, Any]:
    """The keys of a file, which is JSON or YAML where its name ends so, and TOML otherwise.

    Raises:
        ConfigError: If it cannot be read, is not what its ending says, or has a key twice.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    ending = path.suffix.lower()
    if ending == ".json":
        try:
            return strict_json.parse(text.encode(), str(path))
        except PackageError as error:
            raise ConfigError(str(error)) from error
    if ending in (".yaml", ".yml"):
        return _yaml(text, path)
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        other = "" if ending == ".toml" else " (.yaml, .yml and .json are read as what they say)"
        raise ConfigError(f"{path} is no TOML{other}: {error}") from error


def owner_of(config: type[VariantConfig], key: str) -> type[Options] | None:
    """Whose option a key is, of those that a training of a variant has; None: it is none."""
    owners: tuple[type[Options], ...] = (config, DataOptions, TrainOptions)
    return next((owner for owner in owners if key in owner.model_fields), None)


def option_keys(config: type[VariantConfig]) -> list[str]:
    """All options of a training of a variant."""
    return [*config.model_fields, *DataOptions.model_fields, *TrainOptions.model_fields]


def plain_value(owner: type[Options], key: str, value: Any) -> Any:
    """A value as its option reads it, as plain data: `"16k"` is 16000.

    Raises:
        ConfigError: If the option refuses it, whatever the others are.
    """
    try:
        return owner(**{key: value}).model_dump(mode="json", include={key})[key]
    except ValidationError as error:
        mine = [one for one in error.errors() if one["loc"][:1] == (key,)]
        if mine:
            raise ConfigError(f"{key} (={mine[0]['input']}) {refusal(mine[0])}") from error
        # Only together with others is it good or not.
        return value


def _yaml(text: str, path: Path) -> dict[str, Any]:
    import yaml

    class Loader(yaml.SafeLoader):
        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
            keys = [key.value for key, _ in node.value]
            if twice := [key for key in keys if keys.count(key) > 1]:
                raise ValueError(f"the key {twice[0]!r} is there twice")
            return super().construct_mapping(node, deep)

    try:
        # A safe loader: it makes plain data alone.
        found = yaml.load(text, Loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(f"{path} is no YAML: {' '.join(str(error).split())}") from error
    if found is not None and not isinstance(found, dict):
        raise ConfigError(f"{path} must hold keys with values, as `variant: dcgan`, and holds a {type(found).__name__}")
    if other := [key for key in found or {} if not isinstance(key, str)]:
        raise ConfigError(f"{path}: the key {other[0]!r} must be text")
    return found or {}
