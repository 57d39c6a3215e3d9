"""Registries by name, in `config.toml`.

[registries]
lab = "/srv/zoo"
us = "hf://our-org"
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from ganzoo.errors import RegistryError
from ganzoo.utils import config_file
from ganzoo.utils.shell import typed

RESERVED = ("builtin", "file", "hf", "runs")
"""They mean something in references already."""

_TABLE = "registries"
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_ON_A_HUB = re.compile(r"[a-z][a-z0-9]*://[A-Za-z0-9][A-Za-z0-9._-]*")


def registries() -> dict[str, str]:
    """Folder, or `hf://org`, by the name of the registry, in the order of the file.

    Raises:
        ConfigError: If the file cannot be read.
        RegistryError: If it has a registry that cannot be.
    """
    found = config_file.table(_TABLE)
    for name, place in found.items():
        known = isinstance(place, str) and "\0" not in place
        if not known or not (_ON_A_HUB.fullmatch(place) or Path(place).is_absolute()):
            raise RegistryError(
                f"{config_file.path()}: the registry {name!r:.80} (={place!r:.80}) must be an absolute folder or hf://org"
            )
        if fault := _fault(name):
            raise RegistryError(f"{config_file.path()}: {fault}")
    return found


def add_registry(name: str, place: str) -> str:
    """Give a name to a folder or to an account on the Hub.

    Args:
        name: Lower-case letters, digits and hyphens.
        place: An existing folder, or `hf://org`.

    Returns:
        The place as it was kept, a folder in full.

    Raises:
        RegistryError: If one of them is refused, or the name is taken by another place.
    """
    if fault := _fault(name):
        raise RegistryError(fault)
    if "://" in place:
        if not _ON_A_HUB.fullmatch(place) or place.startswith("file:"):
            raise RegistryError(f"{place!r:.100} cannot be a registry: give a folder, or an account as hf://org")
    else:
        place = os.path.abspath(Path(place).expanduser())
        if not os.path.isdir(place):
            raise RegistryError(f"{place} is no folder: make it first, with `{typed('mkdir', '-p', place)}`")
    with config_file.locked():
        known = registries().get(name)
        if known not in (None, place):
            raise RegistryError(
                f"{name} is {known} already: take another name, or `ganzoo registry remove {name}` first"
            )
        if known is None:
            config_file.write(_TABLE, name, place)
    return place


def remove_registry(name: str) -> str:
    """Forget a name; its models stay where they are.

    Returns:
        The place that it stood for.

    Raises:
        RegistryError: If there is no such name.
    """
    with config_file.locked():
        known = registries()
        if name not in known:
            raise RegistryError(f"no registry is called {name!r:.80}: there are {', '.join(known) or 'none'}")
        config_file.write(_TABLE, name, None)
    return known[name]


def _fault(name: str) -> str:
    """Why a registry cannot have a name; empty if it can."""
    if not _NAME.fullmatch(name) or len(name) > 40:
        return f"{name!r:.80} cannot be the name of a registry: use lower-case letters, digits and hyphens, at most 40"
    return f"{name!r} means something else in references: take another name" if name in RESERVED else ""
