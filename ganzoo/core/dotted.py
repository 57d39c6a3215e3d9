"""Names of the form `"package.module:name"`, which are imported when they are needed."""

from __future__ import annotations

import importlib
import re
from typing import Any

from ganzoo.errors import GanzooError, PluginError, said

NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
"""What a plugin may call what it provides."""


def check_name(what: str, name: str) -> None:
    """Refuse a name that cannot be typed easily.

    Raises:
        PluginError: Unless it is of lower-case letters, digits and single hyphens.
    """
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise PluginError(f"{what} name {name!r} is not allowed: use lower-case letters, digits and single hyphens")


def check_dotted(what: str, dotted: str) -> None:
    """Refuse what cannot be a dotted name.

    Args:
        what: How the message names it, e.g. `"variant 'dcgan': factory"`.
        dotted: The name.

    Raises:
        PluginError: Unless it looks like one.
    """
    if not isinstance(dotted, str) or not re.fullmatch(r"[\w.]+:\w+", dotted):
        raise PluginError(f"{what} (={dotted!r}) must look like 'package.module:name'")


def resolve(what: str, dotted: str) -> Any:
    """Import what a dotted name stands for.

    Args:
        what: How the message names its owner, e.g. `"variant 'dcgan'"`.
        dotted: The name.

    Raises:
        PluginError: If that raises, whatever it is.
    """
    module, _, attribute = dotted.partition(":")
    try:
        return getattr(importlib.import_module(module), attribute)
    except GanzooError:
        raise
    # Code of third parties: it may raise anything, SystemExit included; only Ctrl-C is the user's.
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise PluginError(f"{what} names {dotted!r}, which cannot be imported: {said(error)}") from error
