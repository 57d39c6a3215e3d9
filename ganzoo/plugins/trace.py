"""`GANZOO_TRACE_PLUGINS=1`: what plugins do while they are discovered, and how long it takes, on stderr."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from ganzoo.utils.text import shown

VARIABLE = "GANZOO_TRACE_PLUGINS"


@contextmanager
def traced(action: str, plugin: str) -> Iterator[None]:
    """Time what is done in here, and print it where that is asked for.

    Args:
        action: `import`, or the name of a hook.
        plugin: Its name.
    """
    if os.environ.get(VARIABLE, "") in ("", "0"):
        yield
        return
    started = time.perf_counter()
    outcome = "raised"
    try:
        yield
        outcome = "done"
    finally:
        milliseconds = (time.perf_counter() - started) * 1000
        line = f"ganzoo plugins: {action:<20} {plugin:<16} {milliseconds:7.2f} ms  {outcome}"
        print(shown(line, kept=""), file=sys.stderr, flush=True)
