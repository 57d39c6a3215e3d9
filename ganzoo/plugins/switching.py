"""Find an installed plugin by name; disable and enable it."""

from __future__ import annotations

from ganzoo.errors import ConfigError
from ganzoo.plugins.record import PluginRecord
from ganzoo.plugins.registry import installed, registry
from ganzoo.plugins.selection import answers, set_disabled
from ganzoo.plugins.survivors import forgive
from ganzoo.utils.nearest import did_you_mean


def find_plugin(name: str) -> PluginRecord:
    """An installed plugin, used or not, as its metadata tell it; `registry().records` has what it provides.

    Args:
        name: Of the plugin, of its distribution, or of one of its variants.

    Raises:
        ConfigError: If none is called that.
    """
    # By the metadata first, so that no plugin's code gets in the way.
    records = installed()
    for record in records:
        if answers(record, [name]):
            return record
    for record in registry().records:
        if name in record.variants:
            return record
    hint = did_you_mean(name, [record.name for record in records], "`ganzoo plugins` lists those that are installed.")
    raise ConfigError(f"no plugin is called {name!r}: {hint}")


def disable(name: str) -> bool:
    """Do not load a plugin from the next process on, until it is enabled: written into `config.toml` in ganzoo's home.

    Args:
        name: As in `find_plugin`.

    Returns:
        Whether that changed anything.

    Raises:
        ConfigError: If none is called that, it cannot be disabled, or the file cannot be written.
    """
    return set_disabled(find_plugin(name), disable=True)


def enable(name: str) -> bool:
    """Load a plugin again, from the next process on.

    Args:
        name: As in `find_plugin`.

    Returns:
        Whether that changed anything.

    Raises:
        ConfigError: If none is called that, or the file cannot be written.
    """
    record = find_plugin(name)
    changed = set_disabled(record, disable=False)
    # To enable one in which a process died is to try it again.
    return forgive(record.name) or changed
