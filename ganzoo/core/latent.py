"""`Latent`: the distribution that a generator draws from. Imports torch only to draw tensors."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy
    import torch


LARGEST_SEED = 2**32 - 1
"""The largest that `Latent.draw` takes, because numpy's generator does."""


@dataclass(frozen=True, slots=True)
class Normal:
    """A part of a latent: `size` components, each N(0, 1).

    Raises:
        ValueError: If the size is below 1.
    """

    size: int
    distribution: Literal["normal"] = field(default="normal", kw_only=True)

    def __post_init__(self) -> None:
        _check_size(self.size, 1)

    def sample(self, count: int, device: torch.device | str | None) -> torch.Tensor:
        """`(count, size)` float32 from torch's global generator."""
        import torch

        return torch.randn(count, self.size, device=device)

    def draw(self, count: int, random: numpy.random.RandomState) -> numpy.ndarray:
        """`(count, size)` float64."""
        return random.standard_normal((count, self.size))


@dataclass(frozen=True, slots=True)
class Uniform:
    """A part of a latent: `size` components, each U(low, high).

    Raises:
        ValueError: If the size is below 1, or the range ends before it begins.
    """

    size: int
    low: float = -1.0
    high: float = 1.0
    distribution: Literal["uniform"] = field(default="uniform", kw_only=True)

    def __post_init__(self) -> None:
        _check_size(self.size, 1)
        if not -math.inf < self.low <= self.high < math.inf:
            raise ValueError(f"a uniform part from {self.low} to {self.high} has no range: low must not be above high")

    def sample(self, count: int, device: torch.device | str | None) -> torch.Tensor:
        """`(count, size)` float32 from torch's global generator."""
        import torch

        return torch.empty(count, self.size, device=device).uniform_(self.low, self.high)

    def draw(self, count: int, random: numpy.random.RandomState) -> numpy.ndarray:
        """`(count, size)` float64."""
        return random.uniform(self.low, self.high, (count, self.size))


@dataclass(frozen=True, slots=True)
class Categorical:
    """A part of a latent: one of `size` choices, each as likely, as a one-hot code of `size` components.

    Raises:
        ValueError: If there are fewer than two choices.
    """

    size: int
    distribution: Literal["categorical"] = field(default="categorical", kw_only=True)

    def __post_init__(self) -> None:
        _check_size(self.size, 2)

    def sample(self, count: int, device: torch.device | str | None) -> torch.Tensor:
        """`(count, size)` float32 from torch's global generator."""
        import torch

        chosen = torch.randint(self.size, (count, 1), device=device)
        return torch.zeros(count, self.size, device=device).scatter_(1, chosen, 1.0)

    def draw(self, count: int, random: numpy.random.RandomState) -> numpy.ndarray:
        """`(count, size)` float64."""
        import numpy

        # int64 on every system: numpy's default is another one on Windows, with another stream.
        return numpy.eye(self.size)[random.randint(self.size, size=count, dtype=numpy.int64)]


Part = Normal | Uniform | Categorical
"""What a latent may be made of."""


@dataclass(frozen=True, slots=True)
class Latent:
    """Distribution of one latent.

    Args:
        shape: Of one latent, e.g. `(100,)`; `(0,)` of a generator without noise, which makes images of images.
        distribution: `"normal"`: N(0, 1); `"uniform"`: U(low, high); `"parts"`: what `Latent.parts` makes.
        low: Lower end of the uniform distribution.
        high: Upper end of the uniform distribution.
        named: Name and distribution of each part, in the order of their components; empty unless there are parts.

    Raises:
        ValueError: If the parts do not fit the shape, or a name is none that can be typed.
    """

    shape: tuple[int, ...]
    distribution: Literal["normal", "uniform", "parts"] = "normal"
    low: float = -1.0
    high: float = 1.0
    named: tuple[tuple[str, Part], ...] = ()

    def __post_init__(self) -> None:
        if (self.distribution == "parts") != bool(self.named):
            raise ValueError("a latent has named parts where its distribution is 'parts', and nowhere else")
        if self.named and self.shape != (sum(part.size for _, part in self.named),):
            raise ValueError(f"a latent of parts is flat: its shape (={self.shape}) must be the sum of their sizes")
        names = [name for name, _ in self.named]
        for name in names:
            if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or names.count(name) > 1:
                raise ValueError(f"a latent's part {name!r} needs a name of its own: lower-case letters, digits and _")

    @classmethod
    def parts(cls, **parts: Part) -> Latent:
        """A latent of named parts: `Latent.parts(z=Normal(62), digit=Categorical(10), style=Uniform(2))`.

        Its shape is flat, `(74,)` there: the parts lie side by side, in the order given, a categorical one as a one-hot
        code. `ganzoo sample --set digit=3` sets one of them.
        """
        return cls((sum(part.size for part in parts.values()),), "parts", named=tuple(parts.items()))

    def pieces(self) -> Iterator[tuple[str, Part, slice]]:
        """Name, distribution and components of each part; one that is called `z` of a latent without parts.

        The components count within a latent that is flattened to `(N, prod(shape))`.
        """
        start = 0
        for name, part in self.named or self._whole():
            yield name, part, slice(start, start + part.size)
            start += part.size

    def _whole(self) -> tuple[tuple[str, Part], ...]:
        size = math.prod(self.shape)
        if not size:
            return ()
        return (("z", Normal(size) if self.distribution == "normal" else Uniform(size, self.low, self.high)),)

    def split(self, latents: Any) -> dict[str, Any]:
        """The parts by name, each `(N, size)`, of latents `(N, *shape)`: views of a torch tensor or a numpy array."""
        flat = latents.reshape(len(latents), -1)
        return {name: flat[:, columns] for name, _, columns in self.pieces()}

    def sample(self, count: int, device: torch.device | str | None = None) -> torch.Tensor:
        """Draw `(count, *shape)` float32 latents on `device` from torch's global generator."""
        import torch

        drawn = [part.sample(count, device) for _, part, _ in self.pieces()]
        if not drawn:
            return torch.empty(count, *self.shape, device=device)
        return (drawn[0] if len(drawn) == 1 else torch.cat(drawn, 1)).view(count, *self.shape)

    def draw(self, count: int, seed: int) -> numpy.ndarray:
        """Draw `(count, *shape)` float32 latents that depend on `seed` alone, without torch.

        The same seed gives the same latents on every device, with every backend and every version of torch;
        the first n of a longer draw are the shorter draw. Each part has a stream of its own, so that the others stay
        as they are when one is set.
        """
        import numpy

        drawn = numpy.empty((count, math.prod(self.shape)), numpy.float32)
        for index, (_, part, columns) in enumerate(self.pieces()):
            # RandomState and not default_rng: numpy promises that its stream never changes.
            drawn[:, columns] = part.draw(count, numpy.random.RandomState([seed, index] if self.named else seed))
        return drawn.reshape(count, *self.shape)


def _check_size(size: int, least: int) -> None:
    if size < least:
        raise ValueError(f"the size of a latent's part (={size}) must be at least {least}")
