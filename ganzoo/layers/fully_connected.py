"""Fully connected layers: the networks of the first papers, and of those on points."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from torch import nn


def fully_connected(
    widths: Sequence[int],
    activation: Callable[[], nn.Module],
    *,
    norm: Callable[[int], nn.Module] | None = None,
    bias: bool = True,
) -> nn.Sequential:
    """Linear layers from vectors `(N, widths[0])` to raw vectors `(N, widths[-1])`.

    Each hidden layer is linear, norm, activation; the last is linear alone, and has a bias always.

    Args:
        widths: Length of the input, units of each hidden layer, length of the output: at least two.
        activation: Makes the activation of the hidden layers.
        norm: Makes the norm for so many units; None for a network without.
        bias: Whether the hidden layers have one, which a norm makes useless.
    """
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(widths[:-1]):
        layers += [nn.Linear(inputs, outputs, bias=bias), *([norm(outputs)] if norm else []), activation()]
    return nn.Sequential(*layers, nn.Linear(widths[-2], widths[-1]))
