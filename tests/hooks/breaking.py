"""What plugins rely on, as plain values, and what of a change would break one of them.

python tests/hooks/breaking.py        writes the snapshot again
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import typing
from pathlib import Path
from typing import Any

from ganzoo.core.callback import Callback, Outcome
from ganzoo.core.variant import LabelUse, Variant
from ganzoo.plugins import hookspecs
from ganzoo.plugins.registry import KINDS

SNAPSHOT = Path(__file__).with_name("hookspecs.json")
UPDATE = "python tests/hooks/breaking.py"

Signature = dict[str, Any]
"""`arguments` (in order: name, type, whether there is a default) and `returns`."""


def now() -> dict[str, dict[str, Signature]]:
    """The hooks, the descriptors they return, the methods of a callback, and the words that some of them take."""
    return {
        "hooks": {name: signature(hook) for name, hook in vars(hookspecs).items() if name.startswith("ganzoo_")},
        "descriptors": {kind.__name__: fields(kind) for kind in [Variant, *KINDS.values()]},
        "callback": {name: signature(method) for name, method in vars(Callback).items() if inspect.isfunction(method)},
        "choices": {"labels": choices(LabelUse), "outcome": choices(Outcome)},
    }


def signature(function: Any) -> Signature:
    parameters = [one for one in inspect.signature(function).parameters.values() if one.name != "self"]
    arguments = [[one.name, str(one.annotation), one.default is not one.empty] for one in parameters]
    return {"arguments": arguments, "returns": str(inspect.signature(function).return_annotation)}


def fields(kind: type) -> Signature:
    """Of a dataclass, as the arguments of its constructor."""
    none = dataclasses.MISSING
    described = [
        [field.name, str(field.type), not (field.default is none and field.default_factory is none)]
        for field in dataclasses.fields(kind)
    ]
    return {"arguments": described, "returns": kind.__name__}


def choices(kind: Any) -> Signature:
    """Of a literal, in the form of arguments."""
    return {"arguments": [[value, "choice", True] for value in typing.get_args(kind)], "returns": "str"}


def breaking(old: dict[str, dict[str, Signature]], new: dict[str, dict[str, Signature]]) -> list[str]:
    """Sentences, one for each change by which a plugin written for `old` would fail with `new`.

    A plugin implements hooks and overrides methods, and each may name fewer arguments than there are. It makes
    descriptors, by position or by name.
    """
    found = []
    for group, members in old.items():
        for name, before in members.items():
            after = new.get(group, {}).get(name)
            if after is None:
                found.append(f"{name} was removed")
            else:
                found += [f"{name}: {change}" for change in _changes(before, after, group)]
    return found


def _changes(before: Signature, after: Signature, group: str) -> list[str]:
    found = []
    if before["returns"] != after["returns"]:
        found.append(f"it returned {before['returns']}, and now {after['returns']}")
    there = {name: (kind, default) for name, kind, default in after["arguments"]}
    for name, kind, default in before["arguments"]:
        if name not in there:
            found.append(f"{name} was removed or renamed")
        elif there[name][0] != kind:
            found.append(f"{name} was {kind}, and now {there[name][0]}")
        elif default and not there[name][1]:
            found.append(f"{name} lost its default")
    names, kept = [name for name, _, _ in before["arguments"]], list(there)
    # Descriptors are made by position too, so what is new comes last.
    kept = kept[: len(names)] if group == "descriptors" else [name for name in kept if name in names]
    if not found and kept != names and group != "choices":
        found.append(f"the order was {', '.join(names)}, and now {', '.join(there)}")
    added = there.keys() - set(names)
    if group == "descriptors":
        found += [f"{name} was added without a default" for name in sorted(added) if not there[name][1]]
    if group == "callback":
        # It is called with all arguments, and those who override it take only what there was.
        found += [f"{name} was added, and overriding methods do not take it" for name in sorted(added)]
    return found


if __name__ == "__main__":
    SNAPSHOT.write_text(json.dumps(now(), indent=1) + "\n")
