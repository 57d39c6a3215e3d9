"""`Case`: a check bound to what it is asked of; `cases_of` gives all of a plugin's. Imports no torch."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from ganzoo.core.variant import Variant
from ganzoo.errors import ConfigError, PluginError
from ganzoo.testing.checks.table import CHECKS, Check
from ganzoo.testing.outcome import Nonconforming, Skipped, packages_of, raised
from ganzoo.testing.plugin import Plugin, find_plugins
from ganzoo.utils.nearest import did_you_mean

if TYPE_CHECKING:
    from ganzoo.testing.forms import Form


_passed: set[tuple[Check, Variant, str]] = set()
"""Checks of networks that passed, with the variant's networks that they were asked of."""


@dataclass(frozen=True, repr=False)
class Case:
    """One check of one plugin, variant or form.

    Args:
        check: What is asked.
        subject: Of what: a `Plugin`, a `Variant` or a `Form`, as `check.level` says.
    """

    check: Check
    subject: Plugin | Variant | Form

    @property
    def id(self) -> str:
        """Name of the subject and of the check: `mygan-paper-28x28x1-shapes`."""
        return f"{self.subject.name}-{self.check.name}"

    def __repr__(self) -> str:
        return f"Case({self.id})"

    def run(self) -> None:
        """Ask, unless it was asked in this process of the same networks in another form, and passed.

        Raises:
            Nonconforming: With what was seen and how to fix it; also where the plugin raised something of its own.
            Skipped: If the check does not apply, or cannot be run here.
        """
        __tracebackhide__ = True
        networks = self._networks()
        if networks in _passed:
            return
        try:
            self.check.load()(self.subject)
        except (Nonconforming, Skipped) as verdict:
            # The lines of the kit tell a plugin's author nothing.
            raise verdict.with_traceback(None) from None
        # The plugin's code may raise anything, SystemExit included.
        except (Exception, SystemExit) as error:
            raise Nonconforming(self._mishap(error)) from error
        if networks:
            _passed.add(networks)

    def _networks(self) -> tuple[Check, Variant, str] | None:
        """What this case is about, if that is networks that can be told."""
        if self.check.forms not in ("networks", "structures"):
            return None
        form = cast("Form", self.subject)
        networks = form.networks if self.check.forms == "networks" else form.structure
        return (self.check, form.variant, networks) if networks else None

    def _mishap(self, error: BaseException) -> str:
        cause = error.__cause__ if isinstance(error, PluginError) else None
        if isinstance(error, PluginError) and cause is None:
            return f"{self.subject.name}: {error}: fix it"
        return f"{self.subject.name}: {raised(cause or error, _packages(self.subject))}: fix it"


def cases_of(plugin: str, checks: Collection[str] = ()) -> list[Case]:
    """All cases of an installed plugin, in the order of `CHECKS`.

    A plugin that cannot be loaded, and a variant without forms, have the cases of the levels before: they say why.

    Args:
        plugin: Name of its entry point, its distribution or its import package.
        checks: Names of those that are wanted; empty: all.

    Raises:
        PluginError: If nothing that is installed is called so.
        ConfigError: If there is no such check.
    """
    wanted = known_checks(checks)
    return [case for found in find_plugins(plugin) for case in _of_plugin(found, wanted)]


def cases_of_variant(variant: Variant, checks: Collection[str] = ()) -> list[Case]:
    """The cases of one variant and its forms, in the order of `CHECKS`; it need not be registered."""
    from ganzoo.testing.forms import forms_of, sizes_of

    wanted, forms, sizes = known_checks(checks), _tried(forms_of, variant), _tried(sizes_of, variant)
    plain = [form for form in forms if form.plain]
    chosen = {
        "all": forms,
        "networks": forms,
        "structures": forms,
        "plain": plain,
        "kinds": _kinds(plain),
        "sizes": sizes,
    }
    cases: list[Case] = []
    for check in CHECKS:
        if check.level == "variant" and (check in wanted or not forms):
            cases.append(Case(check, variant))
        elif check.level == "form" and check in wanted:
            cases += [Case(check, form) for form in chosen[check.forms]]
    return cases


def known_checks(names: Collection[str]) -> tuple[Check, ...]:
    """The checks of these names, in their order; all if there are no names.

    Raises:
        ConfigError: If there is no such check, naming the nearest.
    """
    known = [check.name for check in CHECKS]
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known, f"there are {', '.join(known)}")
            raise ConfigError(f"no check is called {name!r}: {hint}")
    return tuple(check for check in CHECKS if not names or check.name in names)


def _of_plugin(plugin: Plugin, wanted: tuple[Check, ...]) -> Iterator[Case]:
    usable = plugin.record().status == "ok"
    for check in CHECKS:
        if check.level == "plugin" and (check in wanted or not usable):
            yield Case(check, plugin)
    deeper = [check.name for check in wanted if check.level != "plugin"]
    if deeper:
        for variant in plugin.variants():
            yield from cases_of_variant(variant, deeper)


def _tried(find: Callable[[Variant], list[Form]], variant: Variant) -> list[Form]:
    """The forms, or none where the variant is too broken to have any: its check `forms` fails then."""
    try:
        return find(variant)
    except (Exception, SystemExit):
        return []


def _kinds(forms: list[Form]) -> list[Form]:
    """The first form of each kind of data, with labels and without."""
    found: dict[tuple[str, bool], Form] = {}
    for form in forms:
        found.setdefault((form.data.kind, form.conditional), form)
    return list(found.values())


def _packages(subject: Plugin | Variant | Form) -> set[str]:
    """Import packages whose lines are the author's."""
    if isinstance(subject, Plugin):
        return {subject.package}
    return packages_of(subject if isinstance(subject, Variant) else subject.variant)
