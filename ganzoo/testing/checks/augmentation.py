"""The check that a discriminator sees images through its `augment` alone. It raises `Nonconforming`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import torch
from torch import Tensor

from ganzoo.core.networks import Discriminator
from ganzoo.testing.checks.phases import batch_of, finished, phases_of, shape_at, stages
from ganzoo.testing.forms import Form
from ganzoo.testing.outcome import require

NOT_ASKED = ("augment", "enter_stage")
"""Methods of a discriminator that judge nothing."""


def check_augment(form: Form) -> None:
    """Where `augment` makes all images the same, no method of the discriminator can tell them apart."""
    game = finished(form)
    # In evaluation, so that dropout and the running statistics of the call before change nothing.
    blinded = _Blinded(form, game.discriminator.eval())
    for stage, resolution in stages(form, game):
        blinded.shape = shape_at(form, resolution)
        for phase in phases_of(game, stage):
            phase.loss(game.players, batch_of(form, game, phase, resolution))
    require(
        blinded.augmented,
        f"{form}: no loss passes an image through {type(game.discriminator).__name__}.augment: call "
        "self.augment(samples) first in forward; where a loss calls parts of the discriminator, give them "
        "discriminator.augment(samples)",
    )


class _Blinded:
    """A discriminator whose `augment` blanks all images, and whose every call is repeated with other images.

    Args:
        form: Whose discriminator it is.
        discriminator: Changed in place.
    """

    def __init__(self, form: Form, discriminator: Discriminator) -> None:
        self.shape: tuple[int, ...] = ()
        self.augmented = self._within = False
        self._form, self._name = form, type(discriminator).__name__
        for name in _methods(type(discriminator)):
            setattr(discriminator, name, partial(self._judge, name, getattr(discriminator, name)))
        discriminator.augment = self._blank  # type: ignore[method-assign]

    def _blank(self, samples: Tensor) -> Tensor:
        self.augmented = True
        source = self._form.data.source
        require(
            samples.shape[1:] == self.shape or (source is not None and samples.shape[1:] == source.shape),
            f"{self._form}: {self._name} gives augment samples of shape {tuple(samples.shape)}: pass them through it "
            f"first, as {('N', *self.shape)}".replace("'", ""),
        )
        return samples * 0.0

    def _judge(self, name: str, method: Any, *args: Any, **kwargs: Any) -> Any:
        images = args[0] if args else next(iter(kwargs.values()), None)
        # A method may call another, with images that were augmented before.
        if self._within or not isinstance(images, Tensor) or images.shape[1:] != self.shape:
            return method(*args, **kwargs)
        self._within = True
        others = torch.rand_like(images)
        torch.manual_seed(0)  # both times, for one that adds noise
        judged = method(*args, **kwargs)
        torch.manual_seed(0)
        with torch.no_grad():
            again = method(others, *args[1:], **kwargs) if args else method(**{**kwargs, next(iter(kwargs)): others})
        self._within = False
        same = all(torch.equal(one, other) for one, other in zip(_tensors(judged), _tensors(again), strict=True))
        require(
            same,
            f"{self._form}: {self._name}.{name} sees images that did not pass through augment: begin it with "
            "samples = self.augment(samples)",
        )
        return judged


def _methods(kind: type) -> list[str]:
    """Public methods that a plugin gave its discriminator."""
    own = kind.__mro__[: kind.__mro__.index(Discriminator)]
    named = {name for base in own for name, value in vars(base).items() if callable(value)}
    return sorted(name for name in named if not name.startswith("_") and name not in NOT_ASKED)


def _tensors(judged: Any) -> Iterator[Tensor]:
    match judged:
        case Tensor():
            yield judged
        case tuple() | list():
            for part in judged:
                yield from _tensors(part)
        case dict():
            yield from _tensors(list(judged.values()))
