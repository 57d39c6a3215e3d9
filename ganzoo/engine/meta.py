"""Networks without weights, to load some into."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from ganzoo.core.game import Game


def build_skeleton(build: Callable[[], Game]) -> Game:
    """Call a factory so that no weight takes memory or time: all are on the meta device, and none is initialized."""
    with torch.device("meta"), _NoInitialization():
        return build()


class _NoInitialization(TorchFunctionMode):
    """Leaves `torch.nn.init` out: on the meta device it does nothing, but imports torch's compiler to do so.

    That takes longer than all the rest of loading a model.
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        given = dict(kwargs or {})
        if getattr(func, "__module__", None) == "torch.nn.init":
            return args[0] if args else given["tensor"]
        return func(*args, **given)
