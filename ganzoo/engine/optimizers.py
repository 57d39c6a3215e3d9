"""Optimizers from recipes, and their state as flat named tensors."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from ganzoo.core.game import SGD, Adam, OptimizerRecipe, RMSprop
from ganzoo.errors import CheckpointError


class PlayerOptimizer:
    """The optimizer of one player, built from its recipe.

    Args:
        network: The player.
        recipe: What the variant asked for; the fused form is taken wherever torch has one.
    """

    def __init__(self, network: nn.Module, recipe: OptimizerRecipe) -> None:
        self.recipe = recipe
        self.names = [name for name, parameter in network.named_parameters() if parameter.requires_grad]
        self.parameters = [parameter for parameter in network.parameters() if parameter.requires_grad]
        self.optimizer = _build(self.parameters, recipe)

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
