"""Adversarial losses as functions on raw scores.

Each takes scores as a discriminator returns them, of any shape and without a sigmoid, and returns a 0-dim mean;
`real` and `fake` may differ in number, unless a loss judges pairs. Cross-entropies are built from softplus, because
log(1 - sigmoid(s)) is -infinity in float32 from about s = 17 on, and its gradient is NaN. Targets are not checked
here but by the classes of `ganzoo.objectives.losses`.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import relu, softplus


def _cross_entropy(scores: Tensor, target: float) -> Tensor:
    """Mean of -t * log(D) - (1 - t) * log(1 - D), with D = sigmoid(scores)."""
    # softplus(s) - t * s is the same number, but at t = 1 it loses every digit of a confident score.
    loss = softplus(-scores).mean()
    return loss if target == 1.0 else loss + (1.0 - target) * scores.mean()


def minimax_discriminator(real: Tensor, fake: Tensor, real_target: float = 1.0) -> Tensor:
    """Cross-entropy of a classifier: -E[log D(x)] - E[log(1 - D(G(z)))] (arXiv:1406.2661, eq. 1).

    Args:
        real: Raw scores of reals.
        fake: Raw scores of fakes.
        real_target: In (0, 1]. Below 1: one-sided label smoothing (arXiv:1606.03498, section 3.4); the target
            of fakes stays 0.
    """
    return _cross_entropy(real, real_target) + softplus(fake).mean()


def minimax_generator(fake: Tensor, target: float = 1.0) -> Tensor:
    """The zero-sum, saturating loss: E[log(1 - D(G(z)))] (arXiv:1406.2661, eq. 1).

    With a target t it is minus the discriminator's cross-entropy on fakes labeled 1 - t, that is
    E[(1 - t) * log D + t * log(1 - D)]: what is left of the zero-sum game when both its labels are smoothed. It is
    the mirror of `non_saturating_generator` and so concave in the score: it pushes scores away from
    logit(1 - t), upwards only above it. To smooth the generator's target, prefer the non-saturating loss.

    Args:
        fake: Raw scores of fakes.
        target: In (0, 1].
    """
    loss = -softplus(fake).mean()
    return loss if target == 1.0 else loss + (1.0 - target) * fake.mean()


def non_saturating_generator(fake: Tensor, target: float = 1.0) -> Tensor:
    """Cross-entropy of fakes passed off as reals: -E[log D(G(z))] (arXiv:1406.2661, section 3).

    Args:
        fake: Raw scores of fakes.
        target: In (0, 1]; the generator wants D(G(z)) = target.
    """
    return _cross_entropy(fake, target)


def least_squares_discriminator(real: Tensor, fake: Tensor, a: float = 0.0, b: float = 1.0) -> Tensor:
    """E[(D(x) - b)^2] / 2 + E[(D(G(z)) - a)^2] / 2 (arXiv:1611.04076, eq. 2 and 9).

    Args:
        real: Raw scores of reals.
        fake: Raw scores of fakes.
        a: Target of fakes.
        b: Target of reals.
    """
    return 0.5 * ((real - b).square().mean() + (fake - a).square().mean())


def least_squares_generator(fake: Tensor, c: float = 1.0) -> Tensor:
    """E[(D(G(z)) - c)^2] / 2 (arXiv:1611.04076, eq. 2 and 9).

    Args:
        fake: Raw scores of fakes.
        c: The score that the generator wants for its fakes.
    """
    return 0.5 * (fake - c).square().mean()


def hinge_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """E[max(0, 1 - D(x))] + E[max(0, 1 + D(G(z)))] (arXiv:1802.05957, eq. 16; arXiv:1705.02894)."""
    return relu(1.0 - real).mean() + relu(1.0 + fake).mean()


def hinge_generator(fake: Tensor) -> Tensor:
    """-E[D(G(z))] (arXiv:1802.05957, eq. 17)."""
    return -fake.mean()


def wasserstein_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """E[D(G(z))] - E[D(x)]: minus the estimate of the distance (arXiv:1701.07875, eq. 2 and algorithm 1)."""
    return fake.mean() - real.mean()


def wasserstein_generator(fake: Tensor) -> Tensor:
    """-E[D(G(z))] (arXiv:1701.07875, algorithm 1)."""
    return -fake.mean()


def relativistic_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """E[softplus(-(D(x) - D(G(z))))], each real judged against its fake (arXiv:2501.05441, eq. 2; arXiv:1807.00734).

    Args:
        real: Raw scores of reals.
        fake: Raw scores of as many fakes; the i-th is the pair of the i-th real.
    """
    return softplus(fake - real).mean()


def relativistic_generator(fake: Tensor, real: Tensor) -> Tensor:
    """E[softplus(-(D(G(z)) - D(x)))]: the same with the roles exchanged (arXiv:2501.05441, eq. 2).

    Args:
        fake: Raw scores of fakes.
        real: Raw scores of as many reals; the i-th is the pair of the i-th fake.
    """
    return softplus(real - fake).mean()
