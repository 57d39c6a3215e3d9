"""`Digits`: the shipped classifier of MNIST as an extractor."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load as load_safetensors
from torch import Tensor
from torch.nn.functional import interpolate

from ganzoo.errors import ConfigError, GanzooError
from ganzoo.metrics.extractors.digits.network import CLASSES, FEATURES, RESOLUTION, DigitsNetwork
from ganzoo.utils.random_state import own_random_states

FOLDER = Path(__file__).parent
WEIGHTS = "model.safetensors"
CARD = "digits.json"

_PADDED = 32


class Digits:
    """Looks at gray images of any size, as 28x28 pixels.

    Args:
        network: In evaluation mode, on its device.
        digest: sha256 of its weights.
    """

    name = "digits"
    features = FEATURES
    classes = CLASSES
    score = "classifier_score"

    def __init__(self, network: DigitsNetwork, digest: str) -> None:
        self.digest = digest
        self._network = network
        self._device = next(network.parameters()).device

    def resizer(self, shape: tuple[int, ...]) -> str:
        """In words, how images `(C, H, W)` come to 28x28.

        Raises:
            ConfigError: If they have color.
        """
        if shape[0] != 1:
            raise ConfigError(
                f"the extractor digits looks at gray images, and these have {shape[0]} channels: "
                "take --extractor inception, or make both sides gray with --channels 1"
            )
        side = shape[-1]
        if side == RESOLUTION:
            return "none"
        # 32 is MNIST padded by 2 on each side: cropping gives back the very pixels.
        return f"center crop {side} to 28" if side == _PADDED else f"antialiased bilinear {side} to 28"

    def __call__(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Look at images uint8 `(n, 1, H, W)`; see `Extractor`."""
        pixels = images.to(self._device).float()
        side = images.shape[-1]
        if side == _PADDED:
            margin = (_PADDED - RESOLUTION) // 2
            pixels = pixels[..., margin:-margin, margin:-margin]
        elif side != RESOLUTION:
            pixels = interpolate(pixels, (RESOLUTION, RESOLUTION), mode="bilinear", antialias=True)
        scaled = (pixels / 127.5 - 1).contiguous(memory_format=torch.channels_last)
        with torch.no_grad():
            features, logits = self._network(scaled)
        return features, logits


def load(device: torch.device) -> Digits:
    """The shipped classifier.

    Raises:
        GanzooError: If its files are missing, or the weights are not the ones that were shipped.
    """
    try:
        weights = (FOLDER / WEIGHTS).read_bytes()
        expected = card()["sha256"]
    except (OSError, ValueError, KeyError) as error:
        raise GanzooError(f"the extractor digits cannot be read ({error}): reinstall torch-ganzoo") from error
    digest = hashlib.sha256(weights).hexdigest()
    if digest != expected:
        raise GanzooError(
            f"{FOLDER / WEIGHTS} has sha256 {digest[:12]}, and {CARD} says {expected[:12]}: the extractor digits is "
            "not the one that was shipped; reinstall torch-ganzoo"
        )
    with own_random_states():
        network = DigitsNetwork()
    network.load_state_dict(load_safetensors(weights))
    network.eval().requires_grad_(False).to(device).to(memory_format=torch.channels_last)
    return Digits(network, digest)


def card() -> dict[str, Any]:
    """`digits.json`: sha256, accuracy on the test split of MNIST, how it was made, license."""
    values: dict[str, Any] = json.loads((FOLDER / CARD).read_text(encoding="utf-8"))
    return values
