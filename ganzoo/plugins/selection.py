"""Which plugins the user wants. Decided by names alone, before any of them is imported.

`--no-plugin NAME` leaves one out of one command, `GANZOO_PLUGINS=a,b` takes these third parties alone
(`GANZOO_PLUGINS=` none), and `disabled` under `[plugins]` in `config.toml` leaves some out until they are enabled
again. A plugin answers to the name of its entry point and to that of its distribution.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

from ganzoo.errors import ConfigError
from ganzoo.plugins.entry_points import ESSENTIAL
from ganzoo.plugins.record import PluginRecord
from ganzoo.utils import config_file
from ganzoo.utils.shell import typed

VARIABLE = "GANZOO_PLUGINS"

_left_out: list[str] = []


def leave_out(names: Iterable[str]) -> None:
    """Do not load these plugins in this process; for `--no-plugin`, before anything asks for plugins."""
    _left_out.extend(names)


def left_out() -> list[str]:
    """What `leave_out` was told, for processes that this one starts."""
    return list(_left_out)


class Selection:
    """The user's choice, read once.

    Raises:
        ConfigError: If `config.toml` cannot be read.
    """

    def __init__(self) -> None:
        given = os.environ.get(VARIABLE)
        self.only = None if given is None else [name.strip() for name in given.split(",") if name.strip()]
        self.disabled = disabled()

    def refusal(self, record: PluginRecord) -> str:
        """Why a plugin is not wanted; empty if it is."""
        if record.builtin and record.name == ESSENTIAL:
            return ""
        if answers(record, _left_out):
            return "--no-plugin leaves it out of this command"
        if answers(record, self.disabled):
            return (
                f"{config_file.path()} disables it: `{typed('ganzoo', 'plugins', 'enable', record.name)}` takes it back"
            )
        if self.only is not None and not record.builtin and not answers(record, self.only):
            return f"{VARIABLE} (={os.environ[VARIABLE]}) does not name it" if self.only else f"{VARIABLE} is empty"
        return ""

    def check(self, records: list[PluginRecord]) -> list[str]:
        """Look for names that no plugin answers to.

        Returns:
            A sentence for each in the environment variable, which is set for all commands.

        Raises:
            ConfigError: For one that was typed on this command line.
        """
        for name in _left_out:
            if name == ESSENTIAL:
                raise ConfigError(f"--no-plugin {name}: that is ganzoo's own data and metrics, and cannot be left out")
            if not _known(name, records):
                there = ", ".join(record.name for record in records if record.name != ESSENTIAL)
                raise ConfigError(f"--no-plugin {name}: no plugin is called that; there are {there}")
        unknown = [name for name in self.only or () if not _known(name, records)]
        return [f"{VARIABLE} names {name!r}, and no plugin is called that" for name in unknown]


def disabled() -> list[str]:
    """Names that `config.toml` disables.

    Raises:
        ConfigError: If the file cannot be read, or has something else there.
    """
    names = config_file.table("plugins").get("disabled", [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ConfigError(f"{config_file.path()}: plugins.disabled (={names!r:.80}) must be a list of names")
    return names


def set_disabled(record: PluginRecord, *, disable: bool) -> bool:
    """Disable a plugin in `config.toml`, or enable it again.

    Returns:
        Whether that changed anything.

    Raises:
        ConfigError: If it cannot be disabled, or the file cannot be written.
    """
    if disable and record.builtin and record.name == ESSENTIAL:
        raise ConfigError(f"{record.name} is ganzoo's own data and metrics, and cannot be disabled")
    with config_file.locked():
        before = disabled()
        others = [name for name in before if not answers(record, [name])]
        after = [*others, record.name] if disable else others
        changed = answers(record, before) != disable
        if changed:
            config_file.write("plugins", "disabled", after)
    return changed


def answers(record: PluginRecord, names: list[str]) -> bool:
    """Whether one of the names is that of the plugin or, unless it is ganzoo's own, of its distribution."""
    own = {_same(record.name)} | (set() if record.builtin else {_same(record.distribution)})
    return any(_same(name) in own for name in names)


def _known(name: str, records: list[PluginRecord]) -> bool:
    return any(answers(record, [name]) for record in records)


def _same(name: str) -> str:
    """Names of distributions are alike in upper and lower case, with `-`, `_` or `.`."""
    return re.sub(r"[-_.]+", "-", name).lower()
