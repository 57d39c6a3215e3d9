"""Checks of a plugin as a package: its import, its requirement, its hooks. Each raises `Nonconforming`."""

from __future__ import annotations

import inspect
import re
from typing import Any

from ganzoo.core.variant import Variant
from ganzoo.errors import GanzooError
from ganzoo.plugins import DISTRIBUTION, hookspecs
from ganzoo.testing.outcome import Nonconforming, Skipped, require
from ganzoo.testing.plugin import Plugin
from ganzoo.testing.probe import look
from ganzoo.utils.version import __version__

HEAVY = ("torch", "pydantic", "numpy")


def check_import(plugin: Plugin) -> None:
    """In a process of its own, importing the plugin imports nothing heavy, raises nothing and prints nothing."""
    seen = look(plugin.module, HEAVY)
    require(
        not seen.asked,
        f"{plugin.name}: importing {plugin.module} imports {seen.asked} ({seen.where or 'by another package'}): keep "
        "the descriptor in __init__.py, and import networks and config only by the dotted names in it",
    )
    require(
        not seen.raised, f"{plugin.name}: importing {plugin.module} {seen.raised}: make `import {plugin.module}` work"
    )
    require(
        not seen.printed,
        f"{plugin.name}: importing {plugin.module} printed {seen.printed!r}: take out the print, or what warned",
    )


def check_requirement(plugin: Plugin) -> None:
    """The distribution has a requirement on torch-ganzoo with two bounds, which admits this version."""
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    if plugin.builtin:
        raise Skipped(f"{plugin.name} comes with {DISTRIBUTION} itself")
    fix = f'write "{advised_requirement()}" into its dependencies'
    found = None
    for line in plugin.requires:
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            continue
        wanted = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        if wanted and canonicalize_name(requirement.name) == DISTRIBUTION:
            found = requirement
    if found is None:
        raise Nonconforming(f"{plugin.name}: {plugin.distribution} has no requirement on {DISTRIBUTION}: {fix}")
    written = f"{plugin.name}: {plugin.distribution} requires {DISTRIBUTION}{found.specifier}"
    operators = {specifier.operator for specifier in found.specifier}
    for bound, marks in (("lower", {">", ">=", "~=", "=="}), ("upper", {"<", "<=", "~=", "=="})):
        require(bool(operators & marks), f"{written}, which has no {bound} bound: {fix}")
    require(
        found.specifier.contains(__version__, prereleases=True),
        f"{written}, and this is {__version__}: {fix} once the plugin works with it",
    )


def advised_requirement() -> str:
    """What a plugin that is made today requires: `torch-ganzoo>=0.1,<1`."""
    major, minor, *_ = __version__.split(".")
    return f"{DISTRIBUTION}>={major}.{minor},<{int(major) + 1}"


def check_hooks(plugin: Plugin) -> None:
    """It implements hooks that exist, with their arguments; they return what they should, and that can be imported."""
    record = plugin.record()
    # Pluggy writes on several lines, and names a file that may be a copy.
    reason = re.sub(r" from '[^']*'", "", " ".join(record.reason.split()))
    fix = "fix that"
    if record.status == "conflict":
        fix = "choose another name, or uninstall the other plugin"
    elif "ganzoo_" in reason.replace(plugin.module, ""):
        fix = f"fix that; the hooks are {_signatures(reason)}"
    require(record.status == "ok", f"{plugin.name}: it is not used ({record.status}): {reason}: {fix}")
    module = plugin.load()
    unmarked = [name for name in _own_hooks(module) if not hasattr(getattr(module, name), "ganzoo_impl")]
    require(not unmarked, f"{plugin.name}: {', '.join(unmarked)} has no mark: write @ganzoo.hookimpl above it")
    require(bool(record.hooks), f"{plugin.name}: {plugin.target} implements no hook: the hooks are {_signatures()}")
    for item in _items(plugin):
        try:
            item.load()
        except GanzooError as error:
            raise Nonconforming(f"{plugin.name}: {error}: fix the name, or what it stands for") from error


def _own_hooks(module: Any) -> list[str]:
    return [name for name in dir(module) if name.startswith("ganzoo_") and inspect.isfunction(getattr(module, name))]


def _items(plugin: Plugin) -> list[Any]:
    """What it provides besides variants, which have checks of their own."""
    from ganzoo import plugins

    return [item for item in plugins.registry().items_of(plugin.record()) if not isinstance(item, Variant)]


def _signatures(said: str = "") -> str:
    """The hooks that a sentence names, with arguments and type, or all."""
    hooks = {
        name: f"{name}{inspect.signature(function)}".replace("'", "")
        for name, function in vars(hookspecs).items()
        if name.startswith("ganzoo_")
    }
    return ", ".join([signature for name, signature in hooks.items() if name in said] or hooks.values())
