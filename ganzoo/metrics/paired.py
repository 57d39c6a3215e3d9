"""How far translations are from the images that belong to their sources: mean absolute difference, PSNR, SSIM."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional

from ganzoo.errors import ConfigError

if TYPE_CHECKING:
    from ganzoo.core.evaluation import Figure
    from ganzoo.metrics.comparison import Comparison

WINDOW, SIGMA = 11, 1.5
"""Of the Gaussian that SSIM looks through, in pixels."""

_LEAST_ERROR = 1e-10


def measure(comparison: Comparison) -> dict[str, Figure]:
    """`l1` of values from 0 to 1, `psnr` in dB and `ssim`, each of a pair and then averaged over all pairs.

    Raises:
        ConfigError: If the reference has no pairs.
    """
    if comparison.pairs is None:
        raise ConfigError("it compares what was made of a source with its own target, and there are no pairs")
    sums, count, small = torch.zeros(3, dtype=torch.float64), 0, False
    for fakes, reals in comparison.pairs():
        fake, real = (images.to(torch.float64) / 255 for images in (fakes, reals))
        small = min(fake.shape[2:]) < WINDOW
        similar = torch.zeros(len(fake)) if small else ssim(fake, real)
        each = torch.stack([(fake - real).abs().flatten(1).mean(1), psnr(fake, real), similar.to(torch.float64)])
        sums += each.sum(1).cpu()
        count += len(fake)
    l1, decibels, similarity = (sums / count).tolist()
    figures: dict[str, Figure] = {"l1": l1, "psnr": decibels}
    if small:
        comparison.note(f"ssim was left out: it looks through windows of {WINDOW} pixels, and the images are smaller")
    else:
        figures["ssim"] = similarity
    return figures


def psnr(fake: Tensor, real: Tensor) -> Tensor:
    """Peak signal-to-noise ratio in dB of each pair `(N, C, H, W)` with values in [0, 1]; 100 of the same."""
    return -10 * (fake - real).square().flatten(1).mean(1).clamp(min=_LEAST_ERROR).log10()


def ssim(fake: Tensor, real: Tensor) -> Tensor:
    """Structural similarity of each pair `(N, C, H, W)` with values in [0, 1]: `(N,)`.

    Wang et al., "Image quality assessment: from error visibility to structural similarity", 2004, equation 13, with its
    Gaussian window and constants, averaged over channels and wherever the window lies within the image.
    """
    channels = fake.shape[1]
    at = torch.arange(WINDOW, dtype=fake.dtype, device=fake.device) - WINDOW // 2
    line = torch.exp(-at.square() / (2 * SIGMA**2))
    line = line / line.sum()
    window = (line[:, None] * line).expand(channels, 1, WINDOW, WINDOW)

    def mean(values: Tensor) -> Tensor:
        return functional.conv2d(values, window, groups=channels)

    mean_fake, mean_real = mean(fake), mean(real)
    variances = mean(fake.square()) - mean_fake.square() + mean(real.square()) - mean_real.square()
    covariance = mean(fake * real) - mean_fake * mean_real
    c1, c2 = 0.01**2, 0.03**2
    above = (2 * mean_fake * mean_real + c1) * (2 * covariance + c2)
    below = (mean_fake.square() + mean_real.square() + c1) * (variances + c2)
    return (above / below).flatten(1).mean(1)
