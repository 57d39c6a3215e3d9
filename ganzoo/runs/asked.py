"""What a training is asked for: options that were typed over those of a file or of another run. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ganzoo import plugins
from ganzoo.core.config import VariantConfig
from ganzoo.core.data_spec import DataSpec
from ganzoo.data.options import DataOptions
from ganzoo.errors import ConfigError, RunError
from ganzoo.runs.config import RunConfig
from ganzoo.runs.document import option_keys, owner_of, plain_value, read_document
from ganzoo.runs.options import TrainOptions
from ganzoo.runs.run import Run
from ganzoo.utils.nearest import did_you_mean
from ganzoo.utils.places import CONFIG
from ganzoo.utils.shell import typed

Asked = tuple[str, str | None, dict[str, Any]]
"""A variant, a preset (None: none was named), and options."""

_BESIDE = ("out", "processes", "quiet", "dry_run", "config", "like")
_LENGTH = ("images", "epochs")


def asked(
    variant: str | None,
    preset: str | None,
    options: Mapping[str, Any],
    config: str | Path | Mapping[str, Any] | None = None,
    like: str | Path | Run | None = None,
) -> Asked:
    """Put together what was given and what a file or a run holds; what was given wins.

    Args:
        variant: Its name; None: the one of the file or run.
        preset: Its name; None: likewise.
        options: Given ones, by name with underscores.
        config: A TOML, YAML or JSON file, a run's `config.json` among them, or a mapping with the same keys.
        like: A run, its directory, or its name in `./runs`.

    Raises:
        ConfigError: If the file is refused, names another variant, or nothing names one.
        RunError: If there is no such run.
    """
    if config is not None and like is not None:
        raise ConfigError("--config and --like both say what to train: give one of them")
    if config is None and like is None:
        if variant is None:
            raise ConfigError("no variant was named: `ganzoo list` shows all")
        return variant, preset, dict(options)
    where, (theirs, their_preset, held) = _of_run(like) if like is not None else _of_config(config)
    if variant is not None and theirs not in (None, variant):
        raise ConfigError(f"{where} is of {theirs}, and {variant} was asked for: leave {variant} out, or take another")
    variant = variant or theirs
    if variant is None:
        raise ConfigError(
            f'{where} names no variant: write variant = "dcgan" into it, or name one, as `ganzoo train VARIANT`'
        )
    # The length has two names, and what was given wins whichever it is.
    dropped = _LENGTH if any(options.get(name) is not None for name in _LENGTH) else ()
    held = {key: value for key, value in held.items() if key not in dropped}
    config_class = plugins.registry().find(variant).load_config()
    preset = their_preset if preset is None else preset
    try:
        _check(variant, config_class, preset, held)
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from error
    return variant, preset, {**held, **options}


def variant_of(arguments: Iterable[str]) -> str | None:
    """The variant that a file or run behind `--config` or `--like` names; None where neither is typed."""
    rest = iter(arguments)
    for argument in rest:
        option, _, value = argument.partition("=")
        if option in ("--config", "--like") and (value := value or next(rest, "")):
            return asked(None, None, {}, **{option.removeprefix("--"): value})[0]
    return None


def length_of(config: RunConfig) -> str:
    """Which of `images` and `epochs` sets the length of a run."""
    epochs = config.training.epochs
    # A run that was resumed with another --images is no longer as long as its epochs say.
    same = epochs is not None and max(round(epochs * config.spec.count), 1) == config.options.images
    return "epochs" if same else "images"


def _of_config(source: Any) -> tuple[str, tuple[str | None, str | None, dict[str, Any]]]:
    if isinstance(source, Mapping):
        where, content = "config", dict(source)
    else:
        path = Path(source)
        where = str(path)
        if (path / CONFIG).is_file():
            raise ConfigError(f"{path} is a run: take its options by {typed('--like', path)}")
        content = read_document(path)
        if isinstance(content.get("options"), dict):
            try:
                return where, _of_record(RunConfig.read(path))
            except RunError as error:
                raise ConfigError(str(error)) from error
    # What editors find the schema by.
    content.pop("$schema", None)
    if "from" in content:
        if "from_" in content:
            raise ConfigError(f"{where}: from and from_ are one option: keep one")
        content["from_"] = content.pop("from")
    names = [content.pop(key, None) for key in ("variant", "preset")]
    for key, name in zip(("variant", "preset"), names, strict=True):
        if name is not None and (not isinstance(name, str) or not name):
            raise ConfigError(f'{where}: {key} (={name!r}) must be a name, as {key} = "dcgan"')
    return where, (names[0], names[1], content)


def _of_run(like: str | Path | Run) -> tuple[str, Asked]:
    run = like if isinstance(like, Run) else Run.open(Path(like))
    return str(run.path), _of_record(run.config)


def _of_record(config: RunConfig) -> Asked:
    """Of a run: all whose value is another without it, so that those that are worked out are worked out again."""
    recorded, length = config.to_dict(), length_of(config)
    config_class = plugins.registry().find(config.variant).load_config()
    options = _chosen(config_class, config.preset, recorded["options"], config.given, config.spec)
    for owner, part in ((DataOptions, "data"), (TrainOptions, "training")):
        usual = owner().model_dump(mode="json")
        options |= {name: value for name, value in recorded[part].items() if value != usual[name] or name == "data"}
    unused = {"source", *(name for name in _LENGTH if name != length)}
    return config.variant, config.preset, {name: value for name, value in options.items() if name not in unused}


def _chosen(
    config_class: type[VariantConfig], preset: str, recorded: Mapping[str, Any], given: Iterable[str], spec: DataSpec
) -> dict[str, Any]:
    """Options of a variant that, given again, lead to all that were recorded."""
    if preset not in config_class.presets:
        return dict(recorded)
    chosen: dict[str, Any] = {name: recorded[name] for name in given if name in recorded}
    while True:
        known = {name: value for name, value in chosen.items() if name in config_class.model_fields}
        found = config_class.resolve(preset, known).fitted(spec).model_dump(mode="json")
        other = {name: value for name, value in recorded.items() if value != found.get(name, None)}
        if other.keys() <= chosen.keys():
            return chosen
        chosen |= other


def _check(variant: str, config: type[VariantConfig], preset: str | None, held: Mapping[str, Any]) -> None:
    if preset is not None:
        config.resolve(preset, {})
    for key, value in held.items():
        owner = owner_of(config, key)
        if owner is not None:
            plain_value(owner, key, value)
        elif key in _BESIDE:
            raise ConfigError(f"{key} says nothing of what is trained: give it beside the file")
        else:
            names = ["variant", "preset", *option_keys(config)]
            meant = did_you_mean(key, names, f"`ganzoo train {variant} --help` lists them")
            raise ConfigError(f"{key} is no option of {variant}: {meant}")
