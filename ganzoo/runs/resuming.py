"""What a run that goes on is compared with: its data, and the machine it began on. Importing it imports no torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ganzoo.core.data_spec import DataSpec
from ganzoo.errors import ConfigError, DataError, RunError
from ganzoo.runs.building import Decoding, load_data
from ganzoo.runs.observers.display import Display
from ganzoo.runs.plan import Plan
from ganzoo.runs.run import Run
from ganzoo.utils.places import CONFIG
from ganzoo.utils.shell import typed

if TYPE_CHECKING:
    import torch

    from ganzoo.data.dataset import Dataset


def data_of(run: Run, plan: Plan, device: torch.device, display: Display, decoding: Decoding | None) -> Dataset:
    """The data of a run, on `device`.

    Raises:
        RunError: If it cannot be read where it was.
    """
    try:
        return load_data(plan, device, display, decoding)
    except (ConfigError, DataError) as error:
        clause = str(error).removesuffix(".")
        raise RunError(
            f"{run.path} learned {run.spec.name}, which cannot be read from {plan.data.data} ({clause}). Where "
            f"it lies elsewhere now: {typed('ganzoo', 'resume', run.path)} --data PLACE"
        ) from error


def check_same(run: Run, spec: DataSpec) -> None:
    """Refuse data that the run did not learn from.

    Raises:
        RunError: If it is other data.
    """
    if spec.digest != run.spec.digest:
        raise RunError(
            f"{run.path} was trained on other data: {run.spec.name} had digest {str(run.spec.digest)[:12]} and has "
            f"{str(spec.digest)[:12]} now. Restore the old data, say where it lies by --data, or start a new run."
        )
    if (spec.shape, spec.classes, spec.source) != (run.spec.shape, run.spec.classes, run.spec.source):
        raise RunError(
            f"{run.path / CONFIG}: spec has the shape {run.spec.shape} and {run.spec.classes} classes, and the data of "
            f"that digest has {spec.shape} and {spec.classes}: the file was changed by hand"
        )


def warn_of_other_threads(run: Run, system: dict[str, Any], display: Display) -> None:
    """Say what of the machine decides the bits, and is another now."""
    for name in ("threads", "torch", "processor", "device"):
        before = run.config.system.get(name)
        if before != system[name]:
            display.log(f"note: {name} was {before} and is {system[name]} now, so this will not be bit-identical")
