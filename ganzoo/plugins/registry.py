"""`PluginRegistry`: the plugins of this process, and what they provide, by kind and name."""

from __future__ import annotations

import importlib.metadata
import typing
from collections.abc import Iterable, Iterator
from functools import cache
from types import ModuleType
from typing import Any, TypeVar

import pluggy

from ganzoo.core.variant import Variant
from ganzoo.errors import ConfigError, PluginError, said, shown
from ganzoo.plugins import hookspecs, survivors
from ganzoo.plugins.builtin import COMMANDS
from ganzoo.plugins.entry_points import DISTRIBUTION, entry_points, incompatible, records_of
from ganzoo.plugins.isolation import isolated
from ganzoo.plugins.record import PluginRecord
from ganzoo.plugins.selection import Selection
from ganzoo.plugins.trace import traced
from ganzoo.utils.nearest import did_you_mean
from ganzoo.utils.shell import typed

__all__ = ["DISTRIBUTION", "PluginRegistry", "installed", "registry"]

Kind = TypeVar("Kind")

KINDS: dict[str, type[Any]] = {
    name: typing.get_args(typing.get_type_hints(specification)["return"])[0]
    for name, specification in vars(hookspecs).items()
    if name.startswith("ganzoo_")
}
"""What each hook returns a list of."""

HOOKS = {kind: hook for hook, kind in KINDS.items()}


FATAL = (
    "the last process that imported it died or was ended inside of it, so it is left alone; `ganzoo plugins enable "
    "{name}` tries it again"
)


def kind_words(kind: type[Any]) -> str:
    """How messages call one item of a kind: `variant`, `data source`."""
    return HOOKS[kind].removeprefix("ganzoo_").removesuffix("s").replace("_", " ").replace("modalitie", "modality")


