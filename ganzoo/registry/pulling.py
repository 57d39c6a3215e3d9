"""`pull`: fetch a model to this machine. Imports no torch."""

from __future__ import annotations

from pathlib import Path

from ganzoo.errors import ConfigError
from ganzoo.registry.opening import Opened, open_reference
from ganzoo.registry.packages import archive
from ganzoo.registry.packages.copying import Progress, no_progress
from ganzoo.utils.last_model import remember_model
from ganzoo.utils.shell import typed


def pull(
    reference: str | Path,
    *,
    update: bool = False,
    offline: bool = False,
    zip: str | Path | None = None,
    progress: Progress = no_progress,
) -> Opened:
    """Fetch a model to this machine and verify it; `load` then takes it, and `ganzoo sample` alone draws from it.

    Args:
        reference: `NAME` (built in), `lab/NAME`, `hf://org/NAME@REVISION`, a folder or a .zip.
        update: Ask the store what the name stands for now, even if it is here.
        offline: Ask no network; use what was pulled before.
        zip: Write it as one .zip file too, for a machine without a network.
        progress: Told a file, its bytes so far, and of how many.

    Returns:
        Its verified `package`, the `reference` of exactly this state, and whether it was `fetched` now.

    Raises:
        ConfigError: If the reference is none, or means a run, which is here already.
        RegistryError: If there is no such model, or it cannot be fetched or must not be loaded.
    """
    opened = open_reference(str(reference), offline=offline, update=update, progress=progress)
    if opened.package is None:
        sample = typed("ganzoo", "sample", str(reference))
        raise ConfigError(f"{reference} is a run, and is here already: `{sample}` draws from it")
    remember_model(Path(reference) if Path(reference).exists() else opened.reference)
    if zip is not None:
        archive.pack(opened.package, Path(zip))
    return opened
