"""Checks of a form's losses and of the players' state. Each raises `Nonconforming`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import safetensors.torch
import torch
from torch import Tensor, nn

from ganzoo.core.game import Game
from ganzoo.testing.checks.phases import (
    differing,
    drop_gradients,
    few,
    finished,
    require_float32,
    run_phase,
    stages,
    trains,
)
from ganzoo.testing.forms import Form
from ganzoo.testing.outcome import require


def check_gradients(form: Form, *, bf16: bool = False) -> None:
    """Over all stages, every parameter gets a gradient when its player trains and none when the other does.

    A parameter without one is dead weight in every checkpoint; one that both players move is a bug that no loss curve
    shows. The losses must be finite 0-dim float32, under bf16 too.
    """
    game = form.build()
    for network in (game.generator, game.discriminator):
        network.train()
    reached: dict[str, set[str]] = {"generator": set(), "discriminator": set()}
    for stage, resolution in stages(form, game):
        for player in trains(stage):
            drop_gradients(game)
            losses = run_phase(form, game, stage, resolution, player, bf16=bf16)
            for name, value in {**losses.terms, **losses.measures}.items():
                require_float32(f"{form}: {player}'s {name}", value)
            reached[player] |= _with_gradient(getattr(game, player))
            other = "generator" if player == "discriminator" else "discriminator"
            touched = sorted(_with_gradient(getattr(game, other)))
            require(
                not touched,
                f"{form}: the {player}'s phase left gradients in the {other}'s {few(touched)}: call no backward() "
                "in a loss, and let the players share no parameter",
            )
    for player, names in reached.items():
        missing = [name for name, _ in getattr(game, player).named_parameters() if name not in names]
        require(
            not missing,
            f"{form}: no loss of any stage reaches the {player}'s {few(missing)}: use them in forward, or remove them",
        )


def check_bf16(form: Form) -> None:
    """`--precision bf16` works: finite float32 losses under autocast, and the same parameters with a gradient."""
    check_gradients(form, bf16=True)


def check_state(form: Form) -> None:
    """A player's state is in its parameters and persistent buffers, and nowhere else.

    What else there is gets lost in a checkpoint, and does not move to the device.
    """
    game = finished(form)
    for player in (game.generator, game.discriminator):
        saved = set(player.state_dict())
        lost = [name for name, _ in player.named_buffers() if name not in saved]
        require(
            not lost,
            f"{form}: {type(player).__name__} has buffers that are not saved, {few(lost)}: leave out persistent=False",
        )
        stray = [
            f"{path}.{name}".lstrip(".")
            for path, module in player.named_modules()
            for name, value in vars(module).items()
            if not name.startswith("_") and any(_is_state(value, kept) for kept in _unpacked(value))
        ]
        require(
            not stray,
            f"{form}: {type(player).__name__} keeps tensors or modules in plain attributes, {few(stray)}: use "
            "register_buffer, nn.ParameterList or nn.ModuleList",
        )


def check_round_trip(form: Form) -> None:
    """State dicts survive safetensors, and a game that loads them is the same game.

    This is how runs resume and how models are published.
    """
    source, target = finished(form, seed=0), finished(form, seed=1)
    for network in (source.generator, source.discriminator):
        network.train()
    for player in trains(source.stages[-1]):
        _last_phase(form, source, player)  # moves batch norm's and spectral norm's buffers away from their start
    drop_gradients(source)
    for player in ("generator", "discriminator"):
        network, copy = getattr(source, player), getattr(target, player)
        try:
            data = safetensors.torch.save(_contiguous(network))
        except RuntimeError as error:
            first = str(error).strip().splitlines()[0]
            require(False, f"{form}: the {player} cannot be saved, {first}: give each name a tensor of its own")
        copy.load_state_dict(safetensors.torch.load(data), strict=True)
        changed = differing(network, copy)
        require(not changed, f"{form}: the {player}'s {few(changed)} came back with other values")
    for player in trains(source.stages[-1]):
        one, other = (_losses(form, game, player) for game in (source, target))
        require(
            all(one[name] == other[name] or one[name] != one[name] for name in one),  # NaN is another check's
            f"{form}: a game that loaded the state has another {player} loss, {other} instead of {one}: something that "
            "the loss depends on is in no parameter and in no buffer",
        )


def _with_gradient(network: nn.Module) -> set[str]:
    return {name for name, parameter in network.named_parameters() if parameter.grad is not None}


def _unpacked(value: Any) -> Iterator[Any]:
    match value:
        case dict():
            yield from value.values()
        case list() | tuple() | set():
            yield from value
        case _:
            yield value


def _is_state(value: Any, kept: Any) -> bool:
    # The 0-dim fade of `enter_stage` is the engine's own tensor.
    return isinstance(kept, nn.Module) or (isinstance(kept, Tensor) and (kept is not value or kept.ndim > 0))


def _contiguous(network: nn.Module) -> dict[str, Tensor]:
    return {name: value.contiguous() for name, value in network.state_dict().items()}


def _last_phase(form: Form, game: Game, player: str) -> dict[str, Tensor]:
    stage = game.stages[-1]
    return run_phase(form, game, stage, stage.resolution or form.data.resolution, player).terms


def _losses(form: Form, game: Game, player: str) -> dict[str, float]:
    torch.manual_seed(5)
    game.generator.train()
    game.discriminator.train()
    return {name: float(value) for name, value in _last_phase(form, game, player).items()}
