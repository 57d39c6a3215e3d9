"""The command line that trains a run again, from its `config.json`."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from pydantic.fields import FieldInfo

from ganzoo import plugins
from ganzoo.core.config import Options, option_name
from ganzoo.core.variant import Variant
from ganzoo.data.options import DataOptions
from ganzoo.errors import GanzooError
from ganzoo.runs.asked import length_of
from ganzoo.runs.config import RunConfig
from ganzoo.runs.options import TrainOptions


@dataclass(frozen=True)
class Recipe:
    """How a run came about.

    Args:
        command: To type in a shell.
        variant: Its descriptor, None where its plugin is not here.
        fields: The variant's options by name; empty where they are not known.
        origins: Where the values of the variant's options came from: `given`, `preset` or `default`.
        notes: What stands between the command and the same run.
    """

    command: str
    variant: Variant | None
    fields: Mapping[str, FieldInfo]
    origins: Mapping[str, str]
    notes: tuple[str, ...]

    @classmethod
    def of(cls, run_config: RunConfig) -> Self:
        """Of a config; a variant that is not installed has all of its options spelled out."""
        variant, config = None, None
        resolved: Mapping[str, Any] = {}
        notes = []
        name, preset, recorded = run_config.variant, run_config.preset, run_config.to_dict()
        try:
            variant = plugins.registry().find(name)
            config = variant.load_config()
            resolved = config.resolve(preset, {}).model_dump(mode="json")
            notes += _other_version(run_config)
        except GanzooError as error:
            notes.append(f"What the preset stood for is not known here, so every option is spelled out: {error}")
        words = ["ganzoo", "train", name, *(["--preset", preset] if resolved else [])]
        left_out = "images" if length_of(run_config) == "epochs" else "epochs"
        for values, known in (
            (recorded["options"], resolved),
            (recorded["data"], _defaults(DataOptions)),
            (recorded["training"], _defaults(TrainOptions)),
        ):
            words += _words({option: value for option, value in values.items() if option != left_out}, known)
        notes.append(_bits(run_config.system))
        fields = config.model_fields if config else {}
        own = config.presets[preset] if config and resolved else {}
        origins = {
            option: "given"
            if option in run_config.given or value != resolved[option]
            else "preset"
            if option in own
            else "default"
            for option, value in recorded["options"].items()
            if option in resolved
        }
        return cls(shlex.join(words), variant, fields, origins, tuple(notes))


def _defaults(owner: type[Options]) -> dict[str, Any]:
    return owner.parse({}).model_dump(mode="json")


def _words(values: Mapping[str, Any], known: Mapping[str, Any]) -> list[str]:
    """Options whose values are not those that are there without them."""
    words = []
    for name, value in values.items():
        if name in known and value == known[name]:
            continue
        option = option_name(name)
        if isinstance(value, bool):
            words.append(option if value else f"--no-{option.removeprefix('--')}")
        elif value is not None:
            written = ",".join(map(str, value)) if isinstance(value, list) else str(value)
            # A value with a hyphen in front would be taken for an option.
            words += [f"{option}={written}"] if written.startswith("-") else [option, written]
    return words


def _other_version(config: RunConfig) -> list[str]:
    owner, then = plugins.registry().plugin_of(config.variant), config.plugin
    if (then.distribution, then.version) == (owner.distribution, owner.version):
        return []
    return [
        f"It was trained with {then.distribution} {then.version}, "
        f"and {owner.distribution} {owner.version} is installed here."
    ]


def _bits(system: Mapping[str, Any]) -> str:
    ran = f"It ran on {system.get('device', 'an unknown device')} with torch {system.get('torch', '(unknown)')}"
    if system.get("device") != "cpu":
        return f"{ran}: there the command gives much the same run, not the same bits."
    threads = system.get("threads", "?")
    return (
        f"{ran}, {threads} thread{'' if threads == 1 else 's'} and a processor with {system.get('processor', '?')}: "
        f"with these (--device cpu, OMP_NUM_THREADS={threads}) it gives the same bits, elsewhere much the same run."
    )
