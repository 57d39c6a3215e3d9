"""`push`: publish a run or a model. Imports torch only when the place is known to be one that can be pushed to."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from ganzoo.errors import ConfigError, RegistryError
from ganzoo.registry.opening import Opened, open_reference
from ganzoo.registry.packages.copying import Progress, no_progress
from ganzoo.registry.references import destination

if TYPE_CHECKING:
    from ganzoo.models.trained import Trained
    from ganzoo.registry.packages.package import Package


def push(
    model: str | Path | Trained,
    reference: str,
    *,
    private: bool = False,
    tag: str | None = None,
    message: str | None = None,
    license: str | None = None,
    data_license: str | None = None,
    best: bool = False,
    fp16: bool = False,
    with_discriminator: bool = False,
    progress: Progress = no_progress,
) -> str:
    """Publish a run or a model: in a folder shared by a team, or on the Hugging Face Hub.

    Args:
        model: What `load` takes, or gave.
        reference: Where to: `hf://org/NAME`, `lab/NAME`, `/srv/zoo/NAME`, each perhaps with `@TAG`; or a `.zip`.
        private: Make a new Hub repository private.
        tag: Name for this state, as `v1`.
        message: Of the commit; None: what is pushed.
        license: Of the weights, as an SPDX identifier.
        data_license: Of the data that a run learned, or its origin.
        best: Of a run, its best checkpoint.
        fp16: Store the weights of a run in 16 bits.
        with_discriminator: Of a run, let the discriminator go with it, for trainings that begin `--from` it.
        progress: Told how it gets on.

    Returns:
        What to type to pull exactly this state.

    Raises:
        ConfigError: If options contradict each other or are for runs only, or the place is none.
        RunError: If the run has no such checkpoint.
        RegistryError: If it cannot be written there, or a loaded model is no longer what its run is at.
    """
    goal = destination(reference)
    if tag is not None and goal.tag not in (None, tag):
        raise ConfigError(f"{reference} says tag {goal.tag}, and --tag says {tag}: give one of them")
    opened = _opened(model, progress)
    from ganzoo.models import publish
    from ganzoo.registry.packages import archive

    with tempfile.TemporaryDirectory(prefix="ganzoo-push-") as scratch:
        package = publish.prepare(
            opened,
            Path(scratch) / "package",
            best=best or (not isinstance(model, str | Path) and model.best),
            half=fp16,
            discriminator=with_discriminator,
            license=license,
            data_license=data_license,
            reference=goal.reference,
        )
        _check_unchanged(model, package)
        if goal.store is None:
            assert goal.archive is not None
            archive.pack(package, goal.archive)
            return str(goal.archive)
        said = message or f"{package.manifest.variant}, {package.manifest.images:,} images"
        pushed = goal.store.push(
            package, goal.name, tag=tag or goal.tag, message=said, private=private, progress=progress
        )
        return pushed.reference


def _opened(model: str | Path | Trained, progress: Progress) -> Opened:
    if isinstance(model, str | Path):
        return open_reference(str(model), progress=progress)
    if model.origin is None:
        raise ConfigError(f"{model.name} is of no run and no package: push what ganzoo.load gave")
    return model.origin


def _check_unchanged(model: str | Path | Trained, package: Package) -> None:
    if not isinstance(model, str | Path) and package.manifest.images != model.images:
        raise RegistryError(
            f"{model.name} was loaded at {model.images:,} images, and its run is at {package.manifest.images:,} now: "
            "load it again"
        )
