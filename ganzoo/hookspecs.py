"""The hooks that a plugin may implement. A hook only ever gains arguments."""

from __future__ import annotations

import pluggy

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
