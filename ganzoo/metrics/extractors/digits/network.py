"""The network behind the extractor `digits`."""

from __future__ import annotations

import torch
from torch import Tensor, nn

CLASSES = tuple("0123456789")
FEATURES = 96
RESOLUTION = 28

# Input and output channels, stride, padding of each 3x3 convolution: 28 -> 14 -> 14 -> 14 -> 7 -> 7 -> 5 pixels.
_LAYERS = ((1, 16, 2, 1), (16, 32, 1, 1), (32, 32, 1, 1), (32, 64, 2, 1), (64, 64, 1, 1), (64, FEATURES, 1, 0))


class DigitsNetwork(nn.Module):
    """Six convolutions with ReLU, then the mean over the 5x5 positions, then a linear classifier.

    Like Inception's, the features are a spatial mean after a ReLU: what the last layer saw, never negative.

    Args:
        training_form: With batch norm, as it is trained; without, it is folded into the convolutions, as shipped.
    """

    def __init__(self, *, training_form: bool = False) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(
            nn.Conv2d(ins, outs, 3, stride, padding, bias=not training_form) for ins, outs, stride, padding in _LAYERS
        )
        norms = (nn.BatchNorm2d(layer[1]) if training_form else nn.Identity() for layer in _LAYERS)
        self.norms = nn.ModuleList(norms)
        self.classifier = nn.Linear(FEATURES, len(CLASSES))

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Features and logits.

        Args:
            images: `(N, 1, 28, 28)` float32 in [-1, 1].

        Returns:
            Features `(N, 96)` float32, at least 0; logits `(N, 10)` float32.
        """
        x = images
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            x = torch.relu_(norm(convolution(x)))
        features = x.mean(dim=(2, 3))
        return features, self.classifier(features)
