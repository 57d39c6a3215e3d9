"""`Inception`: the network of published FIDs, by way of torch-fidelity (extra `metrics`)."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ganzoo.errors import ConfigError, GanzooError
from ganzoo.utils.digests import digest_of
from ganzoo.utils.random_state import own_random_states

WEIGHTS = "weights-inception-2015-12-05-6726825d.pth"
DIGEST_START = "6726825d"
"""The weights' sha256 begins so: their publisher put it into the name, as torch.hub has it."""

_INSTEAD = "`ganzoo eval --extractor digits` judges gray images of digits without"


class Inception:
    """Inception v3 of 2015 as ported by torch-fidelity: `pool3` features and logits of 1,008 classes.

    Args:
        network: torch-fidelity's `FeatureExtractorInceptionV3` for `2048` and `logits_unbiased`.
        digest: sha256 of its weights.
        version: Of torch-fidelity.
    """

    features = 2048
    # The logits have 1,008 places of which 1,000 are ImageNet's; no data set of ours has those names.
    classes = tuple(f"imagenet-{index}" for index in range(1008))
    score = "inception_score"

    def __init__(self, network: Any, digest: str, version: str) -> None:
        self.name, self.digest = f"inception-v3-compat (torch-fidelity {version})", digest
        self._network = network
        self._device = next(network.parameters()).device

    def resizer(self, shape: tuple[int, ...]) -> str:
        """In words, how images `(C, H, W)` come to 299x299.

        Raises:
            ConfigError: If they have neither 1 nor 3 channels.
        """
        if shape[0] not in (1, 3):
            raise ConfigError(f"the extractor inception takes 1 or 3 channels, and these images have {shape[0]}")
        gray = "gray repeated as RGB, " if shape[0] == 1 else ""
        return f"{gray}bilinear as TensorFlow 1 {shape[-1]} to 299"

    def __call__(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Look at images uint8 `(n, 1 or 3, H, W)`; see `Extractor`."""
        with torch.no_grad():
            features, logits = self._network(images.to(self._device).expand(-1, 3, -1, -1))
        return features, logits


def load(device: torch.device) -> Inception:
    """Inception, its weights fetched by torch-fidelity when they are not there yet.

    Raises:
        GanzooError: If torch-fidelity or the weights are missing, or the weights are not the published ones.
    """
    try:
        from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3
    except ImportError as error:
        raise GanzooError(
            f"the extractor inception needs torch-fidelity: pip install 'torch-ganzoo[metrics]'; {_INSTEAD}"
        ) from error
    path = Path(torch.hub.get_dir()) / "checkpoints" / WEIGHTS
    # Before as well as after: weights that lie there are loaded by the next lines, and they are a pickle.
    digest = _checked(path) if path.exists() else None
    try:
        with own_random_states():
            network = FeatureExtractorInceptionV3("inception-v3-compat", ["2048", "logits_unbiased"], verbose=False)
    except OSError as error:
        raise GanzooError(
            f"the weights of Inception are not at {path} and could not be fetched ({error}): copy {WEIGHTS} there; "
            f"{_INSTEAD}"
        ) from error
    digest = digest or _checked(path)
    return Inception(network.to(device), digest, importlib.metadata.version("torch-fidelity"))


def _checked(path: Path) -> str:
    digest = digest_of(path)
    if not digest.startswith(DIGEST_START):
        raise GanzooError(
            f"{path} has sha256 {digest[:12]}, and the published weights' begins with {DIGEST_START}: they are damaged "
            "or others; delete the file, and it is fetched again"
        )
    return digest
