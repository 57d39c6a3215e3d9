"""`--from`: a training begins with trained weights, and `--freeze-d` keeps some of them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ganzoo.core.game import Game, HalfLife
from ganzoo.core.objective import Players, flat
from ganzoo.errors import ConfigError, PackageError
from ganzoo.registry.opening import Opened, open_reference
from ganzoo.registry.packages.names import DISCRIMINATOR, WEIGHTS
from ganzoo.runs.checkpoint import load_tensors
from ganzoo.runs.plan import Plan
from ganzoo.runs.run import Run
from ganzoo.utils.random_state import own_random_states
from ganzoo.utils.shell import typed

if TYPE_CHECKING:
    from torch import Tensor, nn

    from ganzoo.engine.training import Training

SHOWN = 5
"""Tensors that a refusal names."""


def find(reference: str, variant: str) -> Opened:
    """The run or package that a training is to begin from.

    Raises:
        ConfigError: If it is of another variant, or is none that can be found.
        GanzooError: If it cannot be opened.
    """
    opened = open_reference(reference)
    if opened.run is not None:
        found = Run.open(opened.run).config.variant
        opened = replace(opened, reference=str(opened.run.resolve()))
    else:
        assert opened.package is not None
        found = opened.package.manifest.variant
    if found != variant:
        raise ConfigError(
            f"{reference} is a {found}, whose weights do not fit a {variant}: "
            f"`{typed('ganzoo', 'train', found, '--from', reference)}` goes on with it"
        )
    return opened


def without_ramp_up(game: Game) -> Game:
    """The game with an average that remembers the weights it begins with."""
    return replace(game, ema=replace(game.ema, ramp_up=0.0)) if isinstance(game.ema, HalfLife) else game


def take_weights(training: Training, plan: Plan, opened: Opened, log: Callable[[str], None]) -> None:
    """Put the weights of a model into generator, average, discriminator and auxiliary network.

    Args:
        training: Freshly built.
        plan: Of it.
        opened: As of `find`.
        log: Told what was taken.

    Raises:
        ConfigError: If not all fits by name and shape, unless `--from-partial` was given.
    """
    sources, options = _weights_of(opened)
    partial, taken = plan.training.from_partial, []
    for role, network in training.networks().items():
        if role not in sources:
            if not partial:
                raise ConfigError(
                    f"{opened.reference} has no {role} in it: push its run again with --with-discriminator, or give "
                    f"--from-partial to begin with a new {role}"
                )
            taken.append(f"a new {role}")
            continue
        own, found = network.state_dict(), sources[role]
        misfits = [
            f"{name} {_shape(found.get(name))} there, {_shape(own.get(name))} here"
            for name in sorted(own.keys() | found.keys())
            if _shape(own.get(name)) != _shape(found.get(name))
        ]
        if misfits and not partial:
            raise ConfigError(
                f"{len(misfits)} tensors of the {role} of {opened.reference} do not fit (first: "
                f"{'; '.join(misfits[:SHOWN])}){_differences(plan, options)}; --from-partial takes those that fit"
            )
        fitting = {name: value for name, value in found.items() if _shape(own.get(name)) == _shape(value)}
        if not fitting:
            raise ConfigError(f"nothing of the {role} of {opened.reference} fits: it is another network")
        network.load_state_dict({**own, **{name: value.to(own[name].dtype) for name, value in fitting.items()}})
        taken.append(f"{len(fitting)} of {len(own)} tensors of the {role}")
    log(f"from {opened.reference}: {', '.join(taken)}")


def freeze_discriminator(training: Training, layers: int) -> None:
    """Keep the first layers of the discriminator as they are (FreezeD, arXiv:2002.10964).

    Layers are modules with a weight of two or more dimensions, in the order in which an image goes through them; what
    lies between them, such as norms, is frozen with them.

    Raises:
        ConfigError: If there are not so many, or none would be left to learn.
    """
    order = _modules_in_order(training)
    weighted = [index for index, module in enumerate(order) if _has_weight(module)]
    if layers >= len(weighted):
        raise ConfigError(
            f"--freeze-d (={layers}) must be from 0 to {len(weighted) - 1}: this discriminator has {len(weighted)} "
            "layers"
        )
    frozen = [parameter for module in order[: weighted[layers]] for parameter in module.parameters(recurse=False)]
    training.freeze(frozen)


def _weights_of(opened: Opened) -> tuple[dict[str, dict[str, Tensor]], Mapping[str, Any]]:
    """Tensors by network, and the variant's options that they were trained with."""
    if opened.run is not None:
        run = Run.open(opened.run)
        newest = run.checkpoints.newest_valid()
        if newest is None:
            raise ConfigError(f"{opened.reference} has no checkpoint yet that a training could begin from")
        roles = [path.stem for path in newest.glob("*.safetensors") if not path.stem.endswith("_optimizer")]
        return {role: load_tensors(newest, role) for role in roles}, run.config.options.model_dump()
    import safetensors.torch

    package = opened.package
    assert package is not None
    weights = safetensors.torch.load_file(package.folder / WEIGHTS)
    # The average is what was published, so both begin with it.
    sources = {"generator": weights, "ema": weights}
    if DISCRIMINATOR in package.manifest.files:
        try:
            sources["discriminator"] = safetensors.torch.load_file(package.folder / DISCRIMINATOR)
        except safetensors.SafetensorError as error:
            raise PackageError(f"{package.folder / DISCRIMINATOR} cannot be read: {error}") from error
    return sources, package.config.model_args


def _differences(plan: Plan, theirs: Mapping[str, Any]) -> str:
    """Options of the variant that differ, as one would type them."""
    ours = plan.config.model_dump(mode="json")
    # The length of a training is in no network.
    names = [name for name, value in theirs.items() if name in ours and ours[name] != value and name != "images"]
    if not names:
        return ""
    return "; it was trained with " + " ".join(f"--{name.replace('_', '-')} {theirs[name]}" for name in names)


def _modules_in_order(training: Training) -> list[nn.Module]:
    """Modules of the discriminator that have parameters of their own, in the order in which a loss runs them."""
    phase = next(phase for phase in flat(training.objective.phases()) if phase.counts)
    players, network = training.players, training.game.discriminator
    # Copies, because a pass through batch norms leaves traces.
    trial = Players(
        copy.deepcopy(players.generator), copy.deepcopy(network), copy.deepcopy(players.auxiliary), players.frozen
    )
    order: dict[str, None] = {}
    for name, module in trial.discriminator.named_modules():
        if any(True for _ in module.parameters(recurse=False)):
            module.register_forward_pre_hook(lambda _module, _inputs, name=name: order.setdefault(name))
    with own_random_states(training.device):
        phase.loss(trial, training.draw_aside(phase))
    return [network.get_submodule(name) for name in order]


def _has_weight(module: nn.Module) -> bool:
    return any(parameter.dim() > 1 for parameter in module.parameters(recurse=False))


def _shape(tensor: Tensor | None) -> str:
    return "missing" if tensor is None else str(tuple(tensor.shape))
