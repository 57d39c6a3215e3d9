"""`StoreScheme`: a kind of model store that a plugin brings. Imports nothing heavy."""

from __future__ import annotations

import importlib
import re
from dataclasses import dataclass
from typing import Any

from ganzoo.errors import PluginError


@dataclass(frozen=True, slots=True)
class StoreScheme:
    """What stands before `://` in a reference, and who answers for it.

    Args:
        scheme: As in `hf://org/name`: lower-case letters and digits.
        factory: `"package.module:name"` of a callable `(offline: bool) -> Store`, imported when it is needed.

    Raises:
        PluginError: If a field has a value that is not allowed.
    """

    scheme: str
    factory: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9]*", self.scheme):
            raise PluginError(f"store scheme {self.scheme!r} is not allowed: use lower-case letters and digits")
        if not re.fullmatch(r"[\w.]+:\w+", self.factory):
            raise PluginError(
                f"store {self.scheme!r}: factory (={self.factory!r}) must look like 'package.module:name'"
            )

    def load(self, *, offline: bool) -> Any:
        """Import the factory and make the `ganzoo.registry.store.Store`."""
        module, _, attribute = self.factory.partition(":")
        try:
            factory = getattr(importlib.import_module(module), attribute)
        except (ImportError, AttributeError, SyntaxError) as error:
            raise PluginError(
                f"store {self.scheme!r} names {self.factory!r}, which cannot be imported: "
                f"{type(error).__name__}: {error}"
            ) from error
        return factory(offline=offline)
