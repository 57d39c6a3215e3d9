"""Extractors whose weights ship with the package."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load as load_safetensors
from torch import Tensor

from ganzoo.errors import GanzooError

WEIGHTS = "model.safetensors"


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
