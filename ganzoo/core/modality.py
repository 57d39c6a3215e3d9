"""`Modality`: what is done with samples of one kind of data, wherever ganzoo does it. Imports no torch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    import numpy
    from torch import Tensor

    from ganzoo.core.config import VariantConfig
    from ganzoo.core.data_spec import DataSpec


class Modality(ABC):
    """A kind of data: images, vectors, or what a plugin's hook `ganzoo_modalities` adds.

    A data set holds samples as they are *stored*, `(N, *spec.shape)`; networks see float32 of the same shape. What is
    not said here is as for numbers that are stored as networks see them, float32 nominally in [-1, 1].

    Attributes:
        samples: Its samples in a word, for messages: `images`.
        bounded: Networks see values nominally in [-1, 1].
        plotted: All samples are points of one plot, so that none has a picture of its own.
        count: Samples that are shown together unless told otherwise.
        suffix: Of a `file`.
        precision: Of samples and figures, for the protocol of an evaluation.
    """

    samples: ClassVar[str]
    bounded: ClassVar[bool] = True
    plotted: ClassVar[bool] = False
    count: ClassVar[int] = 64
    suffix: ClassVar[str] = ".png"
    precision: ClassVar[str] = "float32 samples, float64 figures"

    @abstractmethod
    def check_shape(self, shape: tuple[int, ...]) -> None:
        """Refuse a shape that no sample can have.

        Raises:
            ValueError: With the end of a sentence: `must have a shape (channels, length), and has (3,)`.
        """

    @abstractmethod
    def pixels(self, samples: numpy.ndarray, spec: DataSpec) -> numpy.ndarray:
        """A small picture of each sample; not asked for where all are `plotted` together.

        Args:
            samples: `(N, *shape)` float32 as networks give them; shorter than `spec.shape` while a network grows.
            spec: Of the data.

        Returns:
            uint8 `(N, height, width, C)`, C = 1 (gray) or 3.
        """

    def to_network(self, stored: Tensor, spec: DataSpec) -> Tensor:
        """Samples of a data set `(n, *spec.shape)`, on any device, as networks see them: float32."""
        return stored

    def to_stored(self, samples: numpy.ndarray, spec: DataSpec) -> numpy.ndarray:
        """What a network made, float32 `(n, *shape)`, as a data set holds it: the inverse of `to_network`."""
        return samples

    def to_extractor(self, stored: Tensor, spec: DataSpec) -> Tensor:
        """Stored samples `(n, *spec.shape)` as a feature extractor looks at them."""
        return stored

    def conversion(self, spec: DataSpec) -> dict[str, Any]:
        """The data options that give samples of this shape, whatever the set; empty where none can."""
        return {}

    def metrics(self, spec: DataSpec) -> str:
        """What `--eval-metrics` is where it is not given; the first decides what is best."""
        return "fid,prdc"

    def extractor(self, spec: DataSpec) -> str:
        """Name of the feature extractor that `auto` means; empty: samples are their own features."""
        return spec.extractor or ""

    def arrays(self, samples: numpy.ndarray, spec: DataSpec) -> dict[str, numpy.ndarray]:
        """What `--npz` writes of samples `(N, *shape)`, by name; labels are added."""
        return {"samples": self.to_stored(samples, spec)}

    def file(self, sample: numpy.ndarray, spec: DataSpec) -> bytes | None:
        """One sample `spec.shape` as a file that ends in `suffix`, for `--individual`; None: its picture, as PNG."""
        return None

    def examples(self, config: type[VariantConfig], *, every: bool) -> Sequence[DataSpec]:
        """What the conformance kit tries a variant with, besides the config's own `shapes`: the smallest first.

        Args:
            config: Of the variant, whose class variables say what it is made for.
            every: All that is worth a try, instead of what shows most of it soon.

        Returns:
            Data without labels, called by its shape.
        """
        return ()
