"""Plugins as installed distributions: entry points, and requirements on torch-ganzoo. Imports none of them."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterable

from ganzoo.plugins.record import PluginRecord
from ganzoo.utils.version import __version__

DISTRIBUTION = "torch-ganzoo"
ESSENTIAL = "standard"
"""The plugin in which ganzoo's own data, metrics and stores are: nothing works without."""
STANDARD = (
    ESSENTIAL, "vanilla", "dcgan", "cgan", "wgan", "wgan-gp", "lsgan", "sngan", "pacgan", "r3gan", "fgan", "vaegan",
    "bigan", "toy", "progan", "pix2pix", "cyclegan", "infogan", "stylegan2",
)  # fmt: skip
"""torch-ganzoo's own plugins; each but the first is in a module called after it."""


def entry_points(group: str) -> list[importlib.metadata.EntryPoint]:
    """All entry points of a group; an installation that is too broken to be read is passed over."""
    try:
        found = list(importlib.metadata.entry_points(group=group))
    # One file that is no entry_points.txt makes the call above fail for all.
    except Exception:
        found = _readable(importlib.metadata.distributions(), group)
    if not any(is_own(entry_point) and entry_point.name == ESSENTIAL for entry_point in found):
        # Of two distributions of one name the call above gives the first on the path, which may be nobody's.
        found += filter(is_own, _readable(importlib.metadata.distributions(name=DISTRIBUTION), group))
    return found


def is_own(entry_point: importlib.metadata.EntryPoint) -> bool:
    """Whether it is torch-ganzoo's: what a distribution calls itself is not enough, it must name one of its modules."""
    module = "ganzoo.plugins.builtin" if entry_point.name == ESSENTIAL else f"ganzoo_{entry_point.name}"
    return (
        entry_point.name in STANDARD
        and entry_point.value == module.replace("-", "_")
        and _name_and_version(entry_point.dist)[0] == DISTRIBUTION
    )


def _readable(
    distributions: Iterable[importlib.metadata.Distribution], group: str
) -> list[importlib.metadata.EntryPoint]:
    found: dict[tuple[str, str, str], importlib.metadata.EntryPoint] = {}
    for distribution in distributions:
        try:
            for entry_point in distribution.entry_points.select(group=group):
                # The first on the path is the one that is imported.
                found.setdefault((distribution.name, entry_point.name, entry_point.value), entry_point)
        except Exception:
            continue
    return list(found.values())


def records_of(found: list[importlib.metadata.EntryPoint]) -> list[PluginRecord]:
    """What the installation says of each plugin; its metadata is read once a distribution."""
    facts: dict[int, tuple[str, str]] = {}
    records = []
    for entry_point in found:
        record = PluginRecord(entry_point.name, package=entry_point.value)
        key = id(entry_point.dist)
        if key not in facts:
            facts[key] = _name_and_version(entry_point.dist)
        record.distribution, record.version = facts[key]
        record.builtin = record.distribution == DISTRIBUTION and is_own(entry_point)
        if not record.distribution:
            record.refuse("failed", "its installation has no name or no version any more: install it again")
        records.append(record)
    return records


def incompatible(entry_point: importlib.metadata.EntryPoint, record: PluginRecord) -> str:
    """Why the plugin's requirement on torch-ganzoo excludes this version; empty if it does not."""
    if record.builtin or entry_point.dist is None:
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
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        if not requirement.specifier.contains(__version__, prereleases=True):
            return f"it requires {DISTRIBUTION}{requirement.specifier}, and this is {__version__}"
    return ""


def _name_and_version(distribution: importlib.metadata.Distribution | None) -> tuple[str, str]:
    """Both empty where one cannot be read."""
    try:
        metadata = distribution.metadata  # type: ignore[union-attr]
        name, version = metadata["Name"], metadata["Version"]
    except Exception:
        return "", ""
    return (name, version) if name and version else ("", "")
