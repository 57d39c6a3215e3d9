"""What plugins provide, when it is used: what its code does wrong becomes one sentence that names the plugin."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ganzoo.errors import GanzooError, PluginError, said
from ganzoo.plugins.record import PluginRecord
from ganzoo.plugins.registry import HOOKS, kind_words, registry


def owner(item: Any) -> PluginRecord:
    """The plugin that provides a descriptor."""
    hook = HOOKS[type(item)]
    return next(
        record for record in registry().records if record.status == "ok" and item.name in record.provides.get(hook, ())
    )


def described(item: Any) -> str:
    """How messages name what a plugin provides: `metric 'entropy' of the plugin 'mine'`."""
    record = owner(item)
    return f"{kind_words(type(item))} {item.name!r}" + ("" if record.builtin else f" of the plugin {record.name!r}")


@contextmanager
def blaming(item: Any, error: type[GanzooError] = PluginError) -> Iterator[None]:
    """Run what a descriptor stands for in here.

    Raises:
        GanzooError: `error`, with one sentence, for whatever a third party's code raises that is no `GanzooError`; what
            ganzoo's own raises goes through.
    """
    try:
        yield
    except (GanzooError, MemoryError, KeyboardInterrupt):
        raise
    # Code of third parties: it may raise anything, SystemExit included.
    except BaseException as raised:
        if owner(item).builtin:
            raise
        raise error(f"{described(item)} raised {said(raised)}") from raised
