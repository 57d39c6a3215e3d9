"""The hooks that a plugin may implement. A hook only ever gains arguments."""

from __future__ import annotations

import pluggy

from ganzoo.core.store_scheme import StoreScheme
from ganzoo.core.variant import Variant

PROJECT = "ganzoo"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
"""Marks a plugin's function as the implementation of the hook of the same name."""


@hookspec
def ganzoo_variants() -> list[Variant]:  # type: ignore[empty-body]
    """Return the descriptors of the GAN variants that this plugin brings.

    Called at start-up of every command, so it must import neither torch nor pydantic: a `Variant` names its
    config class and its factory as `"package.module:name"`, and they are imported when they are needed.
    """


@hookspec
def ganzoo_stores() -> list[StoreScheme]:  # type: ignore[empty-body]
    """Return the kinds of model store that this plugin brings; `scheme://name` then works as a reference.

    Called when a reference is resolved. A `StoreScheme` names its factory, which is imported when it is needed.
    """
