"""`Samples`: a tensor that can be looked at."""

from __future__ import annotations

import copy
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from ganzoo.errors import ConfigError
from ganzoo.plugins.modalities import modality_of
from ganzoo.sampling.generate import GenerativeModel

if TYPE_CHECKING:
    from PIL import Image

    from ganzoo.sampling.inputs import Inputs


class Samples(Tensor):
    """What a model made: a float32 tensor `(N, *spec.shape)` on the CPU, images nominally in [-1, 1], and its pictures.

    Whatever torch makes of it is a plain `torch.Tensor`: `samples[:4]`, `samples + 1`, `torch.cat`, what was pickled,
    saved, copied or collated. Take `samples.clone()` for a `torch.nn.Parameter`.

    Attributes:
        labels: `(N,)` int64 of a conditional model, the class of each; else None.
        inputs: The sources that they were made of, and their targets where these are known; else None.
    """

    labels: Tensor | None
    inputs: Inputs | None
    _model: GenerativeModel

    # Operations see a tensor and give a tensor.
    __torch_function__ = torch._C._disabled_torch_function_impl  # type: ignore[assignment]

    @classmethod
    def of(
        cls, samples: Tensor, model: GenerativeModel, labels: Tensor | None = None, inputs: Inputs | None = None
    ) -> Samples:
        """The same tensor, with what its pictures need."""
        made = samples.as_subclass(cls)
        made.labels, made.inputs, made._model = labels, inputs, model
        return made

    def to_pil(self) -> list[Image.Image]:
        """One picture each, of images pixel for pixel, gray (`L`) or `RGB`; values outside [-1, 1] are clamped.

        Raises:
            ConfigError: If the samples are vectors.
        """
        from ganzoo.viz.grid import pictures
        from ganzoo.viz.samples import pixels

        self._check_plotted("to_pil", "use plot", plotted=False)
        return pictures(pixels(self, self._model.spec))

    def grid(self, columns: int | None = None, *, scale: int | None = None) -> Image.Image:
        """All of them in one picture, row by row; of images that were made of images, these above and targets below.

        Args:
            columns: Images in a row; None: about as many as there are rows.
            scale: Each pixel becomes so many; None: what makes a small grid about 500 pixels wide.

        Raises:
            ConfigError: If the samples are vectors, or there is no column.
        """
        from ganzoo.viz.samples import picture
        from ganzoo.viz.translations import columns_of, translations

        self._check_plotted("grid", "use plot", plotted=False)
        if columns is None:
            columns = math.ceil(math.sqrt(len(self)))
            columns = columns if self.inputs is None else columns_of(self._model.spec, len(self))
        if columns < 1:
            raise ConfigError(f"the columns (={columns}) of a grid must be at least 1")
        if self.inputs is not None:
            return translations(self.inputs, self.numpy(), self._model.spec, columns, scale=scale).picture
        return picture(self, self._model, columns, scale=scale)

    def plot(self) -> Image.Image:
        """Vectors as points over what they were learned from, where that is known.

        Raises:
            ConfigError: If the samples are images.
        """
        from ganzoo.viz.samples import picture

        self._check_plotted("plot", "use grid or to_pil", plotted=True)
        return picture(self, self._model, 1)

    def save_npz(self, path: str | Path) -> None:
        """Write what `--data FILE.npz` reads: `images`, uint8 `(N, H, W, C)`, or float32 `samples`, with `labels`."""
        from ganzoo.viz.samples import save_npz

        save_npz(self, self._model.spec, Path(path), None if self.labels is None else self.labels.numpy())

    def save_csv(self, path: str | Path) -> None:
        """Write a table, its values in their units and words: what `--data FILE.csv` reads.

        Raises:
            ConfigError: If the model did not learn a table.
        """
        from ganzoo.viz.samples import save_csv

        save_csv(self, self._model, Path(path))

    def _check_plotted(self, what: str, instead: str, *, plotted: bool) -> None:
        modality = modality_of(self._model.spec.kind)
        if modality.plotted != plotted:
            drawn = "vectors" if plotted else "images"
            raise ConfigError(f"{what} draws {drawn}, and {self._model.name} makes {modality.samples}: {instead}")

    def __deepcopy__(self, memo: Any) -> Tensor:
        return copy.deepcopy(self.as_subclass(Tensor), memo)

    def __reduce_ex__(self, protocol: Any) -> Any:
        # So that `torch.load`, which trusts few classes, takes what `torch.save` wrote.
        return self.as_subclass(Tensor).__reduce_ex__(protocol)  # type: ignore[no-untyped-call]
