"""What `--augment` and its relatives ask for. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

Method = Literal["diffaug", "ada"]

OPERATIONS: dict[Method, dict[str, str]] = {
    "diffaug": {
        "color": "brightness, saturation, contrast",
        "translation": "shifts by up to an eighth",
        "cutout": "a gray square of half the size",
    },
    "ada": {
        "b": "blitting: flips, quarter turns, whole-pixel shifts",
        "g": "geometry: scaling, rotation, shifts",
        "c": "color: brightness, contrast, luma flip, hue, saturation",
    },
}
"""Operations of each method, in the order in which they are applied."""


@dataclass(frozen=True, slots=True)
class Policy:
    """One method and its operations.

    Args:
        method: `"diffaug"` (arXiv:2006.10738) or `"ada"` (arXiv:2006.06676).
        operations: Names from `OPERATIONS`, each once.
    """

    method: Method
    operations: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `diffaug`, `diffaug:color,cutout`, `ada` or `ada:bg`; without operations all of the method's.

        Raises:
            ValueError: If there is no such method or operation: what the text must be.
        """
        name, colon, listed = text.partition(":")
        method = next((method for method in OPERATIONS if method == name), None)
        if method is None:
            raise ValueError("must be diffaug or ada, alone or with operations: diffaug:color,cutout or ada:bg")
        known = OPERATIONS[method]
        if not colon:
            return cls(method, tuple(known))
        asked = [part.strip() for part in listed.split(",")] if method == "diffaug" else list(listed)
        for operation in asked:
            if operation not in known:
                choices = "; ".join(f"{one} ({what})" for one, what in known.items())
                raise ValueError(f"must name operations of {method}, and {operation!r} is none: {choices}")
        if not asked:
            raise ValueError("must name operations after the colon; without one all of them are meant")
        # In the order of the method's own, whatever order they were typed in.
        return cls(method, tuple(operation for operation in known if operation in asked))

    def __str__(self) -> str:
        between = "," if self.method == "diffaug" else ""
        return f"{self.method}:{between.join(self.operations)}"


@dataclass(frozen=True, slots=True)
class AugmentationSettings:
    """What `--augment` and its relatives say.

    Args:
        policy: The method and its operations.
        p: Fixed probability of `ada`; None: adaptive, from 0 on.
        target: E[sign(D(real))] that the adaptive p aims at.
        speed: Images in which p can go from 0 to 1.
    """

    policy: Policy
    p: float | None = None
    target: float = 0.6
    speed: int = 500_000

    @property
    def adaptive(self) -> bool:
        """Whether p follows the discriminator."""
        return self.policy.method == "ada" and self.p is None
