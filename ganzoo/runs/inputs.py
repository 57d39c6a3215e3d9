"""The held-out inputs of a run whose variant makes images of images: found once, when the run begins."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ganzoo.data.load import load
from ganzoo.data.options import DataOptions
from ganzoo.errors import ConfigError, DataError, PackageError
from ganzoo.runs.run import Run
from ganzoo.sampling.inputs import COUNT, INPUTS, Inputs

if TYPE_CHECKING:
    from ganzoo.data.dataset import Dataset


def keep_inputs(run: Run, dataset: Dataset, log: Callable[[str], None]) -> None:
    """Write the run's inputs, unless they are there or it has no use for them: of its test or val part, where the data
    has one, else of what it learns from, and `log` is told so.
    """
    path = run.path / INPUTS
    if dataset.sources is None or path.exists():
        return
    held_out = _held_out(run.config.data, dataset)
    if held_out is None:
        log(
            f"{dataset.spec.name} has no test or val part: pictures and paired figures are of {COUNT} images that the "
            "run learns from"
        )
    _inputs(held_out or dataset).save(path)


def inputs_of(run: Run) -> Inputs | None:
    """The inputs of a run, None where it has none, or none that can be used."""
    if run.spec.source is None:
        return None
    try:
        return Inputs.read(run.path / INPUTS, run.spec)
    except (OSError, PackageError):
        return None


def _held_out(options: DataOptions, dataset: Dataset) -> Dataset | None:
    """Some images of a part that is not learned from, in the shape of those that are."""
    if options.split != "train":
        return None
    for split in ("test", "val"):
        try:
            found = load(options.model_copy(update={"split": split, "limit": COUNT}))
        except (ConfigError, DataError):
            continue
        assert found.sources is not None
        if (found.spec.shape, found.sources.spec.shape) == (dataset.spec.shape, dataset.sources.spec.shape):  # type: ignore[union-attr]
            return found
    return None


def _inputs(dataset: Dataset) -> Inputs:
    import torch

    def some(part: Dataset) -> torch.Tensor:
        spaced = torch.linspace(0, len(part) - 1, min(COUNT, len(part)), device=part.device).long()
        return part.to_network(part.gather(spaced)).cpu()

    assert dataset.sources is not None
    return Inputs(some(dataset.sources).numpy(), some(dataset).numpy())
