"""What an object remembers, by path: the kit compares it before and after a training, and after a resumed one."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Any

import numpy
import torch
from torch import Tensor, nn

INTERNAL = frozenset(vars(nn.Module()))
"""Attributes that every module has; its tensors are in its state dict."""

KEEP = "what changes is lost on resume: make it a buffer of Game(auxiliary=...), or compute it in __init__"
"""What to do about an objective that remembers."""


def memory(owner: Any, known: frozenset[int] = frozenset()) -> dict[str, str]:
    """Every plain value and array that can be reached from an object, as text by path; `_private` ones too.

    Args:
        owner: An objective, or a network.
        known: Ids of objects that are left out, such as the networks that an objective was given.
    """
    return dict(_walk("", owner, {*known}))


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """What is another, new or gone, as `calls (0, then 3)`."""
    nothing = "nothing"
    return [
        f"{path} ({before.get(path, nothing)[:40]}, then {after.get(path, nothing)[:40]})"
        for path in dict.fromkeys([*before, *after])
        if before.get(path) != after.get(path)
    ]


def _walk(path: str, value: Any, seen: set[int]) -> Iterator[tuple[str, str]]:
    match value:
        case None | bool() | int() | float() | complex() | str() | bytes() | torch.dtype() | torch.device():
            yield path, repr(value)
            return
        case Tensor():
            yield path, _array(value.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy())
            return
        case numpy.ndarray():
            yield path, _array(value)
            return
        case torch.Generator():
            yield path, _array(value.get_state().numpy())
            return
    if id(value) in seen:
        return
    seen.add(id(value))
    for name, part in _parts(value):
        yield from _walk(f"{path}.{name}".removeprefix("."), part, seen)


def _parts(value: Any) -> list[tuple[str, Any]]:
    """Whatever an object consists of, by name."""
    match value:
        case nn.Module():
            attributes = [(name, part) for name, part in vars(value).items() if name not in INTERNAL]
            tensors = [*value.named_parameters(recurse=False), *value.named_buffers(recurse=False)]
            return [*attributes, *value.named_children(), *tensors]
        case Mapping():
            return [(str(key), part) for key, part in value.items()]
        case list() | tuple():
            return [(str(index), part) for index, part in enumerate(value)]
        case set() | frozenset():
            return [("values", repr(sorted(map(repr, value))))]
        case functools.partial():
            return [("function", value.func), ("arguments", value.args), ("keywords", value.keywords)]
        case type() | ModuleType():
            return []
    if inspect.ismethod(value):
        return [("self", value.__self__)]
    if inspect.isfunction(value):
        return [(f"{value.__name__}.{name}", part) for name, part in _closure(value)]
    if hasattr(value, "__dict__"):
        return [(name, part) for name, part in vars(value).items() if not _cached(value, name)]
    if hasattr(value, "__slots__"):
        return [(name, getattr(value, name, None)) for name in value.__slots__]
    # Counters, deques and the like say what they hold; what does not is told by its type alone.
    said = repr(value)
    return [("value", said if " at 0x" not in said else type(value).__name__)]


def _closure(function: Callable[..., Any]) -> Iterator[tuple[str, Any]]:
    names = function.__code__.co_freevars
    for name, cell in zip(names, function.__closure__ or (), strict=True):
        try:
            yield name, cell.cell_contents
        except ValueError:  # not filled yet
            continue


def _cached(owner: Any, name: str) -> bool:
    return isinstance(inspect.getattr_static(type(owner), name, None), functools.cached_property)


def _array(values: numpy.ndarray) -> str:
    return f"array {hash(values.tobytes()):x}"
