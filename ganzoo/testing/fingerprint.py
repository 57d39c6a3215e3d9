"""What a form's networks are, in one digest: the kit looks at networks once, however many options leave them alone."""

from __future__ import annotations

import hashlib
import inspect
import uuid
from collections.abc import Iterator
from functools import partial
from typing import Any

import torch
from torch import nn

from ganzoo.core.data_spec import ClassLabels, DataSpec, ImageCondition
from ganzoo.core.game import Game
from ganzoo.core.latent import Latent

TENSORS = ("_parameters", "_buffers", "_modules")
"""Attributes of a module whose content is walked by name."""


def fingerprint(game: Game, data: DataSpec, conditional: bool) -> str:
    """Digest of classes, attributes and first weights of all networks, and of all else that their checks look at.

    Two games of one variant and seed with the same digest have networks that cannot be told apart. An attribute that
    may hide something, such as an object or a closure, makes a digest that no other game has.
    """
    digest = hashlib.sha256(repr((data, conditional)).encode())
    digest.update(repr([(stage.resolution, stage.fade_images > 0) for stage in game.stages]).encode())
    for network in (*game.trained().values(), *game.frozen.values()):
        for part in _parts(network):
            digest.update(part)
    return digest.hexdigest()


def structure(game: Game, data: DataSpec, conditional: bool) -> str:
    """Digest of what networks are but for their numbers: games that have the same run the same code.

    Numbers that are attributes, shapes and weights may differ; classes, names, switches and words do not.
    """
    parts: list[Any] = [(data.kind, conditional, [stage.fade_images > 0 for stage in game.stages])]
    for network in (*game.trained().values(), *game.frozen.values()):
        for name, module in network.named_modules(remove_duplicate=False):
            attributes = {key: _shape(value) for key, value in vars(module).items() if key not in TENSORS}
            parts.append((name, _named(type(module)), attributes))
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _shape(value: Any) -> Any:
    """A value without its numbers."""
    match value:
        case None | bool() | str():
            return value
        case list() | tuple():
            return [_named(type(value)), *map(_shape, value)]
        case dict():
            return [(_shape(key), _shape(kept)) for key, kept in value.items()]
    return _named(value) if inspect.isfunction(value) or inspect.isbuiltin(value) else _named(type(value))


def _parts(network: nn.Module) -> Iterator[bytes]:
    for name, module in network.named_modules(remove_duplicate=False):
        attributes = {key: _plain(value) for key, value in vars(module).items() if key not in TENSORS}
        yield repr((name, _named(type(module)), attributes)).encode()
    for name, tensor in (*network.named_parameters(), *network.named_buffers()):
        yield repr((name, tensor.dtype, tensor.shape, tensor.requires_grad)).encode()
        yield tensor.detach().contiguous().view(-1).view(torch.uint8).numpy().tobytes()


def _plain(value: Any) -> Any:
    """A value whose `repr` says all of it; for one that has none, something that nothing else equals."""
    match value:
        case None | bool() | int() | float() | str() | torch.dtype() | torch.Size():
            return value
        case Latent() | DataSpec() | ClassLabels() | ImageCondition():
            return value
        case list() | tuple():
            return [_named(type(value)), *map(_plain, value)]
        case set() | frozenset():
            return sorted(map(repr, map(_plain, value)))
        case dict():
            return [(_plain(key), _plain(kept)) for key, kept in value.items()]
        case partial():
            return _plain((value.func, value.args, value.keywords))
        case type():
            return _named(value)
    if (inspect.isfunction(value) or inspect.isbuiltin(value)) and "<" not in value.__qualname__:
        return _named(value)
    return uuid.uuid4().hex


def _named(value: Any) -> str:
    return f"{value.__module__}.{value.__qualname__}"
