"""`Inputs`: held-out images that a model which makes images of images shows itself with. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ganzoo.core.data_spec import DataSpec
from ganzoo.errors import PackageError
from ganzoo.utils.files import write_atomically

INPUTS: Final = "inputs.safetensors"
"""The file of a run and of a package."""

COUNT = 16
"""Images in it, at most."""

LARGEST_BYTES = 64 * 2**20
"""Of a file that is read."""

Images = NDArray[np.float32]


@dataclass(frozen=True, eq=False, slots=True)
class Inputs:
    """Images of both kinds: of pairs target i belongs to source i, of two sets they have nothing to do with each other.

    Args:
        sources: `(K, *source.shape)` float32 in [-1, 1].
        targets: `(K, *shape)`.
    """

    sources: Images
    targets: Images

    def __len__(self) -> int:
        return len(self.sources)

    def take(self, count: int) -> Inputs:
        """So many, in turn."""
        chosen = np.arange(count) % len(self)
        return Inputs(self.sources[chosen], self.targets[np.arange(count) % len(self.targets)])

    def save(self, path: Path) -> None:
        """Write them as 8-bit images, in one move: `sources` and `targets`, uint8 `(K, C, H, W)`."""
        import safetensors.numpy

        arrays = {"sources": self.sources, "targets": self.targets}
        stored = {name: _eight_bits(images) for name, images in arrays.items()}
        write_atomically(path, safetensors.numpy.save(stored))

    @classmethod
    def read(cls, path: Path, spec: DataSpec) -> Inputs:
        """Read what `save` wrote.

        Args:
            path: Of a file that may be anybody's.
            spec: Of the model, whose shapes the images must have.

        Raises:
            OSError: If it cannot be read.
            PackageError: If it holds something else.
        """
        import safetensors
        import safetensors.numpy

        assert spec.source is not None
        if path.stat().st_size > LARGEST_BYTES:
            raise PackageError(f"{path} is larger than {LARGEST_BYTES >> 20} MiB, which is the most that is read")
        try:
            found = safetensors.numpy.load(path.read_bytes())
        except (safetensors.SafetensorError, ValueError, KeyError, TypeError) as error:
            raise PackageError(f"{path} is not safetensors: {error}") from error
        shapes = {"sources": spec.source.shape, "targets": spec.shape}
        fits = all(
            images.dtype == np.uint8 and images.shape[1:] == shapes.get(name) and 0 < len(images) <= COUNT
            for name, images in found.items()
        )
        counts = {len(images) for images in found.values()}
        if not fits or found.keys() != shapes.keys() or (spec.source.paired and len(counts) != 1):
            raise PackageError(f"{path} does not hold sources and targets as this model takes and makes them")
        return cls(*(found[name].astype(np.float32) / np.float32(127.5) - np.float32(1) for name in shapes))


def _eight_bits(images: Images) -> NDArray[np.uint8]:
    levels: NDArray[np.uint8] = np.rint((images + 1) * 127.5).clip(0, 255).astype(np.uint8)
    return levels
