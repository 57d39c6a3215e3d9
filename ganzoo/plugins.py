"""Finds plugins, checks them, loads each on its own, and reports on all of them.

A plugin that cannot be used costs its own variants and nothing else. Nothing here imports torch.
"""

from __future__ import annotations

import difflib
import importlib.metadata
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from types import ModuleType
from typing import Any, Literal

import pluggy

from ganzoo import hookspecs
from ganzoo._version import __version__
from ganzoo.core.store_scheme import StoreScheme
from ganzoo.core.variant import Variant
from ganzoo.errors import ConfigError, PluginError

DISTRIBUTION = "torch-ganzoo"
Status = Literal["ok", "failed", "incompatible", "conflict"]


@dataclass
class PluginRecord:
    """What `ganzoo plugins` shows of one plugin.

    Args:
        name: Of its entry point.
        distribution: The installed distribution that brings it, and `version` its version.
        status: `"ok"`, `"failed"` (raised, or returned something else than it should), `"incompatible"` (its
            requirement on torch-ganzoo excludes this version) or `"conflict"` (a variant name is taken).
        reason: One sentence where the status is not `"ok"`.
        variants: Names of the variants that it brings.
        builtin: It comes with torch-ganzoo itself.
    """

    name: str
    distribution: str = ""
    version: str = ""
    status: Status = "ok"
    reason: str = ""
    variants: list[str] = field(default_factory=list)
    builtin: bool = False


class PluginRegistry:
    """The loaded plugins, a record of every one found, and the variants by name."""

    def __init__(self) -> None:
        self.manager = pluggy.PluginManager(hookspecs.PROJECT)
        self.manager.add_hookspecs(hookspecs)
        self.records: list[PluginRecord] = []
        self.variants: dict[str, Variant] = {}
        self._owners: dict[str, PluginRecord] = {}

    def discover(self) -> None:
        """Load every entry point of the group `ganzoo`, those of torch-ganzoo first: their names are reserved."""
        found = importlib.metadata.entry_points(group=hookspecs.PROJECT)
        for entry_point in sorted(found, key=lambda e: (not _is_builtin(e), e.name)):
            record = _record(entry_point)
            self.records.append(record)
            reason = _incompatible(entry_point)
            if reason:
                record.status, record.reason = "incompatible", reason
                continue
            try:
                with _torch_blocked():
                    module = entry_point.load()
            # A plugin may raise anything while it is imported, SystemExit included; only Ctrl-C is the user's.
            except BaseException as error:
                if isinstance(error, KeyboardInterrupt):
                    raise
                record.status, record.reason = "failed", f"import raised {type(error).__name__}: {error}"
                continue
            with _torch_blocked():
                self._load(module, record)

    def register(self, plugin: ModuleType | Any, name: str) -> PluginRecord:
        """Load a plugin object that is not installed: a module, or anything with hook implementations.

        Raises:
            PluginError: If it cannot be used; it is then not registered.
        """
        record = PluginRecord(name=name)
        self._load(plugin, record)
        if record.status != "ok":
            raise PluginError(f"plugin {name!r}: {record.reason}")
        self.records.append(record)
        return record

    def find(self, name: str) -> Variant:
        """The variant called `name`.

        Raises:
            ConfigError: If no plugin brings it, naming the nearest that exists.
            PluginError: If the plugin that brings it could not be loaded.
        """
        if name in self.variants:
            return self.variants[name]
        for record in self.records:
            if record.status != "ok" and name in (record.name, *record.variants):
                raise PluginError(f"variant {name!r}: its plugin was not loaded: {record.reason}")
        near = difflib.get_close_matches(name, self.variants, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(self.variants))}."
        raise ConfigError(f"no variant is called {name!r}: {hint} `ganzoo list` shows all.")

    def plugin_of(self, variant: str) -> PluginRecord:
        """The record of the plugin that brings a variant."""
        return self._owners[variant]

    def store_schemes(self) -> list[StoreScheme]:
        """The kinds of model store that plugins bring.

        Raises:
            PluginError: If a plugin returns something else.
        """
        schemes: list[StoreScheme] = []
        for found in self.manager.hook.ganzoo_stores():
            if not isinstance(found, list) or not all(isinstance(scheme, StoreScheme) for scheme in found):
                raise PluginError(f"ganzoo_stores returned {found!r}, and must return a list of StoreScheme")
            schemes += found
        return schemes

    def _load(self, plugin: ModuleType | Any, record: PluginRecord) -> None:
        try:
            self.manager.register(plugin, record.name)
            self.manager.check_pending()
            variants = self._variants_of(plugin)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            record.status, record.reason = "failed", f"{type(error).__name__}: {error}"
            self._forget(plugin)
            return
        record.variants = [variant.name for variant in variants]
        taken = [name for name in record.variants if name in self._owners]
        if taken:
            self._forget(plugin)
            self._conflict(record, taken[0])
            return
        self.variants |= {variant.name: variant for variant in variants}
        self._owners |= dict.fromkeys(record.variants, record)

    def _variants_of(self, plugin: object) -> list[Variant]:
        for implementation in self.manager.hook.ganzoo_variants.get_hookimpls():
            if implementation.plugin is plugin:
                variants = implementation.function()
                if not isinstance(variants, list) or not all(isinstance(v, Variant) for v in variants):
                    raise PluginError(f"ganzoo_variants returned {variants!r}, and must return a list of Variant")
                return variants
        return []

    def _conflict(self, record: PluginRecord, name: str) -> None:
        """Two strangers lose both; a built-in keeps its name."""
        owner = self._owners[name]
        record.status = "conflict"
        record.reason = f"variant {name!r} is also brought by {owner.name!r} of {owner.distribution or 'this process'}"
        if owner.builtin:
            return
        owner.status = "conflict"
        owner.reason = f"variant {name!r} is also brought by {record.name!r} of {record.distribution or 'this process'}"
        for variant in owner.variants:
            self.variants.pop(variant, None)

    def _forget(self, plugin: object) -> None:
        if self.manager.is_registered(plugin):
            self.manager.unregister(plugin)


