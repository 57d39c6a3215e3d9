"""`config.toml` in ganzoo's home: registries by name.

    [registries]
    lab = "/srv/zoo"
    us = "hf://our-org"

What else a person wrote in it stays as it is, comments too.
"""

from __future__ import annotations

import os
import re
import tomllib
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import filelock

from ganzoo.core.home import home
from ganzoo.errors import RegistryError

RESERVED = ("builtin", "file", "hf", "runs")
"""They mean something in references already."""

_TABLE = "registries"
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_ON_A_HUB = re.compile(r"[a-z][a-z0-9]*://[A-Za-z0-9][A-Za-z0-9._-]*")


def path() -> Path:
    """Of the file. Need not exist."""
    usual = home() / "config.toml"
    # A link, as managers of dot files make it, stays one when the file is replaced.
    return Path(os.path.realpath(usual)) if usual.is_symlink() else usual


def registries() -> dict[str, str]:
    """Folder, or `hf://org`, by the name of the registry, in the order of the file.

    Raises:
        RegistryError: If the file cannot be read, or has a registry that cannot be.
    """
    found = _parsed(_text()).get(_TABLE, {})
    if not isinstance(found, dict):
        raise RegistryError(f"{path()}: {_TABLE} (={found!r:.80}) must be a table, as [{_TABLE}]")
    for name, place in found.items():
        if not isinstance(place, str) or not (_ON_A_HUB.fullmatch(place) or Path(place).is_absolute()):
            raise RegistryError(
                f"{path()}: the registry {name!r:.80} (={place!r:.80}) must be an absolute folder or hf://org"
            )
        if fault := _fault(name):
            raise RegistryError(f"{path()}: {fault}")
    return dict(found)


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
            raise RegistryError(f"{place} is no folder: make it first, with `mkdir -p {place}`")
    with _locked():
        known = registries().get(name)
        if known not in (None, place):
            raise RegistryError(
                f"{name} is {known} already: take another name, or `ganzoo registry remove {name}` first"
            )
        if known is None:
            _change(name, place)
    return place


def remove_registry(name: str) -> str:
    """Forget a name; its models stay where they are.

    Returns:
        The place that it stood for.

    Raises:
        RegistryError: If there is no such name.
    """
    with _locked():
        known = registries()
        if name not in known:
            raise RegistryError(f"no registry is called {name!r:.80}: there are {', '.join(known) or 'none'}")
        _change(name, None)
    return known[name]


def _change(name: str, place: str | None) -> None:
    """Write the file anew, in one move, with one registry set or (None) taken out."""
    import tomlkit

    document: Any = tomlkit.parse(_text())
    if place is None:
        del document[_TABLE][name]
    else:
        document.setdefault(_TABLE, tomlkit.table())[name] = place
    target = path()
    aside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        aside.write_text(tomlkit.dumps(document), encoding="utf-8")
        aside.replace(target)
    except OSError as error:
        raise _unwritable(error) from error
    finally:
        aside.unlink(missing_ok=True)


def _text() -> str:
    try:
        return path().read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise RegistryError(f"{path()} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise RegistryError(f"{path()} cannot be read: {error}") from error


def _parsed(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RegistryError(f"{path()} is no TOML: {error}") from error


def _fault(name: str) -> str:
    """Why a registry cannot have a name; empty if it can."""
    if not _NAME.fullmatch(name) or len(name) > 40:
        return f"{name!r:.80} cannot be the name of a registry: use lower-case letters, digits and hyphens, at most 40"
    return f"{name!r} means something else in references: take another name" if name in RESERVED else ""


def _locked() -> AbstractContextManager[object]:
    try:
        home().mkdir(parents=True, exist_ok=True)
        return filelock.FileLock(home() / ".config.lock").acquire()
    except OSError as error:
        raise _unwritable(error) from error


def _unwritable(error: OSError) -> RegistryError:
    return RegistryError(f"{path()} cannot be written: {error.strerror or error}; GANZOO_HOME moves ganzoo's folder")
