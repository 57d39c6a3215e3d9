"""`Digits`: the shipped classifier of MNIST as an extractor."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from ganzoo.errors import ConfigError
from ganzoo.metrics.extractors.bundled import load_network
from ganzoo.metrics.extractors.digits.network import CLASSES, FEATURES, RESOLUTION, DigitsNetwork

FOLDER = Path(__file__).parent

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
    return Digits(*load_network(FOLDER, DigitsNetwork, device))
