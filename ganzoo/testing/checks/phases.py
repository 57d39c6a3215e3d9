"""What the checks do with a form: enter its stages, draw batches, run phases, compare."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from ganzoo.core.game import Game, Stage
from ganzoo.core.objective import Batch, Losses, Phase, Players, flat
from ganzoo.engine.optimizers import group_optimizers
from ganzoo.engine.phase import PhaseStep
from ganzoo.plugins.modalities import modality_of
from ganzoo.testing.forms import Form
from ganzoo.testing.outcome import Nonconforming, packages_of, place_in, require

CPU = torch.device("cpu")
SAMPLES = 12
"""In a batch: whole packs of 1, 2, 3, 4 and 6 samples."""
ASKS_THE_HOST = frozenset(
    ("item", "tolist", "numpy", "cpu", "__bool__", "__float__", "__int__", "__index__", "__contains__", "__array__")
)
"""Methods of a tensor that wait for its values."""


def require_float32(what: str, value: Tensor) -> None:
    """Raise `Nonconforming` unless a tensor is float32 and finite."""
    kind = str(value.dtype).removeprefix("torch.")
    require(kind == "float32", f"{what} came as {kind}: make it float32 (`.float()`)")
    require(bool(torch.isfinite(value).all()), f"{what} became infinite or NaN: look for a log or a root of 0")


def stages(form: Form, game: Game) -> Iterator[tuple[Stage, int]]:
    """Enter each stage in turn, with half of its fade done; gives it and its resolution."""
    for stage in game.stages:
        resolution = stage.resolution or form.data.resolution
        enter(game, resolution, 0.5 if stage.fade_images else 0.0)
        yield stage, resolution


def finished(form: Form, seed: int = 0) -> Game:
    """A game whose networks are in their last stage."""
    game = form.build(seed)
    enter(game, game.stages[-1].resolution or form.data.resolution, 0.0)
    return game


def perturbed(form: Form) -> Game:
    """A finished game whose generator is in evaluation, with weights and statistics that are not those of a start.

    First weights may be so small that samples hardly differ, or the same for each class.
    """
    game = finished(form)
    generator = game.generator.train()
    with torch.no_grad():
        for parameter in generator.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
        for _ in range(3):
            generator(generator.latent.sample(SAMPLES), condition_of(form, SAMPLES))
    generator.eval().requires_grad_(False)
    return game


def enter(game: Game, resolution: int, fade: float) -> None:
    """Tell both networks their stage, as the engine does."""
    weight = torch.tensor(fade)
    for network in (game.generator, game.discriminator):
        network.enter_stage(resolution, weight)


def shape_at(form: Form, resolution: int) -> tuple[int, ...]:
    """Shape of one sample in a stage."""
    factor = form.data.resolution // resolution
    return form.data.channels, *(length // factor for length in form.data.size)


def condition_of(form: Form, count: int) -> Tensor | None:
    """Classes in turn, sources of noise, or None for a form that gets none."""
    if form.data.source is not None:
        return torch.rand(count, *form.data.source.shape) * 2 - 1
    return torch.arange(count) % form.data.classes if form.conditional else None


def reals_of(form: Form, resolution: int, count: int = SAMPLES) -> Tensor:
    """Samples as the sampler gives them: in [-1, 1] where their modality is bounded, else from N(0, 1)."""
    shape = (count, *shape_at(form, resolution))
    return torch.rand(shape) * 2 - 1 if modality_of(form.data.kind).bounded else torch.randn(shape)


def phases_of(game: Game, stage: Stage) -> list[Phase]:
    """The phases of a stage, in their order."""
    return flat((stage.objective or game.objective).phases())


def batch_of(form: Form, game: Game, phase: Phase, resolution: int) -> Batch:
    """What a phase works on."""
    sees_reals = phase.reals != "none"
    return Batch(
        reals_of(form, resolution) if sees_reals else None,
        condition_of(form, SAMPLES) if sees_reals else None,
        game.generator.latent.sample(SAMPLES),
        condition_of(form, SAMPLES),
        torch.zeros((), dtype=torch.int64),
    )


def run_phase(form: Form, game: Game, phase: Phase, resolution: int, *, bf16: bool = False) -> Losses:
    """Run one phase as the engine does; the gradients stay in the parameters that it updates."""

    def loss(players: Players[Any, Any], batch: Batch) -> Losses:
        with _NoHost(form, phase):
            losses = phase.loss(players, batch)
        for name, value in {**losses.terms, **losses.measures}.items():
            require(value.ndim == 0, f"{form}: {phase.name}'s {name} has shape {tuple(value.shape)}: take its mean")
        return losses

    return step_of(game, replace(phase, loss=loss), bf16=bf16)(batch_of(form, game, phase, resolution))


def step_of(game: Game, phase: Phase, *, bf16: bool = False) -> PhaseStep:
    """A phase as the engine has it."""
    optimizers = group_optimizers(game)
    parameters = [parameter for group in phase.updates for parameter in optimizers[group].parameters]
    return PhaseStep(phase, game.players, parameters, CPU, bf16=bf16, compiled=False, warn=_refuse)


class _NoHost(TorchFunctionMode):
    """Refuses whatever asks a tensor for its values: the host would wait for the device in every phase."""

    def __init__(self, form: Form, phase: Phase) -> None:
        super().__init__()
        self._form, self._phase = form, phase

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        name = getattr(func, "__name__", "")
        if name in ASKS_THE_HOST:
            place = place_in(sys._getframe(), packages_of(self._form.variant))
            raise Nonconforming(
                f"{self._form}: the phase {self._phase.name!r} asks for a value by Tensor.{name}"
                f"{f' in {place}' if place else ''}: stay with tensors, as torch.where, and keep state in a buffer"
            )
        return func(*args, **kwargs or {})


def drop_gradients(game: Game) -> None:
    """Set every gradient to None."""
    for network in game.trained().values():
        network.zero_grad(set_to_none=True)


def differing(one: nn.Module, other: nn.Module) -> list[str]:
    """Names of parameters and buffers that have other bits."""
    ours, theirs = one.state_dict(), other.state_dict()
    return [name for name, value in ours.items() if name not in theirs or not torch.equal(value, theirs[name])]


def few(names: list[str]) -> str:
    """The first names of a list, for a message."""
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def _refuse(message: str) -> None:
    raise Nonconforming(message)