@cache
def registry() -> PluginRegistry:
    """The process's plugins, discovered on first use."""
    found = PluginRegistry()
    found.discover()
    return found


def variants() -> list[Variant]:
    """All variants of the plugins that could be loaded, by name."""
    return [variant for _, variant in sorted(registry().variants.items())]


def _is_builtin(entry_point: importlib.metadata.EntryPoint) -> bool:
    return entry_point.dist is not None and entry_point.dist.name == DISTRIBUTION


def _record(entry_point: importlib.metadata.EntryPoint) -> PluginRecord:
    dist = entry_point.dist
    if dist is None:
        return PluginRecord(name=entry_point.name)
    return PluginRecord(entry_point.name, dist.name, dist.version, builtin=_is_builtin(entry_point))


def _incompatible(entry_point: importlib.metadata.EntryPoint) -> str:
    """Why the plugin's requirement on torch-ganzoo excludes this version; empty if it does not."""
    if entry_point.dist is None or _is_builtin(entry_point):
        return ""
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    for line in entry_point.dist.requires or []:
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            continue
        if canonicalize_name(requirement.name) != DISTRIBUTION:
            continue
        if not requirement.specifier.contains(__version__, prereleases=True):
            return f"it requires {DISTRIBUTION}{requirement.specifier}, and this is {__version__}"
    return ""


class _TorchBlocker:
    """A finder that refuses torch, so that a plugin which imports it at top level cannot slow every command."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name == "torch":
            raise ImportError("a plugin's __init__ must not import torch: name the factory as 'package.module:build'")


@contextmanager
def _torch_blocked() -> Iterator[None]:
    if "torch" in sys.modules:
        yield
        return
    blocker = _TorchBlocker()
    sys.meta_path.insert(0, blocker)
    try:
        yield
    finally:
        sys.meta_path.remove(blocker)
