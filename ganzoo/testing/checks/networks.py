"""Checks of a form's losses and of the players' state. Each raises `Nonconforming`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import safetensors.torch
import torch
from torch import Tensor, nn

from ganzoo.core.game import Game
from ganzoo.engine.optimizers import group_optimizers
from ganzoo.testing.checks.phases import (
    differing,
    drop_gradients,
    few,
    finished,
    phases_of,
    require_float32,
    run_phase,
    stages,
)
from ganzoo.testing.forms import Form
from ganzoo.testing.memory import INTERNAL, KEEP, changes, memory
from ganzoo.testing.outcome import require


def check_gradients(form: Form, *, bf16: bool = False) -> None:
    """Over all stages, every parameter gets a gradient from a phase that updates it, and none from any other.

    A parameter without one is dead weight in every checkpoint; one that a phase moves without saying so is a bug that
    no loss curve shows. The losses must be finite 0-dim float32, under bf16 too.
    """
    game = form.build()
    for network in game.trained().values():
        network.train()
    optimizers = group_optimizers(game)
    parameters = {f"{root}.{name}": p for root, net in game.trained().items() for name, p in net.named_parameters()}
    reached, known = set[str](), frozenset(map(id, game.trained().values()))
    for stage, resolution in stages(form, game):
        for phase in phases_of(game, stage):
            drop_gradients(game)
            objective = stage.objective or game.objective
            settings = memory(objective, known)
            losses = run_phase(form, game, phase, resolution, bf16=bf16)
            changed = changes(settings, memory(objective, known))
            require(
                not changed,
                f"{form}: the phase {phase.name!r} changed {type(objective).__name__}'s {few(changed)}: {KEEP}",
            )
            for name, value in {**losses.terms, **losses.measures}.items():
                require_float32(f"{form}: {phase.name}'s {name}", value)
            updated = {f"{group.partition('.')[0]}.{n}" for group in phase.updates for n in optimizers[group].names}
            found = {name for name, parameter in parameters.items() if parameter.grad is not None}
            touched = sorted(name for name in found if name not in updated)
            require(
                not touched,
                f"{form}: the phase {phase.name!r} left gradients in {few(touched)}, and it updates "
                f"{', '.join(phase.updates)}: call no backward() in a loss, and let the players share no parameter",
            )
            reached |= found
    missing = [name for name in parameters if name not in reached]
    require(
        not missing,
        f"{form}: no loss of any stage reaches {few(missing)}: use them in forward, or remove them",
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
        owned = {id(part) for part in (*player.modules(), *player.parameters(), *player.buffers())}
        stray = [
            f"{path}.{name}".lstrip(".")
            for path, module in player.named_modules()
            for name, value in vars(module).items()
            if name not in INTERNAL and any(_is_state(value, kept, owned) for kept in _unpacked(value))
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
    _run_last_stage(form, source)  # moves batch norm's and spectral norm's buffers away from their start
    drop_gradients(source)
    for player, network in source.trained().items():
        copy = target.trained()[player]
        try:
            data = safetensors.torch.save(_contiguous(network))
        except RuntimeError as error:
            first = str(error).strip().splitlines()[0]
            require(False, f"{form}: the {player} cannot be saved, {first}: give each name a tensor of its own")
        copy.load_state_dict(safetensors.torch.load(data), strict=True)
        changed = differing(network, copy)
        require(not changed, f"{form}: the {player}'s {few(changed)} came back with other values")
    one, other = (_run_last_stage(form, game) for game in (source, target))
    differing_losses = {name for name in one if one[name] != other[name] and one[name] == one[name]}  # NaN: another's
    require(
        not differing_losses,
        f"{form}: a game that loaded the state has other losses, {few(sorted(differing_losses))}: something that the "
        "loss depends on is in no parameter and in no buffer",
    )


def _unpacked(value: Any) -> Iterator[Any]:
    match value:
        case dict():
            yield from value.values()
        case list() | tuple() | set():
            yield from value
        case _:
            yield value


def _is_state(value: Any, kept: Any, owned: set[int]) -> bool:
    # What is registered may have a second name, as in torch's recurrent layers. The 0-dim fade of `enter_stage` is the
    # engine's own tensor.
    fade = isinstance(kept, Tensor) and kept is value and kept.ndim == 0
    return isinstance(kept, nn.Module | Tensor) and id(kept) not in owned and not fade


def _contiguous(network: nn.Module) -> dict[str, Tensor]:
    return {name: value.contiguous() for name, value in network.state_dict().items()}


def _run_last_stage(form: Form, game: Game) -> dict[str, float]:
    """Losses of all phases of the last stage, in training mode and with the same random numbers."""
    torch.manual_seed(5)
    for network in game.trained().values():
        network.train()
    stage = game.stages[-1]
    return {
        f"{phase.name}/{name}": float(value)
        for phase in phases_of(game, stage)
        for name, value in run_phase(form, game, phase, stage.resolution or form.data.resolution).terms.items()
    }
