"""`create`: the networks that a training would begin with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganzoo.core.data_spec import DataSpec
from ganzoo.data import DataOptions, inspect
from ganzoo.errors import ConfigError
from ganzoo.runs.options import TrainOptions
from ganzoo.runs.plan import Plan

if TYPE_CHECKING:
    from ganzoo.core.game import Game


def create(
    variant: str, data: str | Path | DataSpec | None = None, *, preset: str | None = None, **options: Any
) -> Game:
    """Untrained networks of a variant, with its objective, optimizers and stages. Nothing is trained, nothing written.

    Args:
        variant: Its name.
        data: What they shall be made for: a set by name or path, which is looked at and not decoded, or a `DataSpec`;
            None: the variant's default.
        preset: As in `train`; None: what `train` would take on this machine.
        **options: The variant's (`width`, `latent_dim`, ...) and, of data by name, the data's (`res`, `channels`, ...).

    Returns:
        The game. Its `generator` and `discriminator` are on the CPU in training mode, and take and give samples of the
        data's size, images float32 `(N, C, H, W)` in [-1, 1]. Weights are drawn from torch's random state, as of any
        module: `torch.manual_seed(0)` before it makes them repeatable.

    Raises:
        ConfigError: If an option is none of these or is refused, or the variant is not for such data.
        DataError: If the data cannot be used.
    """
    _refuse_others_options(options, data)
    if isinstance(data, DataSpec):
        plan, spec = Plan.resolve(variant, preset, options, data), data
    else:
        plan = Plan.resolve(variant, preset, options if data is None else {"data": data, **options})
        found = inspect(plan.data, located=plan.located)
        if found is None:
            raise ConfigError(
                f"what {plan.data.data} holds is known once it was decoded: call ganzoo.data.load first, or give a "
                "DataSpec(name, shape, count)"
            )
        spec = found
    import torch

    from ganzoo.engine import device as devices

    plan = plan.settle(devices.choose("auto").type, spec)
    game = plan.variant.build(plan.config, spec)
    for network in (game.generator, game.discriminator):
        network.enter_stage(game.stages[-1].resolution or spec.resolution, torch.zeros(()))
    return game


def _refuse_others_options(options: dict[str, Any], data: str | Path | DataSpec | None) -> None:
    for name in options:
        if name in TrainOptions.model_fields:
            instead = "call torch.manual_seed first" if name == "seed" else "leave it out"
            raise ConfigError(f"{name!r} is an option of ganzoo.train, and ganzoo.create trains nothing: {instead}")
        if isinstance(data, DataSpec) and name in DataOptions.model_fields:
            raise ConfigError(f"{name!r} shapes a set that has a name, and a DataSpec says it itself: leave it out")
