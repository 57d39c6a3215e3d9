"""`Fakes`: what is judged, as batches of stored samples: of a generator, or of a set."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy
import torch
from torch import Tensor, nn

from ganzoo.core.data_spec import DataSpec
from ganzoo.core.latent import Categorical, Latent
from ganzoo.core.networks import Generator
from ganzoo.data.dataset import Dataset
from ganzoo.errors import ConfigError, DataError
from ganzoo.plugins.modalities import modality_of
from ganzoo.utils.random_state import own_random_states

BATCH = 128
"""Images that are made and looked at together: no more of them are ever held."""


@dataclass(frozen=True, slots=True)
class Fakes:
    """What is judged.

    Args:
        name: Where they come from, for the protocol.
        count: N.
        ema: What is known of a moving average; `no` without one.
        batches: Begins again with each call: samples as stored, images uint8 `(n, C, H, W)`, vectors float32 `(n, D)`,
            N in all.
        images: Real images that their model was trained on, where that is known.
        codes: As in `Comparison`.
        in_order: Sample i was made of source i of the reference.
    """

    name: str
    count: int
    ema: str
    batches: Callable[[], Iterator[Tensor]]
    images: int | None = None
    codes: Mapping[str, tuple[Tensor, int]] = field(default_factory=dict)
    in_order: bool = False


def of_dataset(dataset: Dataset, count: int, seed: int, name: str) -> Fakes:
    """Samples of a set: all, or a random choice of `count`."""
    count = min(count, len(dataset))
    order = numpy.random.RandomState(seed).permutation(len(dataset))[:count]
    chosen = torch.from_numpy(numpy.sort(order)).to(dataset.device)

    def batches() -> Iterator[Tensor]:
        for start in range(0, count, BATCH):
            yield dataset.modality.to_extractor(dataset.gather(chosen[start : start + BATCH]), dataset.spec)

    return Fakes(name, count, "no", batches)


def of_generator(
    generator: Generator,
    count: int,
    seed: int,
    name: str,
    ema: str,
    labels: Tensor | None,
    spec: DataSpec,
    images: int | None = None,
    sources: Dataset | None = None,
) -> Fakes:
    """Samples of a generator, in evaluation mode and without a trace: modes and random states are put back.

    Latents are drawn batch by batch, each with a seed made of `seed` and the batch's number, so that memory does
    not grow with `count` and the first n fakes of a longer evaluation are those of a shorter one.

    Args:
        generator: On its device, in either mode.
        count: How many.
        seed: Of the latents, and of noise that the generator draws itself.
        name: For the protocol.
        ema: For the protocol.
        labels: `(N,)` labels of the reference, for a generator that takes them: fakes get them at their frequencies.
        spec: Of the reference.
        images: For the protocol.
        sources: Of a generator that makes images of images: it makes one of each, in order, at most `count`.
    """
    count = count if sources is None else min(count, len(sources))
    pool = None if labels is None else labels.cpu().numpy()

    def batches() -> Iterator[Tensor]:
        for start in range(0, count, BATCH):
            size = min(BATCH, count - start)
            given = None if sources is None else _some(sources, start, size)
            samples = _finite(_make(generator, size, _mixed(seed, start), pool, given), start, count)
            if samples.ndim != len(spec.shape) + 1:
                shapes = f"{tuple(samples.shape[1:])}, and the reference {spec.name} has {spec.shape}"
                raise ConfigError(f"the generator makes samples of shape {shapes}")
            # As a file would hold them: published figures are of 8-bit images.
            stored = torch.from_numpy(modality_of(spec.kind).to_stored(samples.cpu().numpy(), spec))
            yield modality_of(spec.kind).to_extractor(stored, spec)

    return Fakes(name, count, ema, batches, images, _codes(generator.latent, count, seed), sources is not None)


def _codes(latent: Latent, count: int, seed: int) -> dict[str, tuple[Tensor, int]]:
    """The choice of each categorical part that each of the fakes is made of: their latents are drawn again."""
    parts = {name: part.size for name, part, _ in latent.pieces() if isinstance(part, Categorical)}
    if not parts:
        return {}
    starts = range(0, count, BATCH)
    drawn = [latent.split(latent.draw(min(BATCH, count - start), _mixed(seed, start))) for start in starts]
    return {
        name: (torch.from_numpy(numpy.concatenate([latents[name].argmax(1) for latents in drawn])), size)
        for name, size in parts.items()
    }


def _some(dataset: Dataset, start: int, size: int) -> Tensor:
    """Samples `start` to `start + size - 1`, as networks see them."""
    return dataset.to_network(dataset.gather(torch.arange(start, start + size, device=dataset.device)))


def pairs_of(fakes: Fakes, reference: Dataset) -> Callable[[], Iterator[tuple[Tensor, Tensor]]]:
    """Batches of fakes with the reals that belong to their sources, as metrics compare them."""

    def pairs() -> Iterator[tuple[Tensor, Tensor]]:
        start = 0
        for batch in fakes.batches():
            reals = reference.gather(torch.arange(start, start + len(batch), device=reference.device))
            yield batch, reference.modality.to_extractor(reals, reference.spec).to(batch.device)
            start += len(batch)

    return pairs


def _make(
    generator: Generator, size: int, seed: int, pool: numpy.ndarray | None, sources: Tensor | None = None
) -> Tensor:
    """Samples `(n, *shape)` float32 on the generator's device."""
    device = next(generator.parameters()).device
    latents = torch.from_numpy(generator.latent.draw(size, seed)).to(device)
    condition = None if sources is None else sources.to(device)
    if pool is not None:
        condition = torch.from_numpy(numpy.random.RandomState(seed).choice(pool, size)).to(device)
    with torch.no_grad(), own_random_states(device), _evaluating(generator):
        torch.manual_seed(seed)
        samples: Tensor = generator(latents, condition) if condition is not None else generator(latents)
        return samples.float()


@contextmanager
def _evaluating(network: nn.Module) -> Iterator[None]:
    """Evaluation mode, and afterwards each module's own mode again."""
    modes = [(module, module.training) for module in network.modules()]
    network.eval()
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode


def _mixed(seed: int, start: int) -> int:
    # Hashed, so that the batches of one seed are not those of the next seed, moved by one.
    return int.from_bytes(hashlib.sha256(f"{seed}/{start}".encode()).digest()[:4], "little")


def _finite(samples: Tensor, start: int, count: int) -> Tensor:
    broken = samples.isfinite().flatten(1).all(dim=1).logical_not().nonzero()
    if len(broken):
        raise DataError(
            f"sample {start + int(broken[0])} of {count} has values that are infinite or not a number: the training "
            "diverged, so evaluate an earlier checkpoint or another model"
        )
    return samples


class Backwards(Generator):
    """A generator that makes both ways, as it makes sources of samples: its sampling option `direction` is `BtoA`."""

    def __init__(self, generator: Generator) -> None:
        super().__init__()
        self.generator, self.latent = generator, generator.latent

    def forward(self, latents: Tensor, condition: Tensor | None = None) -> Tensor:
        """As the generator."""
        samples: Tensor = self.generator(latents, condition, direction="BtoA")
        return samples
