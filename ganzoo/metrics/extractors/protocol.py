"""`Extractor`: what looks at samples for the metrics."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor


class Extractor(Protocol):
    """Maps samples to features, and perhaps to classes.

    Attributes:
        name: For the protocol line, with the library that it is of; that of a plugin gets the plugin's added.
        digest: sha256 of the weights, in hex, empty where it has none; checked before the extractor is made. What was
            seen of the reals is kept on disk by name, digest and resizer.
        features: D, the length of a feature vector.
        classes: Names of the classes of its logits; empty where it has none.
        score: Name of the score of these classes: `inception_score` for Inception alone.
    """

    name: str
    digest: str
    features: int
    classes: tuple[str, ...]
    score: str

    def resizer(self, shape: tuple[int, ...]) -> str:
        """In words, how images `(C, H, W)` come to the network's input.

        Raises:
            ConfigError: If it cannot look at such images.
        """

    def __call__(self, images: Tensor, /) -> tuple[Tensor, Tensor | None]:
        """Look at images uint8 `(n, C, H, W)`, on any device; `Identity` looks at vectors.

        Returns:
            Features `(n, D)` float32, and logits `(n, classes)` float32 or None, on the extractor's device.
        """
