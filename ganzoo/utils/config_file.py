"""`config.toml` in ganzoo's home. What else a person wrote in it stays as it is, comments too.

[registries]
lab = "/srv/zoo"

[plugins]
disabled = ["newgan"]
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from ganzoo.errors import ConfigError
from ganzoo.utils.files import write_atomically
from ganzoo.utils.locks import waiting_lock
from ganzoo.utils.places import home


def path() -> Path:
    """Of the file. Need not exist."""
    usual = home() / "config.toml"
    # A link, as managers of dot files make it, stays one when the file is replaced.
    return Path(os.path.realpath(usual)) if usual.is_symlink() else usual


def table(name: str) -> dict[str, Any]:
    """One table of the file; empty where there is none.

    Raises:
        ConfigError: If the file cannot be read, or has something else under that name.
    """
    try:
        found = tomllib.loads(_text()).get(name, {})
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path()} is no TOML: {error}") from error
    if not isinstance(found, dict):
        raise ConfigError(f"{path()}: {name} (={found!r:.80}) must be a table, as [{name}]")
    return found


@contextmanager
def locked() -> Iterator[None]:
    """Keep other processes from changing the file between a look and a change.

    Raises:
        ConfigError: If ganzoo's home cannot be written.
        RegistryError: If another process does not let go of it.
    """
    with ExitStack() as stack:
        try:
            home().mkdir(parents=True, exist_ok=True)
            stack.enter_context(waiting_lock(home() / ".config.lock", f"changes {path()}"))
        except OSError as error:
            raise _unwritable(error) from error
        yield


def write(name: str, key: str, value: Any) -> None:
    """Write the file again, in one move, with one key of one table set, or (None) taken out. Call it `locked`.

    Raises:
        ConfigError: If it cannot be written.
    """
    import tomlkit

    document: Any = tomlkit.parse(_text())
    if value is None:
        del document[name][key]
    else:
        document.setdefault(name, tomlkit.table())[key] = value
    try:
        write_atomically(path(), tomlkit.dumps(document))
    except OSError as error:
        raise _unwritable(error) from error


def _text() -> str:
    try:
        return path().read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise ConfigError(f"{path()} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path()} cannot be read: {error}") from error


def _unwritable(error: OSError) -> ConfigError:
    return ConfigError(f"{path()} cannot be written: {error.strerror or error}; GANZOO_HOME moves ganzoo's folder")
