"""`Plugin`: an installed plugin, found by the name of its entry point, its distribution or its import package."""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

from ganzoo import plugins
from ganzoo.core.variant import Variant
from ganzoo.errors import PluginError
from ganzoo.plugins.entry_points import entry_points, records_of
from ganzoo.plugins.hookspecs import PROJECT
from ganzoo.plugins.record import PluginRecord
from ganzoo.utils.nearest import did_you_mean


@dataclass(frozen=True)
class Plugin:
    """One entry point of the group `ganzoo`, as the installation knows it: nothing of it was imported yet.

    Args:
        name: Of the entry point.
        target: What it names: a module, or `module:attribute`.
        distribution: What provides it, and `version` of that.
        version: Likewise.
        requires: The distribution's requirements.
        builtin: It comes with torch-ganzoo itself.
    """

    name: str
    target: str
    distribution: str
    version: str
    requires: tuple[str, ...]
    builtin: bool

    @property
    def module(self) -> str:
        """The module that is imported."""
        return self.target.partition(":")[0].strip()

    @property
    def package(self) -> str:
        """The import package that it lies in."""
        return self.module.partition(".")[0]

    def record(self) -> PluginRecord:
        """What discovery says of it; one that the user disabled is loaded all the same."""
        registry = plugins.registry()
        # The last, because a disabled one is registered again below.
        for record in reversed(registry.records):
            if (record.name, record.distribution) == (self.name, self.distribution):
                if record.status != "disabled":
                    return record
                again = registry.register(self.load(), self.name)
                again.distribution, again.version = self.distribution, self.version
                return again
        raise PluginError(f"plugin {self.name!r} of {self.distribution} was installed after this process had begun")

    def load(self) -> Any:
        """Import what the entry point names."""
        return EntryPoint(self.name, self.target, PROJECT).load()

    def variants(self) -> list[Variant]:
        """Those that it provides; none if it is not used."""
        record = self.record()
        return [plugins.registry().variants[name] for name in record.variants] if record.status == "ok" else []

    def files(self) -> list[Path]:
        """The Python files of its import package."""
        spec = importlib.util.find_spec(self.package)
        if spec is None:
            return []
        folders = spec.submodule_search_locations
        if folders is None:
            return [Path(spec.origin)] if spec.origin else []
        return sorted(path for folder in folders for path in Path(folder).rglob("*.py"))


def find_plugins(name: str) -> list[Plugin]:
    """The plugins that a name means: one entry point, or all of a distribution or of an import package.

    Raises:
        PluginError: If there is none, naming the nearest.
    """
    installed = entry_points(PROJECT)
    found = [_plugin(*pair) for pair in zip(installed, records_of(installed), strict=True)]
    for same in (_by_entry_point, _by_distribution, _by_package):
        meant = [plugin for plugin in found if same(plugin, name)]
        if meant:
            return sorted(meant, key=lambda plugin: plugin.name)
    known = {known for plugin in found for known in (plugin.name, plugin.distribution, plugin.package)}
    hint = f"{did_you_mean(name, known)} ".lstrip()
    raise PluginError(
        f"no plugin is called {name!r}: {hint}give an installed plugin's, distribution's or import package's name, or "
        "`ganzoo plugins check` the path of a source folder or of a wheel; `pip install -e FOLDER` installs a plugin"
    )


def _plugin(entry_point: EntryPoint, record: PluginRecord) -> Plugin:
    requires = entry_point.dist.requires if entry_point.dist is not None else None
    target = f"{entry_point.module}:{entry_point.attr}" if entry_point.attr else entry_point.module
    return Plugin(record.name, target, record.distribution, record.version, tuple(requires or ()), record.builtin)


def _by_entry_point(plugin: Plugin, name: str) -> bool:
    return plugin.name == name


def _by_distribution(plugin: Plugin, name: str) -> bool:
    from packaging.utils import canonicalize_name

    return canonicalize_name(plugin.distribution) == canonicalize_name(name)


def _by_package(plugin: Plugin, name: str) -> bool:
    return name in (plugin.package, plugin.module)
