"""Optimizers from recipes, by parameter group, and their state as flat named tensors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from ganzoo.core.game import SGD, Adam, Game, OptimizerRecipe, RMSprop
from ganzoo.errors import CheckpointError, ConfigError


class GroupOptimizer:
    """The optimizer of one parameter group, built from its recipe.

    Args:
        parameters: By their name in the network.
        recipe: What the variant asked for; the fused form is taken wherever torch has one.
    """

    def __init__(self, parameters: Mapping[str, nn.Parameter], recipe: OptimizerRecipe) -> None:
        self.recipe = recipe
        self._all = parameters
        self.leave_out_frozen()

    def leave_out_frozen(self) -> None:
        """Move only what requires a gradient, and forget all state."""
        trained = {name: parameter for name, parameter in self._all.items() if parameter.requires_grad}
        self.names = list(trained)
        self.parameters = list(trained.values())
        self.reset()

    def reset(self) -> None:
        """Forget all state, as ProGAN does when its resolution changes."""
        self.optimizer = _build(self.parameters, self.recipe)

    def set_lr(self, base_lr: float | None, images: int) -> None:
        """Set the learning rate: a stage's own or the recipe's, times the recipe's schedule."""
        factor = 1.0 if self.recipe.schedule is None else self.recipe.schedule(images)
        for group in self.optimizer.param_groups:
            group["lr"] = (self.recipe.lr if base_lr is None else base_lr) * factor

    def step(self) -> None:
        """Move the parameters that have a gradient."""
        if self.recipe.clip_norm is not None:
            torch.nn.utils.clip_grad_norm_(self.parameters, self.recipe.clip_norm)
        self.optimizer.step()

    def zero_grad(self) -> None:
        """Drop all gradients."""
        self.optimizer.zero_grad(set_to_none=True)

    def state(self) -> dict[str, Tensor]:
        """Tensors named `parameter/key`; parameters that were never stepped have none."""
        state = self.optimizer.state_dict()["state"]
        return {
            f"{self.names[index]}/{key}": value
            for index, values in state.items()
            for key, value in values.items()
            if isinstance(value, Tensor)
        }

    def load_state(self, tensors: dict[str, Tensor]) -> None:
        """Undo of `state`, on a freshly reset optimizer.

        Raises:
            CheckpointError: If a tensor belongs to no parameter.
        """
        state: dict[int, dict[str, Tensor]] = {}
        index = {name: position for position, name in enumerate(self.names)}
        for name, tensor in tensors.items():
            parameter, _, key = name.rpartition("/")
            if parameter not in index:
                raise CheckpointError(f"the optimizer state has {parameter!r}, which the network has not")
            position = index[parameter]
            state.setdefault(position, {})[key] = _like(tensor, self.parameters[position])
        self.optimizer.load_state_dict({"state": state, "param_groups": self.optimizer.state_dict()["param_groups"]})


def group_optimizers(game: Game) -> dict[str, GroupOptimizer]:
    """An optimizer for each parameter group of a game; the longest prefix that fits a parameter has it.

    Raises:
        ConfigError: If a parameter is in no group, or a group has no parameter.
    """
    recipes = game.optimizers.groups
    members: dict[str, dict[str, nn.Parameter]] = {group: {} for group in recipes}
    for root, network in game.trained().items():
        for name, parameter in network.named_parameters():
            group = _group(f"{root}.{name}", recipes)
            if group is None:
                raise ConfigError(f"the parameter {root}.{name} is in no group: add {root!r} to Optimizers({{...}})")
            members[group][name] = parameter
    for group, parameters in members.items():
        if not parameters:
            raise ConfigError(
                f"the parameter group {group!r} fits no parameter: look at the names of the networks' parts"
            )
    return {group: GroupOptimizer(members[group], _recipe(game, group)) for group in recipes}


def _group(parameter: str, groups: Mapping[str, OptimizerRecipe]) -> str | None:
    fitting = [group for group in groups if parameter.startswith(f"{group}.")]
    return max(fitting, key=len, default=None)


def _recipe(game: Game, group: str) -> OptimizerRecipe:
    recipe, every = game.optimizers.groups[group], game.lazy_every(group)
    return recipe.lazy(every) if every and isinstance(recipe, Adam) else recipe


def _like(tensor: Tensor, parameter: nn.Parameter) -> Tensor:
    """Give a state tensor the memory layout of its parameter: fused kernels walk both in the order of memory."""
    return torch.empty_like(parameter).copy_(tensor) if tensor.shape == parameter.shape else tensor


def _build(parameters: list[nn.Parameter], recipe: OptimizerRecipe) -> torch.optim.Optimizer:
    options: dict[str, Any] = {}
    match recipe:
        case Adam():
            # Both betas must be floats: torch refuses a mixture of int and float.
            betas = (float(recipe.betas[0]), float(recipe.betas[1]))
            kind = torch.optim.AdamW if recipe.weight_decay else torch.optim.Adam
            if recipe.weight_decay:
                options["weight_decay"] = recipe.weight_decay
            return kind(parameters, lr=recipe.lr, betas=betas, eps=recipe.eps, fused=True, **options)
        case RMSprop():
            return torch.optim.RMSprop(
                parameters, lr=recipe.lr, alpha=recipe.alpha, eps=recipe.eps, momentum=recipe.momentum, foreach=True
            )
        case SGD():
            return torch.optim.SGD(
                parameters, lr=recipe.lr, momentum=recipe.momentum, nesterov=recipe.nesterov, fused=True
            )
