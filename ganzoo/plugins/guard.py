"""What plugins provide, when it is used: what its code does wrong becomes one sentence that names the plugin."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ganzoo.errors import GanzooError, PluginError
from ganzoo.plugins.record import PluginRecord
from ganzoo.plugins.registry import KINDS, registry

_HOOKS = {kind: hook for hook, kind in KINDS.items()}


def owner(item: Any) -> PluginRecord:
    """The plugin that provides a descriptor."""
    hook = _HOOKS[type(item)]
    return next(
        record for record in registry().records if record.status == "ok" and item.name in record.provides.get(hook, ())
    )


def described(item: Any) -> str:
    """How messages name what a plugin provides: `metric 'entropy' of the plugin 'mine'`."""
    what, record = _HOOKS[type(item)].removeprefix("ganzoo_").removesuffix("s").replace("_", " "), owner(item)
    return f"{what} {item.name!r}" + ("" if record.builtin else f" of the plugin {record.name!r}")


def unused(kind: type[Any], name: str) -> str:
    """Why what has that name is not there, where its plugin was found and is not used; empty otherwise."""
    for record in registry().records:
        if record.status != "ok" and name in record.provides.get(_HOOKS[kind], ()):
            return (
                f"its plugin {record.name!r} is not used ({record.status}): {record.reason}. "
                f"`ganzoo plugins doctor {record.name}` tells more"
            )
    return ""


@contextmanager
def blaming(item: Any, error: type[GanzooError] = PluginError) -> Iterator[None]:
    """Run what a descriptor stands for in here.

    Raises:
        GanzooError: `error`, with one sentence, for whatever a third party's code raises that is no `GanzooError`; what
            ganzoo's own raises goes through.
    """
    try:
        yield
    except (GanzooError, MemoryError):
        raise
    # Code of third parties: it may raise anything, SystemExit included.
    except (Exception, SystemExit) as raised:
        if owner(item).builtin:
            raise
        raise error(f"{described(item)} raised {type(raised).__name__}: {raised}") from raised
