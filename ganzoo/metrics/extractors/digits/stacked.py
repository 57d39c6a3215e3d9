"""Stacked MNIST through the classifier of its digits (PacGAN, arXiv:1712.04086, section 4.2)."""

from __future__ import annotations

import torch
from torch import Tensor

from ganzoo.data.sources.stacked_mnist import CLASSES
from ganzoo.errors import ConfigError
from ganzoo.metrics.extractors.digits.extractor import Digits
from ganzoo.metrics.extractors.digits.extractor import load as load_digits
from ganzoo.metrics.extractors.digits.network import FEATURES

CHANNELS = 3


class StackedDigits:
    """Looks at each color channel as `digits` does; three digits are one of 1,000 classes.

    The features are those of the three channels side by side. The logit of a class is the sum of its digits', so that
    its probability is their product: channels are judged independently.

    Args:
        digits: Looks at one channel.
    """

    name = "stacked-digits"
    features = CHANNELS * FEATURES
    classes = tuple(f"{number:03d}" for number in range(CLASSES))
    score = "classifier_score"

    def __init__(self, digits: Digits) -> None:
        self._digits = digits
        self.digest = digits.digest

    def resizer(self, shape: tuple[int, ...]) -> str:
        """In words, how images `(3, H, W)` come to 28x28.

        Raises:
            ConfigError: If they have not three channels.
        """
        if shape[0] != CHANNELS:
            raise ConfigError(
                f"the extractor {self.name} looks at three digits as color channels, and these images have "
                f"{shape[0]}: take --extractor digits"
            )
        return self._digits.resizer((1, *shape[1:]))

    def __call__(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Look at images uint8 `(n, 3, H, W)`; see `Extractor`."""
        features, logits = self._digits(images.flatten(0, 1).unsqueeze(1))
        first, second, third = logits.view(len(images), CHANNELS, -1).unbind(dim=1)
        # Row by row as the classes are numbered: digits 3, 0, 7 are class 307.
        sums = first[:, :, None, None] + second[:, None, :, None] + third[:, None, None, :]
        return features.view(len(images), -1), sums.flatten(1)


def load(device: torch.device) -> StackedDigits:
    """The shipped classifier, for three channels.

    Raises:
        GanzooError: As `ganzoo.metrics.extractors.digits.extractor.load`.
    """
    return StackedDigits(load_digits(device))
