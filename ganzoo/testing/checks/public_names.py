"""The check that a plugin uses public names only, by its source: nothing of it is imported."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from ganzoo.testing.outcome import Nonconforming, Skipped
from ganzoo.testing.plugin import Plugin

ROOT = "ganzoo"
PUBLIC = frozenset(
    f"{ROOT}.{name}" for name in ("data", "errors", "layers", "metrics", "objectives", "registry", "testing")
)
"""Sub-packages whose `__all__` is public, as that of ganzoo itself is."""


def check_public_names(plugin: Plugin) -> None:
    """The plugin's package imports and uses only names that ganzoo and its public sub-packages export."""
    if plugin.package == ROOT:
        raise Skipped(f"{plugin.name} is a part of ganzoo itself")
    for path in plugin.files():
        tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
        for line, used in _private(tree):
            raise Nonconforming(
                f"{plugin.name}: {path.parent.name}/{path.name} line {line} uses {used}, which is private: take what "
                f"you need from {ROOT} or from {', '.join(sorted(PUBLIC))}, and from their __all__"
            )


def _private(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Lines that use what is not public, and what that is."""
    bound: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if not _ours(alias.name):
                    continue
                if alias.name != ROOT and alias.name not in PUBLIC:
                    yield node.lineno, alias.name
                bound[alias.asname or ROOT] = alias.name if alias.asname else ROOT
        elif isinstance(node, ast.ImportFrom) and not node.level and _ours(node.module or ""):
            assert node.module
            for alias in node.names:
                used = f"{node.module}.{alias.name}"
                if not _is_public(node.module, alias.name):
                    yield node.lineno, used
                elif used in PUBLIC:
                    bound[alias.asname or alias.name] = used
    for node in ast.walk(tree):
        module = _module(node.value, bound) if isinstance(node, ast.Attribute) else ""
        if isinstance(node, ast.Attribute) and module and not _is_public(module, node.attr):
            yield node.lineno, f"{module}.{node.attr}"


def _module(node: ast.expr, bound: dict[str, str]) -> str:
    """The public module that an expression stands for: `ganzoo`, `ganzoo.layers`, or a name bound to it; or empty."""
    if isinstance(node, ast.Name):
        return bound.get(node.id, "")
    if isinstance(node, ast.Attribute) and (outer := _module(node.value, bound)):
        inner = f"{outer}.{node.attr}"
        return inner if inner in PUBLIC else ""
    return ""


def _ours(module: str) -> bool:
    return module.partition(".")[0] == ROOT


def _is_public(module: str, name: str) -> bool:
    if f"{module}.{name}" in PUBLIC:
        return True
    if module != ROOT and module not in PUBLIC:
        return False
    return name == "*" or name in exported(module)


@cache
def exported(module: str) -> frozenset[str]:
    """`__all__` of a module, or the public classes and functions of one that has none. The module is not imported."""
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    body = ast.parse(Path(spec.origin).read_text(encoding="utf-8")).body
    for node in body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets):
            return frozenset(ast.literal_eval(node.value))
    defined = {node.name for node in body if isinstance(node, ast.ClassDef | ast.FunctionDef)}
    return frozenset(name for name in defined if not name.startswith("_"))
