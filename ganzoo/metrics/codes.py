"""What a generator's categorical codes became: the class that most samples of each choice have (arXiv:1606.03657)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ganzoo.errors import ConfigError
from ganzoo.metrics.classes import misfit

if TYPE_CHECKING:
    from ganzoo.core.evaluation import Figure
    from ganzoo.metrics.comparison import Comparison


def confusion(codes: Tensor, classes: Tensor, choices: int, number: int) -> Tensor:
    """How many samples of each choice have each class.

    Args:
        codes: `(N,)` int64, from 0 to `choices - 1`.
        classes: `(N,)` int64, from 0 to `number - 1`.
        choices: Of the code.
        number: Of classes.

    Returns:
        `(choices, number)` int64.
    """
    return torch.bincount(codes * number + classes, minlength=choices * number).view(choices, number)


def measure(comparison: Comparison) -> dict[str, Figure]:
    """For each code, as `digit`: `digit_purity`, `digit_distinct` of `digit_distinct_total`, and `digit_classes`.

    The purity is the share of fakes that have the class which is the most frequent one among those of their choice: 1
    where each choice makes one class. Distinct is how many classes these are; the list has one for each choice, by its
    number. Which choice became which class is told as a note besides.

    Raises:
        ConfigError: If the fakes were made of no codes.
    """
    if not comparison.codes:
        raise ConfigError("codes is of generators whose latents have a categorical part, as infogan's")
    if reason := misfit(comparison):
        comparison.note(f"codes was left out: {reason}")
        return {}
    assert comparison.fake.logits is not None
    names, known = comparison.spec.class_names, comparison.extractor.classes
    seen = comparison.fake.logits.argmax(dim=1).cpu()
    figures: dict[str, Figure] = {}
    for code, (chosen, choices) in comparison.codes.items():
        # Classes that the data lacks stay in the sums, and are nobody's majority.
        counts = confusion(chosen, seen, choices, len(known))
        most, majority = counts[:, [known.index(name) for name in names]].max(dim=1)
        classes: list[int] = majority.tolist()
        figures |= {
            f"{code}_purity": int(most.sum()) / len(seen),
            f"{code}_distinct": len(set(classes)),
            f"{code}_distinct_total": min(choices, len(names)),
            f"{code}_classes": classes,
        }
        comparison.note(_told(code, [names[index] for index in classes], most, counts.sum(dim=1)))
    return figures


def _told(code: str, classes: Sequence[str], most: Tensor, every: Tensor) -> str:
    shares = (most / every.clamp(min=1)).tolist()
    pairs = enumerate(zip(classes, shares, strict=True))
    became = [f"{choice} is {name} ({share:.0%})" for choice, (name, share) in pairs]
    return f"what {code} became: {', '.join(became)}"
