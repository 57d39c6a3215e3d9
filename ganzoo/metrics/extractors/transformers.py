"""CLIP and DINOv2 by way of torch-fidelity (extra `metrics`), which fetches their weights on first use."""

from __future__ import annotations

import hashlib
import importlib.metadata
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from ganzoo.errors import ConfigError, GanzooError
from ganzoo.utils.random_state import own_random_states

SIDE = 224
"""Pixels that both networks look at."""


class Transformer:
    """A vision transformer's embedding of the whole image, through 224x224 pixels.

    Args:
        name: Of the network, as torch-fidelity calls it.
        network: torch-fidelity's extractor for one feature; from uint8 `(n, 3, H, W)`.
        features: Length of the embedding.
    """

    classes: tuple[str, ...] = ()
    score = ""

    def __init__(self, name: str, network: nn.Module, features: int) -> None:
        self.name = f"{name} (torch-fidelity {importlib.metadata.version('torch-fidelity')})"
        self.features = features
        self.digest = _digest(network)
        self._network = network
        self._device = next(network.parameters()).device

    def resizer(self, shape: tuple[int, ...]) -> str:
        """In words, how images `(C, H, W)` come to 224x224.

        Raises:
            ConfigError: If they have neither 1 nor 3 channels.
        """
        if shape[0] not in (1, 3):
            raise ConfigError(f"the extractor {self.name} takes 1 or 3 channels, and these images have {shape[0]}")
        gray = "gray repeated as RGB, " if shape[0] == 1 else ""
        size = f"{shape[1]}" if shape[1] == shape[2] else f"{shape[1]}x{shape[2]}"
        return f"{gray}bilinear as TensorFlow 1 {size} to {SIDE}"

    def __call__(self, images: Tensor) -> tuple[Tensor, None]:
        """Look at images uint8 `(n, 1 or 3, H, W)`; see `Extractor`."""
        with torch.no_grad():
            (features,) = self._network(images.to(self._device).expand(-1, 3, -1, -1))
        return features, None


def load_clip(device: torch.device) -> Transformer:
    """CLIP ViT-B/32 (arXiv:2103.00020), of the weights whose sha256 torch-fidelity names; 512 features.

    Raises:
        GanzooError: If torch-fidelity or the weights are missing.
    """

    def make() -> nn.Module:
        from torch_fidelity.feature_extractor_clip import FeatureExtractorCLIP

        network: nn.Module = FeatureExtractorCLIP("clip-vit-b-32", ["clip"], verbose=False)
        return network

    return Transformer("clip-vit-b-32", _loaded("clip", make, device), 512)


def load_dinov2(device: torch.device) -> Transformer:
    """DINOv2 ViT-S/14 (arXiv:2304.07193); 384 features. Its authors' code is fetched with the weights, and is run.

    Raises:
        GanzooError: If torch-fidelity, the code or the weights are missing.
    """

    def make() -> nn.Module:
        from torch_fidelity.feature_extractor_dinov2 import FeatureExtractorDinoV2

        network: nn.Module = FeatureExtractorDinoV2("dinov2-vit-s-14", ["dinov2"])
        return network

    return Transformer("dinov2-vit-s-14", _loaded("dinov2", make, device), 384)


def _loaded(name: str, make: Callable[[], nn.Module], device: torch.device) -> nn.Module:
    instead = "`ganzoo eval --extractor photos` judges photographs without"
    try:
        with own_random_states():
            network = make()
    except ImportError as error:
        raise GanzooError(
            f"the extractor {name} needs torch-fidelity: pip install 'torch-ganzoo[metrics]'; {instead}"
        ) from error
    # torch.hub says RuntimeError for an answer that is not what it should be, and OSError for none.
    except (OSError, RuntimeError) as error:
        raise GanzooError(f"the weights of {name} could not be fetched ({error}); {instead}") from error
    return network.eval().requires_grad_(False).to(device)


def _digest(network: nn.Module) -> str:
    """sha256 of all names and values: the weights come by ways of the library's own, in formats of its own."""
    digest = hashlib.sha256()
    state: dict[str, Any] = network.state_dict()
    for name in sorted(state):
        digest.update(name.encode())
        digest.update(state[name].detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()
