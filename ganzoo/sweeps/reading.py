"""The file of a sweep, read and checked before anything is started. Imports no torch.

docs/sweep.md describes it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ganzoo import plugins
from ganzoo.core.config import VariantConfig, parse_count
from ganzoo.data.options import DataOptions
from ganzoo.data.sources.locate import locate
from ganzoo.errors import ConfigError
from ganzoo.metrics import parse_metrics
from ganzoo.runs.document import option_keys, owner_of, plain_value, read_document
from ganzoo.sweeps.configuration import Configuration, Range
from ganzoo.sweeps.estimate import Published
from ganzoo.utils.nearest import did_you_mean

_OF_THE_SWEEP = ("seeds", "metrics", "trials", "rows", "published")
_OF_A_ROW = ("variant", "preset", "steps")
_ELSEWHERE = {"seed": "seeds", "eval_metrics": "metrics"}
_TRIALS = 20


@dataclass(frozen=True, slots=True)
class SweepPlan:
    """A sweep.

    Args:
        name: Of the file.
        seeds: Of each configuration.
        trials: That each search has.
        configurations: The grid; those with ranges are searches.
        published: What others got.
    """

    name: str
    seeds: tuple[int, ...]
    trials: int
    configurations: tuple[Configuration, ...]
    published: tuple[Published, ...]


def read(source: Path | Mapping[str, Any]) -> SweepPlan:
    """Read a TOML, YAML or JSON file, or a mapping with the same keys.

    Raises:
        ConfigError: For whatever is wrong with it, naming the key and what is allowed.
        GanzooError: If a variant, a metric or a set is not there.
    """
    if isinstance(source, Mapping):
        return _plan("sweep", source)
    content = read_document(source)
    try:
        return _plan(source.stem, content)
    except ConfigError as error:
        raise ConfigError(f"{source}: {error}") from error


def _plan(name: str, content: Mapping[str, Any]) -> SweepPlan:
    rows = _tables(content, "rows")
    labels = [_text(row.get("label"), "label of [[rows]]") for row in rows]
    for label in labels:
        if labels.count(label) > 1:
            raise ConfigError(f"label (={label!r}) stands in two [[rows]]: give each its own")
    metrics: tuple[str, ...] = ()
    if "metrics" in content:
        metrics = parse_metrics(",".join(_text(name, "metrics") for name in _values("metrics", content["metrics"])))
    shared = {key: value for key, value in content.items() if key not in _OF_THE_SWEEP}
    configurations = []
    for row in rows or [{"label": ""}]:
        own = {key: value for key, value in row.items() if key != "label"}
        for key in own:
            if {_kind(own[key]), _kind(shared.get(key))} == {"list", "range"}:
                raise ConfigError(f"{key} has both a list and a range, in row {row['label']!r} and above: keep one")
        configurations += list(_grid(row["label"], {**shared, **own}, metrics))
    keys = [configuration.key for configuration in configurations]
    for configuration, key in zip(configurations, keys, strict=True):
        if keys.count(key) > 1:
            raise ConfigError(f"{configuration.label or configuration.variant} is there twice with the same values")
    searched = any(configuration.ranges for configuration in configurations)
    if searched and not metrics:
        raise ConfigError('a range needs metrics, as metrics = "fid": the first is what is searched for')
    if "trials" in content and not searched:
        raise ConfigError("trials is for ranges, and no option has one, as lr = { min = 1e-4, max = 1e-2, log = true }")
    published = tuple(Published.parse(entry) for entry in _tables(content, "published"))
    there = ["row", *dict.fromkeys(name for configuration in configurations for name in configuration.values)]
    for name in (name for entry in published for name in entry.match if name not in there):
        raise ConfigError(f"match of [[published]] has {name}, which no configuration has: {', '.join(there)}")
    trials = _whole(content.get("trials", _TRIALS), "trials", 1)
    return SweepPlan(name, _seeds(content.get("seeds", 1)), trials, tuple(configurations), published)


def _grid(label: str, given: Mapping[str, Any], metrics: tuple[str, ...]) -> Iterator[Configuration]:
    """Every combination of a row's lists: variants, presets, then options in the order in which they are written."""
    options = dict(given)
    if "variant" not in options:
        raise ConfigError('variant is missing: name one, as variant = "dcgan"; `ganzoo list` shows all')
    variants = [_text(name, "variant") for name in _values("variant", options.pop("variant"))]
    presets = (
        [_text(name, "preset") for name in _values("preset", options.pop("preset"))] if "preset" in given else [None]
    )
    if second := [key for key in ("images", "epochs", "steps") if key in options][1:]:
        raise ConfigError(f"{second[0]} is a second length: keep one of images, epochs and steps")
    for variant, preset in itertools.product(variants, presets):
        config = plugins.registry().find(variant).load_config()
        if preset is not None and preset not in config.presets:
            there = ", ".join(config.presets)
            raise ConfigError(f"preset (={preset!r}): {variant} has none of that name; choose from {there}")
        if "steps" in options and preset is None and "batch_size" not in options:
            raise ConfigError("steps are counted in batches: give preset or batch_size too")
        check = partial(_checked, variant, config)
        ranges = {key: _range(check, key, value) for key, value in options.items() if _kind(value) == "range"}
        lists = {key: [check(key, v) for v in _values(key, options[key])] for key in options if key not in ranges}
        for values in itertools.product(*lists.values()):
            yield Configuration(label, variant, preset, dict(zip(lists, values, strict=True)), metrics, ranges)


