"""Hook specifications, descriptors and callbacks only ever gain: a plugin that works goes on working."""

from __future__ import annotations

import copy
import json

import pytest
from hooks.breaking import SNAPSHOT, UPDATE, breaking, now

OLD = json.loads(SNAPSHOT.read_text())


def test_nothing_breaks_a_plugin():
    assert breaking(OLD, now()) == []


def test_what_was_added_is_in_the_snapshot():
    assert now() == OLD, f"what plugins rely on has grown: write it down with `{UPDATE}`"


def arguments(contract, group, name):
    return contract[group][name]["arguments"]


def remove(group, name, argument):
    return lambda contract: arguments(contract, group, name).pop(argument)


def insert(group, name, place, *argument):
    return lambda contract: arguments(contract, group, name).insert(place, list(argument))


def put(group, name, argument, part, value):
    return lambda contract: arguments(contract, group, name)[argument].__setitem__(part, value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda contract: contract["hooks"].pop("ganzoo_metrics"), ["ganzoo_metrics was removed"]),
        (lambda contract: contract["descriptors"].pop("Metric"), ["Metric was removed"]),
        (lambda contract: contract["callback"].pop("tick"), ["tick was removed"]),
        (
            lambda contract: contract["hooks"]["ganzoo_metrics"].update(returns="dict[str, Metric]"),
            ["ganzoo_metrics: it returned list[Metric], and now dict[str, Metric]"],
        ),
        (remove("callback", "end", 1), ["end: images was removed or renamed"]),
        (
            put("callback", "end", 0, 0, "result"),
            ["end: outcome was removed or renamed", "end: result was added, and overriding methods do not take it"],
        ),
        (put("callback", "end", 1, 1, "float"), ["end: images was int, and now float"]),
        (
            lambda contract: arguments(contract, "callback", "end").reverse(),
            ["end: the order was outcome, images, and now images, outcome"],
        ),
        (insert("callback", "tick", 1, "more", "int", False), ["tick: more was added, and overriding methods"]),
        (remove("choices", "labels", 1), ["labels: optional was removed or renamed"]),
        (remove("descriptors", "Metric", 3), ["Metric: features was removed or renamed"]),
        (put("descriptors", "Metric", 3, 2, False), ["Metric: features lost its default"]),
        (insert("descriptors", "Metric", 6, "unit", "str", False), ["Metric: unit was added without a default"]),
        (insert("descriptors", "Metric", 3, "unit", "str", True), ["Metric: the order was name, title, target"]),
    ],
)  # fmt: skip
def test_each_kind_of_breaking_change_is_found(change, said):
    new = copy.deepcopy(OLD)
    change(new)
    found = breaking(OLD, new)
    assert len(found) == len(said)
    assert all(one.startswith(start) for one, start in zip(found, said, strict=True)), found


def test_arguments_of_hooks_are_looked_at_too():
    """No hook has any yet."""
    old = {"hooks": {"ganzoo_x": {"arguments": [["a", "int", False], ["b", "str", False]], "returns": "list[int]"}}}

    def after(*names):
        kinds = {"a": "int", "b": "str", "c": "int"}
        return {"hooks": {"ganzoo_x": {"arguments": [[n, kinds[n], False] for n in names], "returns": "list[int]"}}}

    assert breaking(old, after("a")) == ["ganzoo_x: b was removed or renamed"]
    assert breaking(old, after("b", "a")) == ["ganzoo_x: the order was a, b, and now b, a"]
    assert breaking(old, after("c", "b")) == ["ganzoo_x: a was removed or renamed"]
    assert breaking(old, after("a", "b", "c")) == breaking(old, after("a", "c", "b")) == []


@pytest.mark.parametrize(
    "change",
    [
        insert("descriptors", "Metric", 6, "unit", "str", True),
        put("descriptors", "Metric", 2, 2, True),
        insert("choices", "labels", 0, "several", "choice", True),
        insert("hooks", "ganzoo_metrics", 0, "registry", "object", False),
        lambda contract: contract["hooks"].update(ganzoo_layers={"arguments": [], "returns": "list[Layer]"}),
        lambda contract: contract["callback"].update(pause={"arguments": [], "returns": "None"}),
    ],
)
def test_what_only_adds_breaks_nothing(change):
    new = copy.deepcopy(OLD)
    change(new)
    assert new != OLD
    assert breaking(OLD, new) == []