class PluginRegistry:
    """The loaded plugins, a record of every one found, and all that they provide."""

    def __init__(self) -> None:
        self.manager = pluggy.PluginManager(hookspecs.PROJECT)
        self.manager.add_hookspecs(hookspecs)
        self.records: list[PluginRecord] = []
        self.notes: list[str] = []
        """Sentences for the user that are about no plugin that is installed."""
        self._registered: dict[type[Any], dict[str, Any]] = {kind: {} for kind in KINDS.values()}
        self._owners: dict[tuple[str, str], PluginRecord] = {}
        own = PluginRecord("ganzoo", DISTRIBUTION, builtin=True)
        self._owners |= {("ganzoo_commands", name): own for name in COMMANDS}

    def discover(self) -> None:
        """Load every entry point of the group `ganzoo`, those of torch-ganzoo first: their names are reserved.

        Raises:
            ConfigError: If `--no-plugin` names a plugin that is not there, or `config.toml` cannot be read.
        """
        selection = Selection()
        found = _installed()
        self.records += [record for record, _ in found]
        self.notes += selection.check(self.records)
        died = survivors.fatal()
        for record, entry_point in found:
            if record.status != "ok":
                continue
            if reason := selection.refusal(record):
                record.refuse("disabled", reason)
                if record.builtin:
                    # Its name stays its own: runs and models that name it must not mean a third party's.
                    self._owners["ganzoo_variants", record.name] = record
            elif reason := incompatible(entry_point, record):
                record.refuse("incompatible", reason)
            elif record.builtin:
                self._import(entry_point, record)
            elif any(own.builtin and own.name == record.name for own in self.records):
                record.refuse(
                    "conflict", f"{DISTRIBUTION} has a plugin {record.name!r} itself: call the entry point otherwise"
                )
            elif record.name in died:
                record.refuse("failed", FATAL.format(name=record.name))
            else:
                with survivors.noted(record.name):
                    self._import(entry_point, record)

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

    @property
    def variants(self) -> dict[str, Variant]:
        """By name."""
        return self.registered(Variant)

    def registered(self, kind: type[Kind]) -> dict[str, Kind]:
        """What the loaded plugins provide of a kind, by name, ganzoo's own first: `registered(Metric)`."""
        return self._registered[kind]

    def find(self, name: str) -> Variant:
        """The variant called `name`.

        Raises:
            ConfigError: If no plugin provides it, naming the nearest that exists.
            PluginError: If the plugin that provides it is not used.
        """
        return self.lookup(Variant, name, advice="`ganzoo list` shows all.")

    def lookup(self, kind: type[Kind], name: str, *, also: Iterable[str] = (), advice: str = "") -> Kind:
        """What has that name among all that plugins provide of a kind: `lookup(Metric, "fid")`.

        Args:
            kind: Of descriptor.
            name: As it was typed.
            also: Names that are known besides, for the nearest.
            advice: A sentence on what else can be typed; without, all names are listed where none is near.

        Raises:
            ConfigError: If no plugin provides it, naming the nearest that exists.
            PluginError: If the plugin that provides it is not used.
        """
        found = self._registered[kind]
        if name in found:
            item: Kind = found[name]
            return item
        self.refuse_unused(kind, name)
        known = [*also, *found]
        near = did_you_mean(name, known, "" if advice else f"there are {', '.join(known)}")
        raise ConfigError(f"no {kind_words(kind)} is called {name!r}: {' '.join(filter(None, (near, advice)))}")

    def refuse_unused(self, kind: type[Any], name: str) -> None:
        """Nothing, if no plugin that is not used provides that name.

        Raises:
            PluginError: Why the plugin is not used.
        """
        for record in self.records:
            # A plugin that could not be imported has told no names: its own stands for its variant's.
            own = [record.name] if kind is Variant else []
            if record.status != "ok" and name in (*own, *record.provides.get(HOOKS[kind], ())):
                plugin = "plugin" if kind is Variant else f"plugin {record.name!r}"
                raise PluginError(
                    f"{kind_words(kind)} {name!r}: its {plugin} is not used ({record.status}): {record.reason}. "
                    f"`{typed('ganzoo', 'plugins', 'doctor', record.name)}` tells more"
                )

    def plugin_of(self, variant: str) -> PluginRecord:
        """The record of the plugin that provides a variant."""
        return self._owners["ganzoo_variants", variant]

    def items_of(self, record: PluginRecord) -> list[Any]:
        """All that a loaded plugin provides."""
        return [self._registered[KINDS[hook]][name] for hook, names in record.provides.items() for name in names]

    def _import(self, entry_point: importlib.metadata.EntryPoint, record: PluginRecord) -> None:
        try:
            with traced("import", record.name), isolated() as quiet:
                module = entry_point.load()
        # A plugin may raise anything while it is imported, SystemExit included; only Ctrl-C is the user's.
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            reason = str(error) if isinstance(error, PluginError) else f"import raised {said(error)}"
            record.refuse("failed", reason, error)
            return
        if quiet.printed:
            record.note = f"prints while it is imported ({quiet.printed!r}), and must not"
        self._load(module, record)

    def _load(self, plugin: ModuleType | Any, record: PluginRecord) -> None:
        try:
            self._check_names(plugin)
            self.manager.register(plugin, record.name)
            provided = dict(self._ask(plugin, record))
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            record.refuse("failed", str(error) if isinstance(error, PluginError) else said(error), error)
            self._forget(plugin)
            return
        record.provides = {hook: list(items) for hook, items in provided.items()}
        unmarked = [hook for hook in KINDS if hook not in provided and callable(getattr(plugin, hook, None))]
        if unmarked:
            record.note = f"has {unmarked[0]} without a mark, so it is not used: write @hookimpl above it"
        elif not provided and not record.note:
            record.note = f"provides nothing: no function of {record.package or 'it'} has the mark @hookimpl"
        taken = [(hook, name) for hook, items in provided.items() for name in items if (hook, name) in self._owners]
        if taken:
            self._forget(plugin)
            self._conflict(record, *taken[0])
            return
        for hook, items in provided.items():
            self._registered[KINDS[hook]] |= items
            self._owners |= {(hook, name): record for name in items}

    def _check_names(self, plugin: object) -> None:
        """Refuse an implementation of no hook, in words that say which there are."""
        for name in dir(plugin):
            if name not in KINDS and self.manager.parse_hookimpl_opts(plugin, name) is not None:
                hint = did_you_mean(name, KINDS, f"there are {', '.join(KINDS)}")
                raise PluginError(f"it implements {name}, and there is no such hook: {hint}")

    def _ask(self, plugin: object, record: PluginRecord) -> Iterator[tuple[str, dict[str, Any]]]:
        """What a plugin provides, by hook and name.

        Raises:
            PluginError: If a hook returned something else than it should.
        """
        for hook, kind in KINDS.items():
            for implementation in getattr(self.manager.hook, hook).get_hookimpls():
                if implementation.plugin is not plugin:
                    continue
                with traced(hook, record.name), isolated():
                    found = implementation.function()
                if not isinstance(found, list) or not all(isinstance(item, kind) for item in found):
                    raise PluginError(f"{hook} returned {shown(found)}, and must return a list of {kind.__name__}")
                names = [item.name for item in found]
                twice = next((name for name in names if names.count(name) > 1), None)
                if twice is not None:
                    raise PluginError(f"{hook} returned {twice!r} twice, and each name must be there once")
                yield hook, dict(zip(names, found, strict=True))

    def _conflict(self, record: PluginRecord, hook: str, name: str) -> None:
        """Two third parties lose both; what is ganzoo's own keeps its name."""
        owner = self._owners[hook, name]
        what = kind_words(KINDS[hook])

        def reason(other: PluginRecord) -> str:
            return f"{what} {name!r} is also provided by {other.name!r} of {other.distribution or 'this process'}"

        record.refuse("conflict", reason(owner))
        if owner.builtin:
            return
        owner.refuse("conflict", reason(record))
        for of_hook, names in owner.provides.items():
            for lost in names:
                self._registered[KINDS[of_hook]].pop(lost, None)

    def _forget(self, plugin: object) -> None:
        if self.manager.is_registered(plugin):
            self.manager.unregister(plugin)


def installed() -> list[PluginRecord]:
    """What the installation says of each plugin, ganzoo's own first. Imports none, so that none can get in the way."""
    return [record for record, _ in _installed()]


def _installed() -> list[tuple[PluginRecord, importlib.metadata.EntryPoint]]:
    found = entry_points(hookspecs.PROJECT)
    pairs = zip(records_of(found), found, strict=True)
    return sorted(pairs, key=lambda pair: (not pair[0].builtin, pair[0].name))


@cache
def registry() -> PluginRegistry:
    """The process's plugins, discovered on first use."""
    found = PluginRegistry()
    found.discover()
    return found
