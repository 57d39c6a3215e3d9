"""`Photos`: a shipped ImageNet classifier's features, for photographs and other color images."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from ganzoo.errors import ConfigError
from ganzoo.metrics.extractors.bundled import load_network
from ganzoo.metrics.extractors.photos.network import FEATURES, RESOLUTION, PhotosNetwork

FOLDER = Path(__file__).parent


class Photos:
    """Looks at color images of any size, as 128x128 pixels; gray is repeated as RGB.

    Args:
        network: In evaluation mode, on its device.
        digest: sha256 of its weights.
    """

    name = "photos"
    features = FEATURES
    # The classifier is not shipped: its 1,000 classes are nobody's data.
    classes: tuple[str, ...] = ()
    score = ""

    def __init__(self, network: PhotosNetwork, digest: str) -> None:
        self.digest = digest
        self._network = network
        self._device = next(network.parameters()).device

    def resizer(self, shape: tuple[int, ...]) -> str:
        """In words, how images `(C, H, W)` come to 128x128.

        Raises:
            ConfigError: If they have neither 1 nor 3 channels.
        """
        if shape[0] not in (1, 3):
            raise ConfigError(f"the extractor photos takes 1 or 3 channels, and these images have {shape[0]}")
        steps = ["gray repeated as RGB"] if shape[0] == 1 else []
        height, width = shape[1:]
        if (height, width) != (RESOLUTION, RESOLUTION):
            size = f"{height}" if height == width else f"{height}x{width}"
            steps.append(f"antialiased bilinear {size} to {RESOLUTION}")
        return ", ".join(steps) or "none"

    def __call__(self, images: Tensor) -> tuple[Tensor, None]:
        """Look at images uint8 `(n, 1 or 3, H, W)`; see `Extractor`."""
        pixels = images.to(self._device).float().expand(-1, 3, -1, -1)
        if pixels.shape[2:] != (RESOLUTION, RESOLUTION):
            pixels = interpolate(pixels, (RESOLUTION, RESOLUTION), mode="bilinear", antialias=True)
        # As the network was trained: TensorFlow's Lite models take (value - 127) / 128.
        scaled = ((pixels - 127) / 128).contiguous(memory_format=torch.channels_last)
        with torch.no_grad():
            return self._network(scaled), None


def load(device: torch.device) -> Photos:
    """The shipped network.

    Raises:
        GanzooError: If its files are missing, or the weights are not the ones that were shipped.
    """
    return Photos(*load_network(FOLDER, PhotosNetwork, device))