def _kind(value: Any) -> str:
    return "list" if isinstance(value, list | tuple) else "range" if isinstance(value, Mapping) else "value"


def _values(key: str, value: Any) -> list[Any]:
    if _kind(value) == "range":
        raise ConfigError(f"{key} (={value!r}) must be a value or a list of values, and no range")
    if _kind(value) == "value":
        return [value]
    if not value:
        raise ConfigError(f"{key} (=[]) is an empty list: give it a value, or leave it out")
    for index, item in enumerate(value):
        if _kind(item) == "range":
            raise ConfigError(f"{key} has both a list and a range: keep one")
        if _kind(item) == "list":
            raise ConfigError(
                f"{key} (={item!r}) is a list in a list: write one value as on the command line, as 'a,b'"
            )
        if item in value[:index]:
            raise ConfigError(f"{key} has {item!r} twice")
    return list(value)


def _range(check: Callable[[str, Any], Any], key: str, given: Mapping[str, Any]) -> Range:
    allowed = ("min", "max", "log", "step")
    if unknown := [name for name in given if name not in allowed]:
        raise ConfigError(f"{key}: a range has no {unknown[0]!r}, only {', '.join(allowed)}")
    if missing := [name for name in ("min", "max") if name not in given]:
        raise ConfigError(f"{key}: a range needs {missing[0]}, as {key} = {{ min = 1, max = 10 }}")
    low, high = (check(key, given[name]) for name in ("min", "max"))
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (low, high))
    if not numbers or low >= high:
        raise ConfigError(
            f"{key}: min (={given['min']!r}) and max (={given['max']!r}) must be numbers, min the smaller"
        )
    log, step = given.get("log", False), given.get("step")
    if not isinstance(log, bool):
        raise ConfigError(f"{key}: log (={log!r}) must be true or false")
    if log and (low <= 0 or step is not None):
        raise ConfigError(f"{key}: a range with log = true must begin above 0, and takes no step")
    if step is not None and (isinstance(step, bool) or not isinstance(step, type(low)) or step <= 0):
        raise ConfigError(f"{key}: step (={step!r}) must be above 0, and a whole number where min and max are")
    return Range(low, high, log, step)


def _checked(variant: str, config: type[VariantConfig], key: str, value: Any) -> Any:
    """A value as the option's owner reads it, as plain data: `"16k"` is 16000."""
    if key in _ELSEWHERE:
        raise ConfigError(f"{key}: write {_ELSEWHERE[key]}")
    if key == "steps":
        return _whole(value, key, 1)
    if key == "data":
        locate(DataOptions.parse({key: value}))
    if (owner := owner_of(config, key)) is not None:
        return plain_value(owner, key, value)
    names = [*_OF_THE_SWEEP, *_OF_A_ROW, *option_keys(config)]
    meant = did_you_mean(key, names, f"`ganzoo train {variant} --help` lists options, and docs/sweep.md the keys")
    raise ConfigError(f"{key} is no key of a sweep and no option of {variant}: {meant}")


def _tables(content: Mapping[str, Any], key: str) -> list[Any]:
    found = content.get(key, [])
    if not isinstance(found, list | tuple) or not all(isinstance(entry, Mapping) for entry in found):
        raise ConfigError(f"{key} (={found!r:.60}) must be tables, each under [[{key}]]")
    return list(found)


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str) or not value:
        raise ConfigError(f"{what} is missing" if value is None else f"{what} (={value!r}) must be text")
    return value


def _whole(value: Any, key: str, least: int) -> int:
    try:
        count = parse_count(value)
    except ValueError as error:
        raise ConfigError(f"{key} (={value!r}) {error}") from error
    if not isinstance(count, int) or isinstance(count, bool) or count < least:
        raise ConfigError(f"{key} (={value!r}) must be a whole number, {least} or more")
    return count


def _seeds(value: Any) -> tuple[int, ...]:
    if _kind(value) == "list":
        return tuple(_whole(seed, "seeds", 0) for seed in _values("seeds", value))
    return tuple(range(_whole(value, "seeds", 1)))
