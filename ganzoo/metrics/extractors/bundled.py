"""Extractors whose weights ship with the package."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors.torch import load as load_safetensors
from torch import Tensor, nn

from ganzoo.errors import GanzooError
from ganzoo.utils.random_state import own_random_states

Network = TypeVar("Network", bound=nn.Module)

WEIGHTS = "model.safetensors"


def load_network(folder: Path, make: Callable[[], Network], device: torch.device) -> tuple[Network, str]:
    """A shipped network in evaluation mode on `device`, and the sha256 of its weights.

    Args:
        folder: As for `read_weights`.
        make: Builds the network, with whatever weights.
        device: Where to put it.

    Raises:
        GanzooError: As `read_weights`.
    """
    weights, digest = read_weights(folder)
    with own_random_states():
        network = make()
    network.load_state_dict(weights)
    network.eval().requires_grad_(False).to(device).to(memory_format=torch.channels_last)
    return network, digest


def read_weights(folder: Path) -> tuple[dict[str, Tensor], str]:
    """The float32 weights of an extractor and their sha256, which its card must name.

    Args:
        folder: Named as the extractor; with `model.safetensors` and the card `NAME.json`.

    Raises:
        GanzooError: If its files are missing, or the weights are not the ones that were shipped.
    """
    name = folder.name
    try:
        weights = (folder / WEIGHTS).read_bytes()
        expected = read_card(folder)["sha256"]
    except (OSError, ValueError, KeyError) as error:
        raise GanzooError(f"the extractor {name} cannot be read ({error}): reinstall torch-ganzoo") from error
    digest = hashlib.sha256(weights).hexdigest()
    if digest != expected:
        raise GanzooError(
            f"{folder / WEIGHTS} has sha256 {digest[:12]}, and {name}.json says {expected[:12]}: the extractor {name} "
            "is not the one that was shipped; reinstall torch-ganzoo"
        )
    return {key: tensor.to(torch.float32) for key, tensor in load_safetensors(weights).items()}, digest


def read_card(folder: Path) -> dict[str, Any]:
    """`NAME.json`: sha256, how the weights were made, license."""
    values: dict[str, Any] = json.loads((folder / f"{folder.name}.json").read_text(encoding="utf-8"))
    return values
