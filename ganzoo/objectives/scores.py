"""Raw scores of whatever shape a discriminator gives, one a sample, one a patch, at several scales; and `Scored`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from ganzoo.core.networks import Discriminator
from ganzoo.core.objective import Batch, Players

Scores = Tensor | tuple[Tensor, ...]
"""Raw scores: `(N,)` (fewer where samples are packed), a map `(N, 1, h, w)` of patches, or a tuple of either, one a
scale."""


def over_scales(value: Callable[..., Tensor], *scores: Scores) -> Tensor:
    """Mean over scales of a value of the scores of one scale, such as a loss, which averages over their elements.

    So each scale counts alike, however many patches it has (pix2pixHD, arXiv:1711.11585, eq. 3, but for the factor).

    Args:
        value: From one tensor of each of `scores` to a 0-dim tensor.
        *scores: Of as many scales each.
    """
    return mean([value(*one) for one in zip(*map(scales, scores), strict=True)])


def scales(scores: Scores) -> tuple[Tensor, ...]:
    """Scores as a tuple, one element a scale."""
    return (scores,) if isinstance(scores, Tensor) else tuple(scores)


def mean(values: Sequence[Tensor]) -> Tensor:
    """The mean of tensors of one shape; a single one as it is, with no operation more."""
    return values[0] if len(values) == 1 else torch.stack(list(values)).mean(0)


def of_samples(scores: Tensor) -> Tensor:
    """One score a sample (or pack), `(N,)`: the mean over its map."""
    return scores if scores.ndim == 1 else scores.flatten(1).mean(1)


def full_precision(scores: Scores) -> Scores:
    """Scores in float32 where autocast made them 16 bits wide; untouched otherwise (float64 stays float64)."""
    if not isinstance(scores, Tensor):
        return tuple(full_precision(scale) for scale in scores)  # type: ignore[misc]
    return scores.float() if scores.dtype in (torch.bfloat16, torch.float16) else scores


class Scored:
    """Reals and fakes of a discriminator phase with their raw scores, each made when it is first asked for, and once.

    So a regularizer with a phase of its own costs no more than it looks at: a lazy `R1` draws no fakes.

    Args:
        players: As the phase has them.
        batch: With reals.
        judge: From samples and their condition to raw scores, at least float32, and anything else from the same pass;
            left out: the discriminator's scores, and None.

    Attributes:
        discriminator: Called again by terms that score other samples.
        condition: Of the reals, as in `Batch`; `fake_condition` of the fakes.
        reals: `(N, *sample.shape)`, a leaf that requires a gradient.
    """

    def __init__(
        self,
        players: Players[Any, Any],
        batch: Batch,
        judge: Callable[[Tensor, Tensor | None], tuple[Scores, Any]] | None = None,
    ) -> None:
        assert batch.reals is not None, "a discriminator phase has reals"
        self.discriminator: Discriminator = players.discriminator
        self.condition, self.fake_condition = batch.condition, batch.fake_condition
        # Leaves of the graph, for regularizers that differentiate scores by them.
        self.reals = batch.reals.detach().requires_grad_()
        self._generator, self._latents = players.generator, batch.latents
        self._judge = judge or (
            lambda samples, condition: (full_precision(self.discriminator(samples, condition)), None)
        )
        self._fakes: Tensor | None = None
        self._of_reals: tuple[Scores, Any] | None = None
        self._of_fakes: tuple[Scores, Any] | None = None

    @property
    def fakes(self) -> Tensor:
        """`(N, *sample.shape)`, a leaf that requires a gradient; none of it reaches the generator."""
        if self._fakes is None:
            with torch.no_grad():
                fakes = self._generator(self._latents, self.fake_condition)
            # `to`: autocast may have made the fakes 16 bits wide, and their gradients would be so too.
            self._fakes = fakes.to(self.reals.dtype).detach().requires_grad_()
        return self._fakes

    # Two passes: a batch norm in D must see reals and fakes apart (DCGAN, arXiv:1511.06434).

    def judged_reals(self) -> tuple[Scores, Any]:
        """What `judge` says of the reals."""
        if self._of_reals is None:
            self._of_reals = self._judge(self.reals, self.condition)
        return self._of_reals

    def judged_fakes(self) -> tuple[Scores, Any]:
        """What `judge` says of the fakes."""
        if self._of_fakes is None:
            self._of_fakes = self._judge(self.fakes, self.fake_condition)
        return self._of_fakes

    @property
    def real_scores(self) -> Scores:
        """Raw scores of `reals`, differentiable in them."""
        return self.judged_reals()[0]

    @property
    def fake_scores(self) -> Scores:
        """Raw scores of `fakes`, differentiable in them."""
        return self.judged_fakes()[0]
